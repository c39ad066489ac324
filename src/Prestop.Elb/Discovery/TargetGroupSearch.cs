using Prestop.Elb.Client;

namespace Prestop.Elb.Discovery;

/// <summary>Why there is nothing to wait on.</summary>
public enum SearchFault
{
    /// <summary>The object, its load balancer or its target groups do not exist.</summary>
    NotFound,

    /// <summary>AWS did not tell.</summary>
    Aws,

    /// <summary>The API server did not tell.</summary>
    Cluster,
}

/// <summary>A search that found nothing.</summary>
/// <param name="Fault">The kind of failure.</param>
/// <param name="IsTransient">Whether it may succeed later with nothing mended.</param>
/// <param name="Message">The failure in words: lower case, one line, no full stop, no secrets.</param>
public sealed record SearchError(SearchFault Fault, bool IsTransient, string Message);

/// <summary>What a wait is about: target groups, or an object that leads to some.</summary>
/// <param name="Balanced">The object; null with groups.</param>
/// <param name="TargetGroups">The groups' ARNs or names; none with an object.</param>
public sealed record DrainSource(BalancedObject? Balanced, IReadOnlyList<string> TargetGroups)
{
    /// <summary>The object as kubectl names it, with its namespace, or the groups.</summary>
    public override string ToString() => Balanced?.ToString() ?? $"target group {string.Join(", ", TargetGroups)}";
}

/// <summary>
/// Finds the target groups that a pod may be in: every hostname of the object, every group of its load balancers, and those of an Application Load Balancer behind
/// a Network Load Balancer. What AWS has is listed as a whole and shared, since a list costs the same for one as for all.
/// </summary>
public sealed class TargetGroupSearch : IDisposable
{
    private readonly ICluster _cluster;
    private readonly IElbApi _api;
    private readonly TimeProvider _time;
    private readonly Shared<string, (BalancerMap? Map, ElbError? Error)> _maps;
    private readonly Shared<BalancedObject, (BalancerAddresses? Found, ClusterError? Error)> _objects;
    private readonly Shared<string, ElbResult<IReadOnlyList<TargetHealth>>> _followed;

    /// <summary>Makes a search.</summary>
    /// <param name="cluster">Tells of objects.</param>
    /// <param name="api">Tells of load balancers.</param>
    /// <param name="time">The clock.</param>
    public TargetGroupSearch(ICluster cluster, IElbApi api, TimeProvider time)
    {
        (_cluster, _api, _time) = (cluster, api, time);
        _maps = new((_, cancellation) => ListAsync(cancellation), answer => answer.Error is not null, time);
        _objects = new(_cluster.BalancersOfAsync, answer => answer.Error is not null, time);
        _followed = new(_api.DescribeTargetHealthAsync, answer => !answer.Succeeded, time);
    }

    /// <summary>How old the list of load balancers is that waits begin with; null when there is none yet.</summary>
    public TimeSpan? Age => _maps.Age("");

    /// <summary>Finds the groups.</summary>
    /// <param name="source">What the wait is about.</param>
    /// <param name="oldest">A timestamp of the clock: nothing that is used was asked for before.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>One group or more, of type ip or instance; or the error.</returns>
    public async Task<(IReadOnlyList<TargetGroup>? Groups, SearchError? Error)> FindAsync(DrainSource source, long oldest, CancellationToken cancellation)
    {
        var addresses = new BalancerAddresses([], source.TargetGroups);
        var name = source.ToString();
        if (source.Balanced is { } balanced)
        {
            var (found, error) = await _objects.GetAsync(balanced, oldest, cancellation);
            if (found is null)
            {
                return (null, error!.Fault switch
                {
                    ClusterFault.NotFound => NotFound(error.Message),
                    _ => new SearchError(SearchFault.Cluster, error.Fault is ClusterFault.Unavailable, error.Message),
                });
            }

            addresses = found;
        }

        if (addresses is { Hostnames.Count: 0, TargetGroups.Count: 0 })
        {
            return (null, NotFound($"{name} has no load balancer's hostname in its status"));
        }

        // A hostname that a list does not hold may have come after it: one newer list decides.
        var (groups, missing) = await OnceAsync(addresses, name, oldest, cancellation);
        return missing is { Fault: SearchFault.NotFound } && oldest < _time.GetTimestamp() - Recent()
            ? await OnceAsync(addresses, name, _time.GetTimestamp() - Recent(), cancellation)
            : (groups, missing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _maps.Dispose();
        _objects.Dispose();
        _followed.Dispose();
    }

    private static SearchError NotFound(string message) => new(SearchFault.NotFound, false, message);

    private static SearchError Aws(ElbError error) => error.Fault is ElbFault.NotFound
        ? NotFound(error.Message)
        : new SearchError(SearchFault.Aws, error.IsTransient, error.Message);

    private long Recent() => (long)(5 * (double)_time.TimestampFrequency);

    private async Task<(IReadOnlyList<TargetGroup>? Groups, SearchError? Error)> OnceAsync(
        BalancerAddresses addresses, string name, long oldest, CancellationToken cancellation)
    {
        var (map, listing) = await _maps.GetAsync("", oldest, cancellation);
        if (map is null)
        {
            return (null, Aws(listing!));
        }

        var found = new Dictionary<string, TargetGroup>();
        foreach (var wanted in addresses.TargetGroups)
        {
            if (map.Group(wanted) is not { } group)
            {
                return (null, NotFound($"there is no target group '{wanted}' in this account and region"));
            }

            found[group.Arn] = group;
        }

        foreach (var hostname in addresses.Hostnames)
        {
            if (map.Balancer(hostname) is not { } balancer)
            {
                return (null, NotFound($"no load balancer of this account and region has the name {hostname}, which {name} gives; is it a Classic Load Balancer, or another region's?"));
            }

            foreach (var group in map.GroupsOf(balancer.Arn))
            {
                found[group.Arn] = group;
            }
        }

        foreach (var front in found.Values.Where(group => group.Type is TargetType.Alb).ToList())
        {
            var targets = await _followed.GetAsync(front.Arn, oldest, cancellation);
            if (!targets.Succeeded)
            {
                return (null, Aws(targets.Error));
            }

            foreach (var group in targets.Value.SelectMany(target => map.GroupsOf(target.Id)))
            {
                found[group.Arn] = group;
            }
        }

        var groups = found.Values.Where(group => group.Type is TargetType.Ip or TargetType.Instance).ToList();
        return groups.Count > 0 ? (groups, null) : (null, NotFound($"{name} leads to no target group that a pod could be in"));
    }

    private async Task<(BalancerMap? Map, ElbError? Error)> ListAsync(CancellationToken cancellation)
    {
        var balancers = await _api.DescribeLoadBalancersAsync(cancellation);
        if (!balancers.Succeeded)
        {
            return (null, balancers.Error);
        }

        var groups = await _api.DescribeTargetGroupsAsync(cancellation);
        return groups.Succeeded ? (new BalancerMap(balancers.Value, groups.Value), null) : (null, groups.Error);
    }
}
