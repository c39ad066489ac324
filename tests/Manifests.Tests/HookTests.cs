using System.Text.RegularExpressions;
using k8s.Models;
using Prestop.Options;
using Prestop.Report;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>Every preStop hook: that its image can run it, that it says something sound, that it fits into the grace period.</summary>
public sealed partial class HookTests
{
    private static readonly string[] Programs = ["sleep", "prestop"];

    /// <summary>What hooks refer to; a container has to set it from the downward API.</summary>
    private static readonly Dictionary<string, string> Variables = new() { ["POD_IP"] = "10.1.2.3", ["POD_NAMESPACE"] = "shop" };

    public static TheoryData<string> Workloads =>
        [.. Workload.All.Where(workload => workload.Containers.Any(container => container.Lifecycle?.PreStop is not null)).Select(workload => workload.Source)];

    public static TheoryData<string> Blocks => [.. Commands().Select(command => command.Source).Distinct()];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_hook_fits_into_the_grace_period(string source)
    {
        var workload = WorkloadTests.Find(source);

        Assert.All(Hooks(workload), hook => Assert.Empty(
            Flaws(hook.PreStop.Sleep is { } sleep ? ["sleep", $"{sleep.Seconds}"] : [.. hook.PreStop.Exec.Command], workload.Grace)));
    }

    /// <summary>From the image, where a Dockerfile beside the manifest copies it, or from a volume that holds it.</summary>
    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_hook_finds_its_program(string source)
    {
        var workload = WorkloadTests.Find(source);

        Assert.All(Hooks(workload).Where(hook => hook.PreStop.Exec is not null), hook =>
        {
            var program = hook.PreStop.Exec.Command[0];
            Assert.True(program.StartsWith('/') ? IsInVolume(workload, hook.Container, program) : IsInImage(workload, hook.Container, program), $"{source}: no {program}");
        });
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_hook_watches_ports_that_the_pod_has(string source)
    {
        var workload = WorkloadTests.Find(source);
        var ports = workload.Serving.SelectMany(WorkloadTests.PortsOf).ToHashSet();

        Assert.All(
            Hooks(workload).SelectMany(hook => hook.PreStop.Exec?.Command ?? []).SelectMany(word => WatchedPorts().Matches(word)),
            watched => Assert.Subset(ports, watched.Groups[1].Value.Split(',').ToHashSet()));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_hook_refers_to_variables_that_its_container_has(string source) => Assert.All(Hooks(WorkloadTests.Find(source)), hook =>
    {
        var own = (hook.Container.Env ?? []).Select(variable => variable.Name);
        var named = (hook.PreStop.Exec?.Command ?? []).SelectMany(word => Reference().Matches(word)).Select(reference => reference.Groups[1].Value);
        Assert.Subset(own.ToHashSet(), named.ToHashSet());
    });

    /// <summary>The blocks of READMEs are pieces of manifests: their hooks are read alone, and with the grace period that the same block gives.</summary>
    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_command_in_a_readme_is_sound(string source) => Assert.All(
        Commands().Where(command => command.Source == source),
        command => Assert.Empty(Flaws(command.Words, command.Grace)));

    [Theory]
    [InlineData("prestop --max 60s idle://:8080", 62, 0)]
    [InlineData("prestop --max 60s idle://:8080", 61, 1)]
    [InlineData("prestop --maximum 60s idle://:8080", 90, 1)]
    [InlineData("sleep 60", 62, 0)]
    [InlineData("sleep 1m 1s", 62, 1)]
    [InlineData("sleep 5sec", 62, 1)]
    [InlineData("curl http://localhost", 62, 1)]
    public void A_hook_that_is_not_sound_or_does_not_fit_is_found(string command, int graceSeconds, int flaws) =>
        Assert.Equal(flaws, Flaws(command.Split(' '), TimeSpan.FromSeconds(graceSeconds)).Count());

    private static IEnumerable<(V1Container Container, V1LifecycleHandler PreStop)> Hooks(Workload workload) =>
        workload.Containers.Where(container => container.Lifecycle?.PreStop is not null).Select(container => (container, container.Lifecycle.PreStop));

    /// <summary>What is wrong with a command in a pod with that grace period. A sleep's operands mean the same as steps of prestop.</summary>
    private static IEnumerable<string> Flaws(IReadOnlyList<string> command, TimeSpan? grace) =>
        !Programs.Contains(Path.GetFileName(command[0]))
            ? [$"{command[0]} is no program of this repository"]
            : InvocationReader.Read([.. command.Skip(1)], Variables.GetValueOrDefault, TimeProvider.System) switch
            {
                Invocation.Wait wait => PlanFlaws.Of(wait with { Grace = grace ?? wait.Grace }),
                Invocation.Refusal refusal => refusal.Reasons,
                _ => [],
            };

    private static bool IsInImage(Workload workload, V1Container container, string program)
    {
        var dockerfile = Repository.PathTo(workload.Folder, "Dockerfile");
        return container.Image == $"registry.example/{Path.GetFileName(workload.Folder)}:{WorkloadTests.Version}"
            && File.Exists(dockerfile)
            && File.ReadAllText(dockerfile).Contains($"\nCOPY --from=registry.example/{program}:{WorkloadTests.Version} /bin/{program} /bin/{program}\n", StringComparison.Ordinal);
    }

    private static bool IsInVolume(Workload workload, V1Container container, string program)
    {
        var mount = container.VolumeMounts.Single(mount => program.StartsWith(mount.MountPath + "/", StringComparison.Ordinal));
        var volume = workload.Template.Spec.Volumes.Single(volume => volume.Name == mount.Name);
        var inVolume = program[mount.MountPath.Length..];
        var image = $"registry.example/prestop:{WorkloadTests.Version}";
        return volume.Image is { } source
            ? source.Reference == image && inVolume == "/bin/prestop"
            : inVolume == "/prestop" && workload.Template.Spec.InitContainers.Any(installer =>
                installer.Image == image
                && installer.Args is ["install", var directory]
                && installer.VolumeMounts.Any(own => own.Name == mount.Name && own.MountPath == directory && own.ReadOnlyProperty is not true));
    }

    private static IEnumerable<(string Source, string[] Words, TimeSpan? Grace)> Commands() =>
        from block in Manifest.Readmes.SelectMany(Manifest.Blocks)
        let pairs = block.Root.AllNodes.OfType<YamlMappingNode>().SelectMany(mapping => mapping.Children).Where(pair => pair.Key is YamlScalarNode).ToList()
        let grace = pairs.Where(pair => ((YamlScalarNode)pair.Key).Value == "terminationGracePeriodSeconds").Select(pair => (TimeSpan?)TimeSpan.FromSeconds(int.Parse(pair.Value.ToString()))).SingleOrDefault()
        from pair in pairs
        where ((YamlScalarNode)pair.Key).Value == "command" && pair.Value is YamlSequenceNode
        let words = ((YamlSequenceNode)pair.Value).Select(word => ((YamlScalarNode)word).Value!).ToArray()
        where Programs.Contains(Path.GetFileName(words[0]))
        select (block.Source, words, grace);

    [GeneratedRegex(@"(?<!\$)\$\(([A-Z_]+)\)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"(?:(?:idle|closed)://|127\.0\.0\.1|localhost):([0-9,]+)")]
    private static partial Regex WatchedPorts();
}
