using System.Net;
using Prestop.Elb.Discovery;

namespace Prestop.Elb.Tests.Discovery;

/// <summary>A cluster with the objects that a test puts in.</summary>
internal sealed class FakeCluster : ICluster
{
    public Dictionary<BalancedObject, BalancerAddresses> Objects { get; } = [];

    public Dictionary<string, string> Instances { get; } = [];

    public ClusterError? Fault { get; set; }

    public int Asked { get; private set; }

    public async Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation)
    {
        Asked++;
        await Task.Yield();
        return Fault is not null ? (null, Fault)
            : Objects.TryGetValue(balanced, out var found) ? (found, null)
            : (null, new ClusterError(ClusterFault.NotFound, $"there is no {balanced}"));
    }

    public async Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation)
    {
        await Task.Yield();
        return Fault is not null ? (null, Fault)
            : Instances.TryGetValue(podAddress.ToString(), out var found) ? (found, null)
            : (null, new ClusterError(ClusterFault.NotFound, $"there is no pod {podAddress}"));
    }
}
