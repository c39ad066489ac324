using System.Text.RegularExpressions;
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
