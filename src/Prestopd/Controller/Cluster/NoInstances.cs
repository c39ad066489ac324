using System.Net;
using Prestop.Elb.Discovery;

namespace Prestopd.Controller.Cluster;

/// <summary>
/// What waits of the controller may ask the cluster: nothing. They name target groups, and a target that is an instance is no evidence: it stays registered as long as its
/// node is there, while the node stops sending to the pod as soon as its labels are off.
/// </summary>
internal sealed class NoInstances : ICluster
{
    private static readonly ClusterError Refused = new(ClusterFault.NotFound, "targets of type instance leave only with their node");

    /// <inheritdoc/>
    public Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation) =>
        Task.FromResult<(BalancerAddresses?, ClusterError?)>((null, Refused));

    /// <inheritdoc/>
    public Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation) =>
        Task.FromResult<(string?, ClusterError?)>((null, Refused));
}
