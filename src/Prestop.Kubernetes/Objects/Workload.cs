using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>What makes pods and makes new ones in their place, as far as it is needed.</summary>
public sealed class Workload : IApiObject
{
    private static readonly Dictionary<string, Resource<Workload>> Kinds = new()
    {
        ["ReplicaSet"] = new("apps", "v1", "replicasets", Read),
        ["StatefulSet"] = new("apps", "v1", "statefulsets", Read),
        ["DaemonSet"] = new("apps", "v1", "daemonsets", Read),
        ["Job"] = new("batch", "v1", "jobs", Read),
        ["ReplicationController"] = new("", "v1", "replicationcontrollers", Read),
    };

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>What it knows its pods by; null when it says nothing.</summary>
    public required LabelSelector? Selector { get; init; }

    /// <summary>How many pods it wants; null when it says nothing, as DaemonSets and Jobs.</summary>
    public required int? Replicas { get; init; }

    /// <summary>The resource of a kind that owns pods: <c>ReplicaSet</c>, <c>StatefulSet</c>, <c>DaemonSet</c>, <c>Job</c>, <c>ReplicationController</c>.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>The resource; null for another kind.</returns>
    public static Resource<Workload>? Resource(string kind) => Kinds.GetValueOrDefault(kind);

    private static Workload Read(ref Utf8JsonReader json)
    {
        var (metadata, (selector, replicas)) = WholeObject.Read(ref json, root => (SelectorOf(root.At("spec", "selector")), root.Number("spec", "replicas")));
        return new Workload { Metadata = metadata, Selector = selector, Replicas = replicas is null ? null : (int)Math.Clamp(replicas.Value, 0, int.MaxValue) };
    }

    /// <summary>A ReplicationController has labels where the others have a selector.</summary>
    private static LabelSelector? SelectorOf(JsonElement? selector) =>
        selector is { ValueKind: JsonValueKind.Object } found && found.At("matchLabels") is null && found.At("matchExpressions") is null && found.Texts() is { Count: > 0 } labels
            ? LabelSelector.Of(labels)
            : LabelSelector.Read(selector);
}
