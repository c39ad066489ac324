using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>The values that an example gives to the ingress-nginx chart, and the pod that the chart's template makes of them.</summary>
internal static class ChartValues
{
    private const string Folder = "examples/ingress-nginx-chain";

    private static readonly Dictionary<string, string> Labels = new() { ["app.kubernetes.io/name"] = "ingress-nginx", ["app.kubernetes.io/component"] = "controller" };

    /// <summary>The controller with an ordinary sidecar, and with a native one.</summary>
    public static IEnumerable<Workload> Workloads => [Controller("values.yaml"), Controller("values.yaml", "values-native.yaml")];

    /// <summary>The annotations of the controller's Service.</summary>
    public static IDictionary<string, string> ServiceAnnotations =>
        KubernetesYaml.Deserialize<Dictionary<string, string>>(Text(((YamlMappingNode)Read("values.yaml").Children["service"]).Children["annotations"]));

    /// <summary>Whether a YAML file is values or templates of a chart, which only a chart's tools can apply.</summary>
    /// <param name="file">The file, from the repository's root.</param>
    public static bool IsChart(string file) =>
        Path.GetFileName(file).StartsWith("values", StringComparison.Ordinal) || Path.GetFileName(file) == "Chart.yaml" || file.Contains("/templates/", StringComparison.Ordinal);

    private static Workload Controller(params string[] files)
    {
        // As Helm does: a later file's keys win, and a list is one value.
        var values = files.SelectMany(file => Read(file).Children).GroupBy(pair => ((YamlScalarNode)pair.Key).Value!).ToDictionary(group => group.Key, group => Text(group.Last().Value));
        var controller = new V1Container
        {
            Name = "controller",
            Image = "registry.k8s.io/ingress-nginx/controller",
            Ports = [.. new[] { 80, 443, 8443, 10254 }.Select(port => new V1ContainerPort { ContainerPort = port })],
            Lifecycle = Take<V1Lifecycle>("lifecycle"),
            VolumeMounts = Take<List<V1VolumeMount>>("extraVolumeMounts"),
        };
        var spec = new V1PodSpec
        {
            TerminationGracePeriodSeconds = Take<long>("terminationGracePeriodSeconds"),
            InitContainers = Take<List<V1Container>>("extraInitContainers"),
            Containers = [controller, .. Take<List<V1Container>>("extraContainers")],
            Volumes = Take<List<V1Volume>>("extraVolumes"),
        };
        var strategy = Take<V1DeploymentStrategy>("updateStrategy");
        var workload = new Workload(
            $"{Folder}/{files[^1]}", Folder, "ingress-nginx-controller", null, new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = Labels }, Spec = spec })
        {
            RollingUpdate = strategy.RollingUpdate,
            Replicas = Take<int>("replicaCount"),
            Foreign = ["controller"],
        };
        values.Remove("config");
        values.Remove("service");
        return values.Count == 0 ? workload : throw new InvalidOperationException($"nobody checks these values: {string.Join(", ", values.Keys)}");

        T Take<T>(string name) => values.Remove(name, out var text)
            ? KubernetesYaml.Deserialize<T>(text, strict: true)
            : throw new InvalidOperationException($"{Folder}/{files[^1]} lacks controller.{name}");
    }

    private static YamlMappingNode Read(string file)
    {
        var root = new Manifest($"{Folder}/{file}", "line 1", Repository.Read(Folder, file)).Root;
        return (YamlMappingNode)root.Children.Single(pair => ((YamlScalarNode)pair.Key).Value == "controller").Value;
    }

    private static string Text(YamlNode node)
    {
        using var text = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(text, assignAnchors: false);
        return text.ToString().Replace("...\n", "", StringComparison.Ordinal);
    }
}
