using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

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

    /// <summary>The Services that it leads to, each once.</summary>
    public required IReadOnlyList<(string Namespace, string Name)> Services { get; init; }

    private static TrafficRoute ReadIngress(ref Utf8JsonReader json)
    {
        var (metadata, names) = WholeObject.Read(
            ref json,
            root => new[] { root.At("spec", "defaultBackend") }
                .Concat(root.Items("spec", "rules").SelectMany(rule => rule.Items("http", "paths")).Select(path => path.At("backend")))
                .Select(backend => backend?.Text("service", "name"))
                .OfType<string>().Distinct().ToArray());
        return new TrafficRoute { Metadata = metadata, Services = [.. names.Select(name => (metadata.Namespace, name))] };
    }

    private static TrafficRoute ReadRoute(ref Utf8JsonReader json)
    {
        var (metadata, services) = WholeObject.Read(ref json, root => IsOfGateway(root)
            ? root.Items("spec", "rules").SelectMany(rule => rule.Items("backendRefs")).Where(IsService).Select(backend => (backend.Text("namespace"), backend.Text("name") ?? "")).ToArray()
            : []);
        return new TrafficRoute { Metadata = metadata, Services = [.. services.Select(service => (service.Item1 ?? metadata.Namespace, service.Item2)).Distinct()] };
    }

    /// <summary>A mesh's routes have a Service for their parent: what they lead comes from within the cluster.</summary>
    private static bool IsOfGateway(JsonElement route) => route.Items("spec", "parentRefs").Any(parent => parent.Text("kind") is not "Service");

    private static bool IsService(JsonElement backend) => backend.Text("kind") is null or "Service" && backend.Text("group") is null;
}
