using System.Buffers;
using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Audit;

/// <summary>A workload and the pods that it makes.</summary>
/// <param name="Kind">Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or Pod.</param>
/// <param name="Namespace">Its namespace; empty where the manifest leaves it to whoever applies it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Replicas">How many pods it wants; null where that depends on other things than its manifest.</param>
/// <param name="Pod">A pod of its, as far as rules look at it: metadata and spec.</param>
internal sealed record Workload(string Kind, string Namespace, string Name, long? Replicas, JsonElement Pod)
{
    /// <summary>Who makes pods and ReplicaSets that are audited with their maker, or are not for us to change.</summary>
    private static readonly string[] Makers = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Node"];

    private static readonly string[] ContainerFields = ["name", "image", "ports", "lifecycle", "readinessProbe", "livenessProbe", "restartPolicy"];

    /// <summary>The labels of its pods.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; } = Pod.Texts("metadata", "labels");

    /// <summary>Whether its pods are meant to go on for ever.</summary>
    public bool IsEndless => Pod.Text("spec", "restartPolicy") is null or "Always";

    /// <summary>How it is named in a finding.</summary>
    public string Title => TitleOf(Kind, Namespace, Name);

    /// <summary>How an object is named in a finding: <c>Deployment shop/web</c>.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="namespace">Its namespace; empty for none.</param>
    /// <param name="name">Its name.</param>
    public static string TitleOf(string kind, string @namespace, string name) => @namespace.Length == 0 ? $"{kind} {name}" : $"{kind} {@namespace}/{name}";

    /// <summary>Whether a kind makes pods, and is known.</summary>
    /// <param name="kind">The kind.</param>
    public static bool IsKind(string kind) => kind is "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "Job" or "Pod";

    /// <summary>Reads one.</summary>
    /// <param name="kind">Its kind, one of those that are known.</param>
    /// <param name="document">The object. Nothing of it is kept.</param>
    /// <returns>The workload; null when another one makes it, or it is on its way out.</returns>
    /// <exception cref="JsonException">It is not made like one.</exception>
    public static Workload? Read(string kind, JsonElement document)
    {
        var pod = kind == "Pod" ? document : document.At("spec", "template") ?? default;
        if (document.Text("metadata", "name") is not { } name || pod.At("spec", "containers") is null)
        {
            throw new JsonException();
        }

        var isOver = document.Text("metadata", "deletionTimestamp") is not null || (kind == "Pod" && document.Text("status", "phase") is "Succeeded" or "Failed");
        return isOver || IsMadeByAnother(document)
            ? null
            : new Workload(kind, document.Text("metadata", "namespace") ?? "", name, ReplicasOf(kind, document), Kept(pod));
    }

    private static bool IsMadeByAnother(JsonElement document) => document.Items("metadata", "ownerReferences")
        .Any(owner => owner.At("controller") is { ValueKind: JsonValueKind.True } && Makers.Contains(owner.Text("kind")));

    private static long? ReplicasOf(string kind, JsonElement document) => kind switch
    {
        "DaemonSet" or "Job" => null,
        "Pod" => 1,
        _ => document.Number("spec", "replicas") ?? 1,
    };

    /// <summary>What rules look at. A cluster has thousands of pod templates, and their environments and volumes would fill the memory.</summary>
    private static JsonElement Kept(JsonElement pod)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            Copy(json, pod.At("metadata") ?? default, "labels");
            if (pod.Text("metadata", "annotations", ControllerNames.Wishes.Mode) is { } mode)
            {
                json.WriteStartObject("annotations");
                json.WriteString(ControllerNames.Wishes.Mode, mode);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartObject("spec");
            var spec = pod.At("spec") ?? default;
            Copy(json, spec, "terminationGracePeriodSeconds", "restartPolicy");
            foreach (var list in (string[])["containers", "initContainers"])
            {
                json.WriteStartArray(list);
                foreach (var container in spec.Items(list))
                {
                    json.WriteStartObject();
                    Copy(json, container, ContainerFields);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void Copy(Utf8JsonWriter json, JsonElement from, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (from.At(field) is { } value)
            {
                json.WritePropertyName(field);
                value.WriteTo(json);
            }
        }
    }
}

/// <summary>A workload as the API server lists it: without its kind.</summary>
internal sealed class ListedWorkload : IApiObject
{
    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The workload; null when it is made by another, or on its way out.</summary>
    public required Workload? Workload { get; init; }

    /// <summary>All kinds that are asked for, with the group <c>apps</c> or none.</summary>
    public static IReadOnlyList<Resource<ListedWorkload>> Resources { get; } =
    [
        Of("apps", "deployments", "Deployment"),
        Of("apps", "statefulsets", "StatefulSet"),
        Of("apps", "daemonsets", "DaemonSet"),
        Of("apps", "replicasets", "ReplicaSet"),
        Of("", "pods", "Pod"),
    ];

    private static Resource<ListedWorkload> Of(string group, string plural, string kind) => new(group, "v1", plural, (ref Utf8JsonReader json) =>
    {
        var (metadata, workload) = WholeObject.Read(ref json, root => Audit.Workload.Read(kind, root));
        return new ListedWorkload { Metadata = metadata, Workload = workload };
    });
}
