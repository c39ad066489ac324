using System.Diagnostics;
using System.Text.RegularExpressions;
using Prestop.Options;
using Xunit;

namespace Manifests.Tests;

/// <summary>The lines that a reader pastes from a README: the files, objects and images that they name are there.</summary>
public sealed partial class ConsoleTests
{
    public static TheoryData<string, string> Lines
    {
        get
        {
            var lines = new TheoryData<string, string>();
            foreach (var file in Manifest.Readmes)
            {
                foreach (var line in ConsoleBlock().Matches(Repository.Read(file)).SelectMany(block => Command().Matches(block.Value)))
                {
                    lines.Add(file, line.Groups[1].Value.Replace("\\\n", "", StringComparison.Ordinal));
                }
            }

            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_names_what_exists(string file, string line)
    {
        var folder = Path.GetDirectoryName(file)!;
        var workloads = Workload.All.Where(workload => workload.Folder == folder).ToList();

        Assert.All(FileOperand().Matches(line), operand => Assert.True(Path.Exists(Repository.PathTo(operand.Groups[1].Value)), operand.Value));
        Assert.All(Door().Matches(line), door => Assert.Contains($"\n  {door.Groups[1].Value} ", Repository.Read("build.sh"), StringComparison.Ordinal));
        Assert.All(Object().Matches(line), named => Assert.Contains(workloads, workload => workload.Name == named.Groups[1].Value));
        Assert.All(Label().Matches(line), label => Assert.Contains(workloads, workload => workload.IsSelectedBy(new Dictionary<string, string> { [label.Groups[1].Value] = label.Groups[2].Value })));
        Assert.All(Image().Matches(line), image => Assert.Contains(
            image.Value,
            Workload.All.SelectMany(workload => workload.Containers.Select(container => container.Image).Concat((workload.Template.Spec.Volumes ?? []).Select(volume => volume.Image?.Reference)))));
    }

    /// <summary>A line is one that a shell can read, and begins with a program that the README has asked for.</summary>
    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_shell(string file, string line)
    {
        Assert.True(Bash(["-n", "-c", line], out var complaints), $"{file}: {complaints}");
        Assert.Matches(Beginning(), line);
    }

    /// <summary>What <c>./build.sh run</c> is to hand on, as bash splits it, is something that prestop takes.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void Prestop_takes_its_arguments(string arguments)
    {
        Assert.True(Bash(["-c", $"printf '%s\\n' {arguments}"], out var words), words);

        Assert.IsNotType<Invocation.Refusal>(InvocationReader.Read(words.TrimEnd('\n').Split('\n'), name => name is "POD_IP" or "POD_NAMESPACE" ? "10.0.1.7" : null, TimeProvider.System));
    }

    public static TheoryData<string> Runs => [.. Lines.Select(line => Run().Match(line.Data.Item2)).Where(run => run.Success).Select(run => run.Groups[1].Value)];

    /// <summary>Sections of the bench, wherever a page names them: in a line or in the text.</summary>
    [Fact]
    public void A_section_of_the_bench_that_is_named_exists()
    {
        var usage = BenchUsage().Match(Repository.Read("build.sh")).Groups[1].Value.Split(", ");
        var named = Manifest.Readmes.SelectMany(file => Bench().Matches(Repository.Read(file))).SelectMany(bench => bench.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();

        Assert.NotEmpty(named);
        Assert.Subset(usage.ToHashSet(), named.ToHashSet());
    }

    /// <summary>A Dockerfile's image is built by a line of the README beside it, under the name that the manifest uses.</summary>
    [Fact]
    public void An_image_of_an_example_is_built_and_pushed_by_its_readme() => Assert.All(
        Manifest.Files("Dockerfile"),
        file =>
        {
            var folder = Path.GetDirectoryName(file)!;
            var image = $"registry.example/{Path.GetFileName(folder)}:{WorkloadTests.Version}";
            Assert.Contains($"$ docker build -t {image} {folder}\n$ docker push {image}\n", Repository.Read(folder, "README.md"), StringComparison.Ordinal);
        });

    [Fact]
    public void Every_example_has_a_readme() =>
        Assert.All(Directory.EnumerateDirectories(Repository.PathTo("examples")), folder => Assert.True(File.Exists(Path.Combine(folder, "README.md")), folder));

    private static bool Bash(string[] arguments, out string output)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        output = bash.StandardOutput.ReadToEnd() + bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        return bash.ExitCode == 0;
    }

    [GeneratedRegex(@"^(?:[A-Z_]+=\S+ )*(?:\./build\.sh|docker|helm|kubectl|prestopd) ")]
    private static partial Regex Beginning();

    [GeneratedRegex(@"\./build\.sh run (.*)$")]
    private static partial Regex Run();

    [GeneratedRegex(@"\./build\.sh bench((?: [a-z]+)*)")]
    private static partial Regex Bench();

    [GeneratedRegex(@"side by side with peers: ([a-z, ]+); all without")]
    private static partial Regex BenchUsage();

    [GeneratedRegex("^```console\n.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ConsoleBlock();

    [GeneratedRegex(@"^\$ ((?:.*\\\n)*.*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"\s((?:examples|deploy)/\S+)")]
    private static partial Regex FileOperand();

    [GeneratedRegex(@"\./build\.sh (\S+)")]
    private static partial Regex Door();

    [GeneratedRegex(@"\b(?:deployment|statefulset|daemonset)/(\S+)")]
    private static partial Regex Object();

    [GeneratedRegex(@" -l (\S+)=(\S+)")]
    private static partial Regex Label();

    [GeneratedRegex(@"\bregistry\.example/\S+:\S+")]
    private static partial Regex Image();
}
