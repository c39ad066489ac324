using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>One backend of a Service.</summary>
public sealed class Endpoint
{
    /// <summary>Its addresses: of one family, IPv4 or IPv6, or a host name.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>
    /// Whether it takes traffic. The API says of the field: when it is not there, take it for true. From the moment a pod is
    /// deleted it is false, unless the Service has <c>publishNotReadyAddresses</c>.
    /// </summary>
    public required bool IsReady { get; init; }

    /// <summary>The name of the pod behind it; null when it is no pod.</summary>
    public required string? PodName { get; init; }

    /// <summary>The namespace of that pod; null when it is not said.</summary>
    public required string? PodNamespace { get; init; }

    internal static Endpoint Read(ref Utf8JsonReader json)
    {
        var addresses = new List<string>();
        bool? ready = null;
        string? podName = null, podNamespace = null;
        if (!json.EnterObject())
        {
            throw new JsonException();
        }

        while (json.NextField())
        {
            if (json.IsField("addresses"u8))
            {
                if (json.EnterArray())
                {
                    while (json.NextItem())
                    {
                        addresses.Add(json.TextOrNull() ?? "");
                    }
                }
            }
            else if (json.IsField("conditions"u8))
            {
                ready = ReadReady(ref json);
            }
            else if (json.IsField("targetRef"u8))
            {
                (podName, podNamespace) = ReadPod(ref json);
            }
            else
            {
                json.SkipField();
            }
        }

        return new Endpoint { Addresses = addresses, IsReady = ready ?? true, PodName = podName, PodNamespace = podNamespace };
    }

    private static bool? ReadReady(ref Utf8JsonReader json)
    {
        bool? ready = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("ready"u8))
                {
                    ready = json.FlagOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return ready;
    }

    private static (string? Name, string? Namespace) ReadPod(ref Utf8JsonReader json)
    {
        string? kind = null, name = null, space = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("kind"u8))
                {
                    kind = json.TextOrNull();
                }
                else if (json.IsField("name"u8))
                {
                    name = json.TextOrNull();
                }
                else if (json.IsField("namespace"u8))
                {
                    space = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return kind == "Pod" ? (name, space) : (null, null);
    }
}
