using System.Text.RegularExpressions;
using Prestop.Core.Options;
using Prestopd;
using Xunit;

namespace Architecture.Tests;

/// <summary>Every Markdown page: what it links to is there, and the commands that its text names are taken.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Pages =>
        [.. new[] { "docs", "examples", "deploy" }.SelectMany(folder => Directory.EnumerateFiles(House.PathTo(folder), "*.md", SearchOption.AllDirectories))
            .Concat(["README.md", "CONTRIBUTING.md"]).Select(file => Path.GetRelativePath(House.PathTo(), House.PathTo(file)))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_leads_to_a_file_or_heading_that_exists(string page) => Assert.All(Link().Matches(House.Read(page)), link =>
    {
        var (path, heading) = (link.Groups["path"].Value, link.Groups["heading"].Value);
        var target = path.Length == 0 ? House.PathTo(page) : Path.GetFullPath(path, Path.GetDirectoryName(House.PathTo(page))!);
        Assert.True(Path.Exists(target), $"{page}: {link.Value}");
        Assert.True(heading.Length == 0 || Heading().Matches(File.ReadAllText(target)).Any(own => Anchor(own.Groups[1].Value) == heading), $"{page}: {link.Value}");
    });

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_command_of_prestopd_that_is_named_with_options_is_taken(string page) => Assert.All(Prestopd().Matches(House.Read(page)), named =>
    {
        var words = named.Groups[1].Value.Split(' ');
        var command = Program.Commands.Commands.Where(command => named.Groups[1].Value.StartsWith($"{command.Name} ", StringComparison.Ordinal)).MaxBy(command => command.Name.Length);
        Assert.True(command is not null, named.Value);
        var options = new OptionReader(CommandLine.Read(words[command.Name.Split(' ').Length..], command.Options), _ => null);
        command.Read(options);
        // Files and a kubeconfig are the reader's.
        var problems = options.Problems.Where(problem => !problem.Contains("kubeconfig file", StringComparison.Ordinal) && !problem.EndsWith("there is no such file", StringComparison.Ordinal));
        Assert.True(!problems.Any(), $"{named.Value}: {string.Join("; ", problems)}");
    });

    [Fact]
    public void The_readme_is_read_in_five_minutes() =>
        Assert.InRange(Word().Count(CodeBlock().Replace(House.Read("README.md"), "")), 500, 1_600);

    /// <summary>As GitHub makes them of headings.</summary>
    private static string Anchor(string heading) => Punctuation().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#\s]*)(?:#(?<heading>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"`prestopd ([a-z]+(?: [a-z]+)? -[^`…]+)`")]
    private static partial Regex Prestopd();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\S*[A-Za-z]\S*")]
    private static partial Regex Word();
}
