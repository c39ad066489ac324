using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A Service that another object names.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record ServiceReference(string Namespace, string Name);

/// <summary>What leads requests from outside to Services: an Ingress, or a route of a Gateway.</summary>
public sealed class TrafficRoute : IApiObject
{
    private const string GatewayGroup = "gateway.networking.k8s.io";

    /// <summary>
    /// The kinds that there are. Those of the Gateway API are there only where it is installed; its TLSRoute is v1 from 1.5 on, which no longer serves v1alpha2 in its standard
    /// channel (release notes of v1.5.0).
    /// </summary>
    public static readonly IReadOnlyList<Resource<TrafficRoute>> Resources =
    [
        new("networking.k8s.io", "v1", "ingresses", ReadIngress),
        new(GatewayGroup, "v1", "httproutes", ReadRoute),
        new(GatewayGroup, "v1", "grpcroutes", ReadRoute),
        new(GatewayGroup, "v1", "tlsroutes", ReadRoute),
        new(GatewayGroup, "v1", "tcproutes", ReadRoute),
        new(GatewayGroup, "v1alpha2", "tcproutes", ReadRoute),
        new(GatewayGroup, "v1alpha2", "tlsroutes", ReadRoute),
    ];

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The Services that it leads to.</summary>
    public required IReadOnlyList<ServiceReference> Services { get; init; }

    // Loops, not queries: with NativeAOT each query over a struct such as JsonElement has types of its own, 500 kB of program for the two readers.
    private static TrafficRoute ReadIngress(ref Utf8JsonReader json)
    {
        var (metadata, names) = WholeObject.Read(ref json, root =>
        {
            var found = new List<string>();
            Add(root.Text("spec", "defaultBackend", "service", "name"));
            foreach (var rule in root.Items("spec", "rules"))
            {
                foreach (var path in rule.Items("http", "paths"))
                {
                    Add(path.Text("backend", "service", "name"));
                }
            }

            return found;

            void Add(string? name)
            {
                if (name is not null)
                {
                    found.Add(name);
                }
            }
        });
        return new TrafficRoute { Metadata = metadata, Services = names.ConvertAll(name => new ServiceReference(metadata.Namespace, name)) };
    }

    private static TrafficRoute ReadRoute(ref Utf8JsonReader json)
    {
        var (metadata, services) = WholeObject.Read(ref json, root =>
        {
            var found = new List<ServiceReference>();
            if (!IsOfGateway(root))
            {
                return found;
            }

            foreach (var rule in root.Items("spec", "rules"))
            {
                foreach (var backend in rule.Items("backendRefs"))
                {
                    if (backend.Text("kind") is null or "Service" && backend.Text("group") is null && backend.Text("name") is { } name)
                    {
                        found.Add(new ServiceReference(backend.Text("namespace") ?? root.Text("metadata", "namespace") ?? "", name));
                    }
                }
            }

            return found;
        });
        return new TrafficRoute { Metadata = metadata, Services = services };
    }

    /// <summary>A mesh's routes have a Service for their parent: what they lead comes from within the cluster.</summary>
    private static bool IsOfGateway(JsonElement route)
    {
        foreach (var parent in route.Items("spec", "parentRefs"))
        {
            if (parent.Text("kind") is not "Service")
            {
                return true;
            }
        }

        return false;
    }
}
