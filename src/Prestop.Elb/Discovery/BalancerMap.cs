using Prestop.Elb.Client;

namespace Prestop.Elb.Discovery;

/// <summary>The load balancers and target groups of an account and region, as they were at one moment.</summary>
internal sealed class BalancerMap
{
    private readonly Dictionary<string, LoadBalancer> _byHost = [];
    private readonly Dictionary<string, TargetGroup> _groups = [];
    private readonly ILookup<string, TargetGroup> _byBalancer;

    public BalancerMap(IReadOnlyList<LoadBalancer> balancers, IReadOnlyList<TargetGroup> groups)
    {
        foreach (var balancer in balancers)
        {
            _byHost[Host(balancer.DnsName)] = balancer;
        }

        foreach (var group in groups)
        {
            _groups[group.Arn] = group;
            _groups[group.Name] = group;
        }

        _byBalancer = groups.SelectMany(group => group.LoadBalancerArns, (group, arn) => (arn, group)).ToLookup(pair => pair.arn, pair => pair.group);
    }

    /// <summary>The load balancer behind a hostname.</summary>
    public LoadBalancer? Balancer(string hostname) => _byHost.GetValueOrDefault(Host(hostname));

    /// <summary>The groups that a load balancer sends to.</summary>
    public IEnumerable<TargetGroup> GroupsOf(string balancerArn) => _byBalancer[balancerArn];

    /// <summary>The group with this ARN or name.</summary>
    public TargetGroup? Group(string arnOrName) => _groups.GetValueOrDefault(arnOrName);

    /// <summary>DNS names differ in neither case nor final dot; the console offers them with <c>dualstack.</c> in front.</summary>
    private static string Host(string name)
    {
        var host = name.TrimEnd('.').ToLowerInvariant();
        return host.StartsWith("dualstack.", StringComparison.Ordinal) ? host["dualstack.".Length..] : host;
    }
}
