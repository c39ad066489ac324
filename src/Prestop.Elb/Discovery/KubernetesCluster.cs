using System.Net;
using System.Text.Json;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestop.Elb.Discovery;

/// <summary>Asks the API server, one object at a time: RBAC has to allow get on what waits name, and for instance targets list on pods and get on nodes.</summary>
/// <param name="client">The client.</param>
public sealed class KubernetesCluster(ApiClient client) : ICluster
{
    private static readonly Resource<Balanced> Ingresses = new("networking.k8s.io", "v1", "ingresses", ReadLoadBalancerStatus);
    private static readonly Resource<Balanced> Services = new("", "v1", "services", ReadLoadBalancerStatus);
    private static readonly Resource<Balanced> Gateways = new("gateway.networking.k8s.io", "v1", "gateways", ReadGateway);
    private static readonly Resource<Balanced> TargetGroupBindings = new("elbv2.k8s.aws", "v1beta1", "targetgroupbindings", ReadTargetGroupBinding);
    private static readonly Resource<Node> Nodes = new("", "v1", "nodes", ReadNode);

    /// <inheritdoc/>
    public async Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation)
    {
        var resource = balanced.Kind switch
        {
            BalancedKind.Ingress => Ingresses,
            BalancedKind.Service => Services,
            BalancedKind.Gateway => Gateways,
            _ => TargetGroupBindings,
        };
        var found = await client.GetAsync(resource, balanced.Namespace, balanced.Name, cancellation);
        return found.Succeeded
            ? (found.Value.Addresses, null)
            : (null, Described(found.Error, found.Error.Status is null ? $"the cluster has no {resource.FullName}" : $"there is no {balanced}"));
    }

    /// <inheritdoc/>
    public async Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation)
    {
        var pods = await client.ListAsync(Pod.Resource, new Selection { Namespace = podNamespace, FieldSelector = $"status.podIP={podAddress}" }, cancellation);
        if (!pods.Succeeded)
        {
            return (null, Described(pods.Error, pods.Error.Message));
        }

        // Ended pods keep an address that may be another's by now; those that live and share one share their node.
        if (pods.Value.Items.FirstOrDefault(pod => pod is { NodeName.Length: > 0, Phase: not ("Succeeded" or "Failed") }) is not { } pod)
        {
            return (null, new ClusterError(ClusterFault.NotFound, $"no running pod has the address {podAddress}{(podNamespace is null ? "" : $" in {podNamespace}")}"));
        }

        var node = await client.GetAsync(Nodes, null, pod.NodeName, cancellation);
        if (!node.Succeeded)
        {
            return (null, Described(node.Error, $"there is no node {pod.NodeName}"));
        }

        // aws:///eu-central-1a/i-0123456789abcdef0; on Fargate the last part names no instance.
        var instance = node.Value.ProviderId[(node.Value.ProviderId.LastIndexOf('/') + 1)..];
        return node.Value.ProviderId.StartsWith("aws:", StringComparison.Ordinal) && instance.StartsWith("i-", StringComparison.Ordinal)
            ? (instance, null)
            : (null, new ClusterError(ClusterFault.NotFound, $"node {pod.NodeName} is no EC2 instance: its spec.providerID is '{node.Value.ProviderId}'"));
    }

    private static ClusterError Described(ApiError error, string notFound) => error.Fault switch
    {
        ApiFault.NotFound => new ClusterError(ClusterFault.NotFound, notFound),
        ApiFault.Transient => new ClusterError(ClusterFault.Unavailable, error.Message),
        _ => new ClusterError(ClusterFault.Refused, error.Message),
    };

    private static Balanced ReadLoadBalancerStatus(ref Utf8JsonReader json) =>
        Read(ref json, root => new BalancerAddresses(Texts(root.Items("status", "loadBalancer", "ingress"), "hostname"), []));

    private static Balanced ReadGateway(ref Utf8JsonReader json) =>
        Read(ref json, root => new BalancerAddresses(Texts(root.Items("status", "addresses").Where(address => address.Text("type") == "Hostname"), "value"), []));

    private static Balanced ReadTargetGroupBinding(ref Utf8JsonReader json) =>
        Read(ref json, root => new BalancerAddresses([], [.. new[] { root.Text("spec", "targetGroupARN") ?? root.Text("spec", "targetGroupName") }.OfType<string>()]));

    private static Node ReadNode(ref Utf8JsonReader json)
    {
        var (metadata, providerId) = WholeObject.Read(ref json, root => root.Text("spec", "providerID") ?? "");
        return new Node(metadata, providerId);
    }

    private static Balanced Read(ref Utf8JsonReader json, Func<JsonElement, BalancerAddresses> read)
    {
        var (metadata, addresses) = WholeObject.Read(ref json, read);
        return new Balanced(metadata, addresses);
    }

    private static List<string> Texts(IEnumerable<JsonElement> items, string name) =>
        [.. items.Select(item => item.Text(name)).OfType<string>()];

    private sealed record Balanced(ObjectMeta Metadata, BalancerAddresses Addresses) : IApiObject;

    private sealed record Node(ObjectMeta Metadata, string ProviderId) : IApiObject;
}
