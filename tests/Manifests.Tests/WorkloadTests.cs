using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using k8s.Models;
using Xunit;

namespace Manifests.Tests;

/// <summary>What holds between the objects of an example, and what every pod of it keeps to.</summary>
public sealed partial class WorkloadTests
{
    public static TheoryData<string> Workloads => [.. Workload.All.Select(workload => workload.Source)];

    public static TheoryData<string> Services => [.. Objects<V1Service>().Select(service => service.Manifest.Source)];

    public static TheoryData<string> Ingresses => [.. Objects<V1Ingress>().Select(ingress => ingress.Manifest.Source)];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_selector_matches_the_labels_of_its_own_pods(string source)
    {
        var workload = Find(source);

        Assert.True(workload.Selector is null || workload.IsSelectedBy(workload.Selector.MatchLabels));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_selects_pods_that_have_its_port(string source)
    {
        var (manifest, service) = Objects<V1Service>().Single(service => service.Manifest.Source == source);
        var selected = In(manifest).Where(workload => workload.IsSelectedBy(service.Spec.Selector)).ToList();

        Assert.NotEmpty(selected);
        Assert.All(service.Spec.Ports, port =>
        {
            var target = port.TargetPort?.Value ?? port.Port.ToString(CultureInfo.InvariantCulture);
            Assert.All(selected, workload => Assert.Contains(workload.Serving.SelectMany(PortsOf), own => own == target));
        });
    }

    [Theory]
    [MemberData(nameof(Ingresses))]
    public void An_ingress_leads_to_a_port_of_a_service_beside_it(string source)
    {
        var (manifest, ingress) = Objects<V1Ingress>().Single(ingress => ingress.Manifest.Source == source);

        Assert.All(ingress.Spec.Rules.SelectMany(rule => rule.Http.Paths), path =>
        {
            var backend = path.Backend.Service;
            var service = Objects<V1Service>().First(service => service.Manifest.Folder == manifest.Folder && service.Object.Metadata.Name == backend.Name).Object;
            Assert.Contains(service.Spec.Ports, port => backend.Port.Name is { } name ? port.Name == name : port.Port == backend.Port.Number);
        });
    }

    [Fact]
    public void A_budget_selects_pods_and_lets_one_of_them_go() => Assert.All(Objects<V1PodDisruptionBudget>(), found =>
    {
        var spec = found.Object.Spec;
        var selected = In(found.Manifest).Where(workload => workload.IsSelectedBy(spec.Selector.MatchLabels)).ToList();

        Assert.NotEmpty(selected);
        Assert.True(
            spec.MaxUnavailable?.Value is { } most
                ? most is not ("0" or "0%")
                : int.Parse(spec.MinAvailable.Value, CultureInfo.InvariantCulture) < selected.Sum(workload => workload.Replicas));
    });

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_rollout_never_takes_a_pod_before_it_has_another(string source)
    {
        var workload = Find(source);

        Assert.True(workload.RollingUpdate is not { } update || (update.MaxUnavailable?.Value is "0" && update.MaxSurge?.Value is not "0"));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_container_runs_as_nobody_writes_nothing_and_may_nothing(string source)
    {
        var workload = Find(source);
        var pod = workload.Template.Spec.SecurityContext;

        Assert.All(workload.Containers.Where(container => !workload.Foreign.Contains(container.Name)), container =>
        {
            var own = container.SecurityContext;
            Assert.NotNull(own);
            Assert.True(own.RunAsNonRoot ?? pod?.RunAsNonRoot);
            Assert.NotEqual(0, own.RunAsUser ?? pod?.RunAsUser);
            Assert.True(own.ReadOnlyRootFilesystem);
            Assert.False(own.AllowPrivilegeEscalation ?? true);
            Assert.Equal(["ALL"], own.Capabilities?.Drop);
            Assert.Null(own.Capabilities?.Add);
            Assert.Equal("RuntimeDefault", (own.SeccompProfile ?? pod?.SeccompProfile)?.Type);
        });
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_container_has_a_readiness_probe_on_a_port_of_its_own_and_bounds(string source)
    {
        var workload = Find(source);

        Assert.All(workload.Containers.Where(container => !workload.Foreign.Contains(container.Name)), container =>
        {
            Assert.Equal(["cpu", "memory"], container.Resources?.Requests?.Keys.Order());
            Assert.Contains("memory", container.Resources?.Limits?.Keys ?? []);
            var probes = new[] { container.ReadinessProbe, container.LivenessProbe, container.StartupProbe }.OfType<V1Probe>().Select(probe => probe.HttpGet?.Port ?? probe.TcpSocket?.Port);
            Assert.All(probes, port => Assert.Contains(port?.Value, PortsOf(container)));
            Assert.True(container.ReadinessProbe is not null || !workload.Serving.Contains(container) || PortsOf(container).Count == 0, $"{container.Name} serves and has no readiness probe");
        });
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void An_image_has_a_version_and_ours_have_todays(string source)
    {
        var workload = Find(source);
        var images = workload.Containers.Where(container => !workload.Foreign.Contains(container.Name)).Select(container => container.Image)
            .Concat((workload.Template.Spec.Volumes ?? []).Select(volume => volume.Image?.Reference).OfType<string>());

        Assert.All(images, image =>
        {
            Assert.Matches(Versioned(), image);
            Assert.True(!image.StartsWith("registry.example/", StringComparison.Ordinal) || image.EndsWith($":{Version}", StringComparison.Ordinal), $"{image} is not of version {Version}");
        });
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_volume_that_is_mounted_exists_and_is_mounted_somewhere(string source)
    {
        var workload = Find(source);
        var volumes = (workload.Template.Spec.Volumes ?? []).Select(volume => volume.Name);

        Assert.Equal(volumes.Order(), workload.Containers.SelectMany(container => container.VolumeMounts ?? []).Select(mount => mount.Name).Distinct().Order());
    }

    /// <summary>An NLB must ask the port of the sidecar on a path that counts, and leave connections alone that are still open.</summary>
    [Fact]
    public void The_load_balancer_of_the_ingress_chain_asks_the_sidecar()
    {
        var annotations = ChartValues.ServiceAnnotations.ToDictionary(pair => pair.Key["service.beta.kubernetes.io/aws-load-balancer-".Length..], pair => pair.Value);
        var attributes = annotations["target-group-attributes"].Split(',').Select(attribute => attribute.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.All(ChartValues.Workloads, workload =>
        {
            var sidecar = workload.Serving.Single(container => container.Name == "drain");
            var setting = sidecar.Env.ToDictionary(variable => variable.Name, variable => int.TryParse(variable.Value.TrimEnd('s'), out var seconds) ? seconds : 0);
            Assert.Contains(annotations["healthcheck-port"], PortsOf(sidecar));
            Assert.True(setting["INTERVAL"] > 2 * int.Parse(annotations["healthcheck-interval"], CultureInfo.InvariantCulture));
            Assert.True(setting["MAX_WAIT"] > setting["INTERVAL"] + setting["COOLDOWN"]);
            Assert.True(int.Parse(attributes["target_health_state.unhealthy.draining_interval_seconds"], CultureInfo.InvariantCulture) >= setting["MAX_WAIT"]);
        });
        Assert.False(annotations["healthcheck-path"] is "/healthz" or "/readyz" or "/waitz" or "/metrics");
        Assert.Equal("false", attributes["target_health_state.unhealthy.connection_termination.enabled"]);
    }

    /// <summary>The version of what is built here.</summary>
    internal static string Version { get; } = XElement.Load(Repository.PathTo("Directory.Build.props")).Descendants("Version").Single().Value;

    internal static Workload Find(string source) => Workload.All.Single(workload => workload.Source == source);

    /// <summary>The ports of a container, by number and by name.</summary>
    internal static List<string> PortsOf(V1Container container) =>
        [.. (container.Ports ?? []).SelectMany(port => new[] { port.ContainerPort.ToString(CultureInfo.InvariantCulture), port.Name }).OfType<string>()];

    private static IEnumerable<Workload> In(Manifest manifest) => Workload.All.Where(workload => workload.Folder == manifest.Folder);

    private static IEnumerable<(Manifest Manifest, T Object)> Objects<T>() =>
        Manifest.All.Where(manifest => !manifest.IsCustom).Select(manifest => (manifest, manifest.Read())).Where(pair => pair.Item2 is T).Select(pair => (pair.manifest, (T)pair.Item2));

    [GeneratedRegex(@"^[a-z0-9./-]+(:v?[0-9][0-9A-Za-z._-]*|@sha256:[0-9a-f]{64})$")]
    private static partial Regex Versioned();
}
