using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Manifests.Tests;

/// <summary>Every Dockerfile: what it copies exists, what it starts from has a version, what it makes runs as nobody.</summary>
public sealed partial class DockerfileTests
{
    private const string Registry = "registry.example/";

    public static TheoryData<string> Dockerfiles => ["Dockerfile.build", .. Manifest.Files("Dockerfile")];

    [Theory]
    [MemberData(nameof(Dockerfiles))]
    public void It_has_no_flaw(string file) => Assert.Empty(Flaws(Repository.Read(file), Repository.PathTo(file)));

    public static TheoryData<string> Blocks => [.. Manifest.Readmes.SelectMany(file => DockerfileBlock().Matches(Repository.Read(file))).Select(block => block.Groups[1].Value)];

    /// <summary>A Dockerfile in a README stands for the reader's own, with the reader's program beside it.</summary>
    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_a_readme_has_no_flaw(string block)
    {
        using var context = new TemporaryFolder();
        context.Write("my-app", "");

        Assert.Empty(Flaws(block, context["Dockerfile"]));
    }

    [Theory]
    [InlineData("FROM debian\nUSER 1:1\nENTRYPOINT [\"/a\"]", "debian has no version")]
    [InlineData("FROM debian:latest AS a\nFROM scratch\nCOPY --from=a /a /a\nUSER 1:1\nENTRYPOINT [\"/a\"]", "debian:latest has no version")]
    [InlineData("FROM scratch\nCOPY --from=b /a /a\nUSER 1:1\nENTRYPOINT [\"/a\"]", "b has no version")]
    [InlineData("FROM scratch\nCOPY --from=registry.example/sleep:0.0.9 /bin/sleep /bin/sleep\nUSER 1:1\nENTRYPOINT [\"/a\"]", "registry.example/sleep:0.0.9 has no /bin/sleep")]
    [InlineData("FROM scratch\nCOPY missing /a\nUSER 1:1\nENTRYPOINT [\"/a\"]", "missing is not in the build's context")]
    [InlineData("FROM scratch\nRUN true\nUSER 1:1\nENTRYPOINT [\"/a\"]", "scratch has no shell for RUN true")]
    [InlineData("FROM scratch\nENTRYPOINT [\"/a\"]", "it runs as root")]
    [InlineData("FROM scratch\nUSER 1:1\nENTRYPOINT /a", "no shell is there for ENTRYPOINT /a")]
    [InlineData("FROM scratch\nUSER 1:1\nENTRYPOINT [\"/a\"]\nENTRY [\"/a\"]", "ENTRY is no instruction")]
    public void A_flaw_is_found(string text, string flaw) => Assert.Equal([flaw], Flaws(text, Repository.PathTo("examples", "Dockerfile")));

    private static List<string> Flaws(string text, string path)
    {
        var flaws = new List<string>();
        var stages = new Dictionary<string, string>();
        string from = "", user = "";
        foreach (var (instruction, operands) in Instructions(text))
        {
            switch (instruction)
            {
                case "FROM":
                    var words = operands.Split(' ');
                    (from, user) = (words[0], stages.GetValueOrDefault(words[0], ""));
                    Check(from is "scratch" || stages.ContainsKey(from) || Versioned().IsMatch(from), $"{from} has no version");
                    stages[words is [_, "AS", var name] ? name : $"{stages.Count}"] = user;
                    break;
                case "COPY" when Source().Match(operands) is { Success: true } copied:
                    var source = copied.Groups["from"].Value;
                    Check(stages.ContainsKey(source) || Versioned().IsMatch(source), $"{source} has no version");
                    Check(!source.StartsWith(Registry, StringComparison.Ordinal) || IsPublished(source, copied.Groups["path"].Value), $"{source} has no {copied.Groups["path"].Value}");
                    break;
                case "COPY":
                    Check(Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, operands.Split(' ')[0])), $"{operands.Split(' ')[0]} is not in the build's context");
                    break;
                case "RUN":
                    Check(from != "scratch", $"scratch has no shell for RUN {operands}");
                    Check(!operands.Contains("apt-get install", StringComparison.Ordinal) || operands.Contains("--no-install-recommends", StringComparison.Ordinal), $"recommended packages too: {operands}");
                    break;
                case "USER":
                    user = operands;
                    break;
                case "ENTRYPOINT" or "CMD":
                    Check(IsList(operands), $"no shell is there for {instruction} {operands}");
                    break;
                default:
                    Check(instruction is "ARG" or "ENV" or "EXPOSE" or "LABEL" or "WORKDIR", $"{instruction} is no instruction");
                    break;
            }
        }

        Check(NumberedUser().IsMatch(user), "it runs as root");
        return flaws;

        void Check(bool holds, string flaw)
        {
            if (!holds)
            {
                flaws.Add(flaw);
            }
        }
    }

    private static IEnumerable<(string Name, string Operands)> Instructions(string text) =>
        Comment().Replace(text, "").Replace("\\\n", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => (line.Split(' ')[0], line[line.Split(' ')[0].Length..].Trim()));

    /// <summary>Whether one of our own images of today's version holds a file.</summary>
    private static bool IsPublished(string image, string path)
    {
        var program = Path.GetFileName(path);
        return image == $"{Registry}{program}:{WorkloadTests.Version}" && Repository.Read("Dockerfile.build").Contains($"\nCOPY --from=build /prestopsleep/out/{program} {path}\n", StringComparison.Ordinal);
    }

    private static bool IsList(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(text) is { Length: > 0 };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("^```dockerfile\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex DockerfileBlock();

    [GeneratedRegex(@"^[^:@]+(/[^:@]+)*:v?[0-9][^:]*$")]
    private static partial Regex Versioned();

    [GeneratedRegex(@"^--from=(?<from>\S+) (?<path>\S+) \S+$")]
    private static partial Regex Source();

    [GeneratedRegex(@"^[1-9][0-9]*:[1-9][0-9]*$")]
    private static partial Regex NumberedUser();

    [GeneratedRegex("^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
