using k8s.Models;

namespace Manifests.Tests;

/// <summary>Something that makes pods.</summary>
/// <param name="Source">Where it was written.</param>
/// <param name="Folder">The folder within which names are looked up.</param>
/// <param name="Name">Its name.</param>
/// <param name="Selector">The labels of the pods that it takes for its own; null where it finds them otherwise.</param>
/// <param name="Template">Its pods.</param>
internal sealed record Workload(string Source, string Folder, string Name, V1LabelSelector? Selector, V1PodTemplateSpec Template)
{
    /// <summary>How its pods are replaced; null but for a Deployment.</summary>
    public V1RollingUpdateDeployment? RollingUpdate { get; init; }

    /// <summary>How many pods it keeps.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Containers that the repository does not write: their image brings them.</summary>
    public IReadOnlyCollection<string> Foreign { get; init; } = [];

    /// <summary>All that make pods in manifests and in values of charts.</summary>
    public static IReadOnlyList<Workload> All { get; } =
        [.. Manifest.All.Where(manifest => !manifest.IsCustom).Select(Of).OfType<Workload>(), .. ChartValues.Workloads];

    /// <summary>Containers and init containers.</summary>
    public IEnumerable<V1Container> Containers => [.. Template.Spec.InitContainers ?? [], .. Template.Spec.Containers];

    /// <summary>Containers that run as long as the pod: also native sidecars.</summary>
    public IEnumerable<V1Container> Serving => Containers.Where(container => Template.Spec.Containers.Contains(container) || container.RestartPolicy is "Always");

    /// <summary>The pod's grace period.</summary>
    public TimeSpan Grace => TimeSpan.FromSeconds(Template.Spec.TerminationGracePeriodSeconds ?? 30);

    public override string ToString() => Source;

    /// <summary>Whether these labels select its pods.</summary>
    /// <param name="labels">Labels and their values; none select nothing.</param>
    public bool IsSelectedBy(IDictionary<string, string>? labels) =>
        labels is { Count: > 0 } && labels.All(label => Template.Metadata?.Labels is { } own && own.TryGetValue(label.Key, out var value) && value == label.Value);

    private static Workload? Of(Manifest manifest) => manifest.Read() switch
    {
        V1Deployment deployment => new(manifest.Source, manifest.Folder, deployment.Metadata.Name, deployment.Spec.Selector, deployment.Spec.Template)
        {
            RollingUpdate = deployment.Spec.Strategy?.RollingUpdate ?? new(),
            Replicas = deployment.Spec.Replicas ?? 1,
        },
        V1StatefulSet set => new(manifest.Source, manifest.Folder, set.Metadata.Name, set.Spec.Selector, set.Spec.Template) { Replicas = set.Spec.Replicas ?? 1 },
        V1DaemonSet set => new(manifest.Source, manifest.Folder, set.Metadata.Name, set.Spec.Selector, set.Spec.Template),
        V1Job job => new(manifest.Source, manifest.Folder, job.Metadata.Name, null, job.Spec.Template),
        V1Pod pod => new(manifest.Source, manifest.Folder, pod.Metadata.Name, null, new V1PodTemplateSpec { Metadata = pod.Metadata, Spec = pod.Spec }),
        _ => null,
    };
}
