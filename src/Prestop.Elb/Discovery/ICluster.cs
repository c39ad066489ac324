using System.Net;

namespace Prestop.Elb.Discovery;

/// <summary>The kinds of object that lead to a load balancer.</summary>
public enum BalancedKind
{
    /// <summary><c>networking.k8s.io/v1</c>: hostnames in its status.</summary>
    Ingress,

    /// <summary>Core <c>v1</c>, type LoadBalancer: hostnames in its status.</summary>
    Service,

    /// <summary><c>gateway.networking.k8s.io/v1</c>: hostnames among its status's addresses.</summary>
    Gateway,

    /// <summary><c>elbv2.k8s.aws/v1beta1</c>: names a target group itself.</summary>
    TargetGroupBinding,
}

/// <summary>Which object a wait is about.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record BalancedObject(BalancedKind Kind, string Namespace, string Name)
{
    /// <summary>As kubectl names it, with its namespace: <c>ingress/web in shop</c>.</summary>
    public override string ToString() => $"{Kind switch
    {
        BalancedKind.Ingress => "ingress",
        BalancedKind.Service => "service",
        BalancedKind.Gateway => "gateway",
        _ => "targetgroupbinding",
    }}/{Name} in {Namespace}";
}

/// <summary>What an object says of its load balancers.</summary>
/// <param name="Hostnames">Every hostname of its status.</param>
/// <param name="TargetGroups">ARNs or names of target groups, where it names them itself.</param>
public sealed record BalancerAddresses(IReadOnlyList<string> Hostnames, IReadOnlyList<string> TargetGroups);

/// <summary>Why the cluster did not tell.</summary>
public enum ClusterFault
{
    /// <summary>There is no such object.</summary>
    NotFound,

    /// <summary>It may work the next time.</summary>
    Unavailable,

    /// <summary>It will not work the next time either: RBAC, a certificate, a token.</summary>
    Refused,
}

/// <summary>A question that the cluster did not answer.</summary>
/// <param name="Fault">The kind of failure.</param>
/// <param name="Message">The failure in words: lower case, one line, no full stop, no secrets.</param>
public sealed record ClusterError(ClusterFault Fault, string Message);

/// <summary>What is asked of the cluster. The only exception that leaves is the caller's own cancellation.</summary>
public interface ICluster
{
    /// <summary>Where an object's traffic comes from.</summary>
    /// <param name="balanced">The object.</param>
    /// <param name="cancellation">Ends the question.</param>
    Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation);

    /// <summary>The EC2 instance of the node that a pod runs on (<c>spec.providerID</c>): <c>i-0123456789abcdef0</c>.</summary>
    /// <param name="podNamespace">The pod's namespace; null when it is not known.</param>
    /// <param name="podAddress">The pod's IP address.</param>
    /// <param name="cancellation">Ends the question.</param>
    Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation);
}

/// <summary>A cluster that cannot be asked, for waits that need not ask it.</summary>
/// <param name="error">What it answers to every question.</param>
public sealed class NoCluster(ClusterError error) : ICluster
{
    /// <inheritdoc/>
    public Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation) =>
        Task.FromResult<(BalancerAddresses?, ClusterError?)>((null, error));

    /// <inheritdoc/>
    public Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation) =>
        Task.FromResult<(string?, ClusterError?)>((null, error));
}
