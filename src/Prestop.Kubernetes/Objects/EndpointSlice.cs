using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A part of the addresses behind a Service (<c>discovery.k8s.io/v1 EndpointSlice</c>), as far as it is needed.</summary>
public sealed class EndpointSlice : IApiObject
{
    /// <summary>The label that names the Service a slice belongs to.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>The resource.</summary>
    public static readonly Resource<EndpointSlice> Resource = new("discovery.k8s.io", "v1", "endpointslices", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The endpoints; none in the placeholder that a Service without pods has.</summary>
    public required IReadOnlyList<Endpoint> Endpoints { get; init; }

    private static EndpointSlice Read(ref Utf8JsonReader json)
    {
        ObjectMeta? metadata = null;
        var endpoints = new List<Endpoint>();
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("metadata"u8))
                {
                    metadata = ObjectMeta.Read(ref json);
                }
                else if (json.IsField("endpoints"u8))
                {
                    if (json.EnterArray())
                    {
                        while (json.NextItem())
                        {
                            endpoints.Add(Endpoint.Read(ref json));
                        }
                    }
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return metadata is { Name.Length: > 0 }
            ? new EndpointSlice { Metadata = metadata, Endpoints = endpoints }
            : throw new JsonException();
    }
}
