using System.Text.RegularExpressions;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>The workflows: what GitHub would refuse, what they may do, and that they do nothing that <c>build.sh</c> does not.</summary>
public sealed partial class WorkflowTests
{
    private static readonly Dictionary<string, string[]> Keys = new()
    {
        ["workflow"] = ["name", "on", "permissions", "concurrency", "jobs"],
        ["job"] = ["strategy", "runs-on", "needs", "timeout-minutes", "permissions", "container", "steps"],
        ["step"] = ["uses", "with", "run"],
    };

    public static TheoryData<string> Workflows =>
        [.. Directory.EnumerateFiles(Repository.PathTo(".github", "workflows")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_has_only_keys_that_there_are(string file)
    {
        var workflow = Read(file);

        Assert.Subset(Keys["workflow"].ToHashSet(), Names(workflow));
        Assert.All(Jobs(workflow), job => Assert.Subset(Keys["job"].ToHashSet(), Names(job)));
        Assert.All(Jobs(workflow).SelectMany(Steps), step => Assert.Subset(Keys["step"].ToHashSet(), Names(step)));
        Assert.All(Jobs(workflow).SelectMany(Steps), step => Assert.Single(Names(step).Intersect(["uses", "run"])));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void It_may_read_the_code_and_a_job_that_pushes_may_write_packages(string file)
    {
        var workflow = Read(file);

        Assert.Equal(["contents: read"], Permissions(workflow));
        Assert.All(Jobs(workflow), job => Assert.Equal(
            Steps(job).Any(step => Text(step, "run")?.Contains(" release ", StringComparison.Ordinal) is true) ? ["contents: read", "packages: write"] : [],
            Permissions(job)));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_step_is_a_pinned_action_or_a_command_of_the_one_door(string file)
    {
        foreach (var step in Jobs(Read(file)).SelectMany(Steps))
        {
            if (Text(step, "run") is { } line)
            {
                var command = Door().Match(line);
                Assert.True(command.Success, line);
                Assert.Contains($"\n  {command.Groups[1].Value} ", Repository.Read("build.sh"), StringComparison.Ordinal);
            }
            else
            {
                Assert.Matches(Pinned(), Text(step, "uses"));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_job_runs_on_a_fixed_system_for_a_bounded_time_after_jobs_that_exist(string file)
    {
        var workflow = Read(file);
        var jobs = (YamlMappingNode)workflow.Children["jobs"];

        Assert.All(Jobs(workflow), job =>
        {
            var runners = Text(job, "runs-on") is "${{ matrix.runner }}"
                ? ((YamlSequenceNode)job["strategy"]["matrix"]["runner"]).Select(runner => runner.ToString())
                : [Text(job, "runs-on")!];
            Assert.All(runners, runner => Assert.Matches("^ubuntu-[0-9]{2}\\.04(-arm)?$", runner));
            Assert.True(int.Parse(Text(job, "timeout-minutes")!) is > 0 and <= 120);
            Assert.True(Text(job, "needs") is not { } needed || jobs.Children.ContainsKey(needed));
        });
    }

    /// <summary>Both kinds of machine build what a tag publishes.</summary>
    [Fact]
    public void A_tag_builds_on_both_architectures()
    {
        var push = ((YamlMappingNode)Read("release.yaml").Children["jobs"]).Children["push"];

        Assert.Equal(["ubuntu-24.04", "ubuntu-24.04-arm"], ((YamlSequenceNode)push["strategy"]["matrix"]["runner"]).Select(runner => runner.ToString()));
    }

    private static YamlMappingNode Read(string file) => new Manifest(file, "line 1", Repository.Read(".github", "workflows", file)).Root;

    private static IEnumerable<YamlMappingNode> Jobs(YamlMappingNode workflow) => ((YamlMappingNode)workflow.Children["jobs"]).Children.Values.Cast<YamlMappingNode>();

    private static IEnumerable<YamlMappingNode> Steps(YamlMappingNode job) => ((YamlSequenceNode)job.Children["steps"]).Cast<YamlMappingNode>();

    private static HashSet<string> Names(YamlMappingNode node) => [.. node.Children.Keys.Select(key => key.ToString())];

    private static string? Text(YamlMappingNode node, string name) => node.Children.TryGetValue(name, out var value) && value is YamlScalarNode scalar ? scalar.Value : null;

    private static IEnumerable<string> Permissions(YamlMappingNode node) =>
        node.Children.TryGetValue("permissions", out var granted) ? ((YamlMappingNode)granted).Children.Select(pair => $"{pair.Key}: {pair.Value}") : [];

    [GeneratedRegex(@"^\./build\.sh ([a-z]+)[^;&|\n]*$")]
    private static partial Regex Door();

    [GeneratedRegex("^[a-z-]+/[a-z-]+@[0-9a-f]{40}$")]
    private static partial Regex Pinned();
}
