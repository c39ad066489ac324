using System.Globalization;
using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A Service (<c>v1 Service</c>), as far as it says which pods get its traffic, and where.</summary>
public sealed class Service : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<Service> Resource = new("", "v1", "services", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>
    /// The pods that get its traffic; null when it names none: it has no selector, and its endpoints are somebody else's business, or it is an
    /// <c>ExternalName</c>, whose selector means nothing.
    /// </summary>
    public required LabelSelector? Selector { get; init; }

    /// <summary>Whether it asks for a load balancer of its own (<c>type: LoadBalancer</c>).</summary>
    public required bool IsLoadBalancer { get; init; }

    /// <summary>The pods' TCP ports that it sends to, each a number or the name of a container's port.</summary>
    public required IReadOnlyList<string> TargetPorts { get; init; }

    private static Service Read(ref Utf8JsonReader json)
    {
        var (metadata, (selector, isBalancer, ports)) = WholeObject.Read(ref json, root => (SelectorOf(root), root.Text("spec", "type") == "LoadBalancer", TargetPortsOf(root)));
        return new Service { Metadata = metadata, Selector = selector, IsLoadBalancer = isBalancer, TargetPorts = ports };
    }

    private static LabelSelector? SelectorOf(JsonElement service) =>
        service.Text("spec", "type") != "ExternalName" && service.Texts("spec", "selector") is { Count: > 0 } labels ? LabelSelector.Of(labels) : null;

    private static string[] TargetPortsOf(JsonElement service) =>
    [
        .. service.Items("spec", "ports")
            .Where(port => port.Text("protocol") is null or "TCP")
            .Select(port => port.Text("targetPort") ?? (port.Number("targetPort") ?? port.Number("port"))?.ToString(CultureInfo.InvariantCulture))
            .OfType<string>()
            .Distinct(),
    ];
}
