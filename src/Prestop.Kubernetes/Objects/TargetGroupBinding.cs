using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>
/// A binding of a Service to a target group (<c>elbv2.k8s.aws/v1beta1 TargetGroupBinding</c>). AWS Load Balancer Controller makes one for every target group of an
/// Ingress, Service or Gateway, and registers the Service's pods by it.
/// </summary>
public sealed class TargetGroupBinding : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<TargetGroupBinding> Resource = new("elbv2.k8s.aws", "v1beta1", "targetgroupbindings", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The Service, in the binding's own namespace; empty when it names none.</summary>
    public required string Service { get; init; }

    /// <summary>The target group's ARN, or its name where the binding gives only that; empty when it gives neither.</summary>
    public required string TargetGroup { get; init; }

    private static TargetGroupBinding Read(ref Utf8JsonReader json)
    {
        var (metadata, (service, group)) = WholeObject.Read(
            ref json, root => (root.Text("spec", "serviceRef", "name"), root.Text("spec", "targetGroupARN") ?? root.Text("spec", "targetGroupName")));
        return new TargetGroupBinding { Metadata = metadata, Service = service ?? "", TargetGroup = group ?? "" };
    }
}
