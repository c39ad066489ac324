using System.Globalization;
using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>
/// A pod (<c>v1 Pod</c>), as far as it is needed. Whoever keeps many of them keeps less of each (<see cref="Resource{T}.Projected"/>).
/// </summary>
public sealed class Pod : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<Pod> Resource = new("", "v1", "pods", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The annotations.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>The owner that controls the pod; null when it has none.</summary>
    public required OwnerReference? Controller { get; init; }

    /// <summary>When the pod has to be gone, its grace period counted in; null while nobody has deleted it.</summary>
    public required DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>The node that it runs on; empty before it is scheduled.</summary>
    public required string NodeName { get; init; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Whether the condition <c>Ready</c> is true.</summary>
    public required bool IsReady { get; init; }

    /// <summary>Its addresses, at most one of a family; none before it has a network.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    private static Pod Read(ref Utf8JsonReader json)
    {
        MetadataPart? metadata = null;
        var status = new StatusPart("", false, []);
        var nodeName = "";
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("metadata"u8))
                {
                    metadata = ReadMetadata(ref json);
                }
                else if (json.IsField("spec"u8))
                {
                    nodeName = ReadNodeName(ref json);
                }
                else if (json.IsField("status"u8))
                {
                    status = ReadStatus(ref json);
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return metadata is { Identity.Name.Length: > 0 } found
            ? new Pod
            {
                Metadata = found.Identity,
                Labels = found.Labels,
                Annotations = found.Annotations,
                Controller = found.Controller,
                DeletionTimestamp = found.DeletionTimestamp,
                NodeName = nodeName,
                Phase = status.Phase,
                IsReady = status.IsReady,
                Addresses = status.Addresses,
            }
            : throw new JsonException();
    }

    private static MetadataPart ReadMetadata(ref Utf8JsonReader json)
    {
        var again = json;
        var identity = ObjectMeta.Read(ref again);
        Dictionary<string, string> labels = [], annotations = [];
        OwnerReference? controller = null;
        string? deletion = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("labels"u8))
                {
                    labels = TextCache.Shared.Texts(ref json);
                }
                else if (json.IsField("annotations"u8))
                {
                    annotations = TextCache.Shared.Texts(ref json);
                }
                else if (json.IsField("ownerReferences"u8))
                {
                    controller = OwnerReference.ReadController(ref json);
                }
                else if (json.IsField("deletionTimestamp"u8))
                {
                    deletion = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return new MetadataPart(identity, labels, annotations, controller, deletion is null ? null : Time(deletion));
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw new JsonException();

    private static string ReadNodeName(ref Utf8JsonReader json)
    {
        string? nodeName = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("nodeName"u8))
                {
                    nodeName = TextCache.Shared.TextOrNull(ref json);
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return nodeName ?? "";
    }

    private static StatusPart ReadStatus(ref Utf8JsonReader json)
    {
        string? phase = null;
        var isReady = false;
        var addresses = new List<string>();
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("phase"u8))
                {
                    phase = TextCache.Shared.TextOrNull(ref json);
                }
                else if (json.IsField("conditions"u8))
                {
                    if (json.EnterArray())
                    {
                        while (json.NextItem())
                        {
                            isReady |= IsReadyCondition(ref json);
                        }
                    }
                }
                else if (json.IsField("podIPs"u8))
                {
                    if (json.EnterArray())
                    {
                        while (json.NextItem())
                        {
                            addresses.Add(ReadAddress(ref json));
                        }
                    }
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return new StatusPart(phase ?? "", isReady, addresses);
    }

    private static bool IsReadyCondition(ref Utf8JsonReader json)
    {
        bool isReady = false, isTrue = false;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("type"u8))
                {
                    isReady = TextCache.Shared.TextOrNull(ref json) == "Ready";
                }
                else if (json.IsField("status"u8))
                {
                    isTrue = TextCache.Shared.TextOrNull(ref json) == "True";
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return isReady && isTrue;
    }

    private static string ReadAddress(ref Utf8JsonReader json)
    {
        string? address = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("ip"u8))
                {
                    address = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return address ?? throw new JsonException();
    }

    private sealed record MetadataPart(
        ObjectMeta Identity,
        Dictionary<string, string> Labels,
        Dictionary<string, string> Annotations,
        OwnerReference? Controller,
        DateTimeOffset? DeletionTimestamp);

    private sealed record StatusPart(string Phase, bool IsReady, List<string> Addresses);
}
