using System.Net;
using Prestop.Core.Waiting;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Polling;

namespace Prestop.Elb.Draining;

/// <summary>How a wait for a load balancer can end.</summary>
public enum DrainEnd
{
    /// <summary>It has let go.</summary>
    Out,

    /// <summary>The deadline came first.</summary>
    DeadlineExceeded,

    /// <summary>The caller called it off.</summary>
    Cancelled,

    /// <summary>There is nothing to wait on: no such object, load balancer or target group.</summary>
    NotFound,

    /// <summary>AWS will not tell, however long one waits.</summary>
    AwsFailed,

    /// <summary>The API server will not tell, however long one waits.</summary>
    ClusterFailed,
}

/// <summary>The end of a wait.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Seen">What was seen last, in words: lower case, one line, no full stop, no secrets.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record DrainResult(DrainEnd End, string Seen, TimeSpan Elapsed);

/// <summary>What to wait for.</summary>
/// <param name="Source">What leads to the target groups.</param>
/// <param name="Namespace">The pod's namespace, to find its node by; null when it is not known.</param>
/// <param name="Addresses">The pod's IP addresses, one or more: a group holds it by one of them.</param>
/// <param name="Settle">How long it must have left each group; null: as long as the kind of load balancer needs.</param>
public sealed record DrainRequest(DrainSource Source, string? Namespace, IReadOnlyList<IPAddress> Addresses, TimeSpan? Settle)
{
    /// <summary>Whether a target settles from the wait's beginning on at the earliest: for a pod that may have left before, and come back between two looks.</summary>
    public bool SettlesAnew { get; init; }
}

/// <summary>Is told of the course of one wait.</summary>
public interface IDrainObserver
{
    /// <summary>The wait is on these groups, too.</summary>
    /// <param name="groups">One group or more.</param>
    void Found(IReadOnlyList<TargetGroup> groups);

    /// <summary>Another state is seen.</summary>
    /// <param name="seen">What holds the wait up: lower case, one line, no full stop.</param>
    void Changed(string seen);
}

/// <summary>Waits until load balancers have let go of pods. Any number of waits share one search and one feed.</summary>
/// <param name="search">Finds target groups.</param>
/// <param name="cluster">Tells the node of a pod, for targets that are instances.</param>
/// <param name="feed">Looks at target groups.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads what is asked again; safe for several threads.</param>
public sealed class DrainWaits(TargetGroupSearch search, ICluster cluster, TargetHealthFeed feed, TimeProvider time, Random random)
{
    /// <summary>The oldest list of load balancers that a wait may begin with; it ends with none that is older than itself.</summary>
    public static readonly TimeSpan OldestList = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Waits. Out means: at one time every target of the pod, in every group that a search after the wait's beginning finds, is out by <see cref="DrainRule"/>, in looks that
    /// began after the wait did.
    /// </summary>
    /// <param name="request">What to wait for.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="observer">Is told of the course of the wait.</param>
    /// <param name="cancellation">The caller's way to call the wait off.</param>
    public async Task<DrainResult> WaitAsync(DrainRequest request, Deadline deadline, IDrainObserver observer, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        using var limit = deadline.Or(cancellation);
        using var pod = new WatchedPod(feed, request, observer);
        DrainEnd end;
        try
        {
            end = await UntilOutAsync(request, pod, start, limit.Token);
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested)
        {
            end = limit.End is WaitEnd.Cancelled ? DrainEnd.Cancelled : DrainEnd.DeadlineExceeded;
        }

        return new DrainResult(end, pod.Seen, time.GetElapsedTime(start));
    }

    private async Task<DrainEnd> UntilOutAsync(DrainRequest request, WatchedPod pod, long start, CancellationToken limit)
    {
        var oldest = start - (long)(OldestList.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            var isLast = oldest == start;
            var (groups, error) = await WithPausesAsync(
                () => search.FindAsync(request.Source, oldest, limit), answer => answer.Error is { IsTransient: true }, answer => pod.Seen = answer.Error!.Message, limit);
            if (groups is null)
            {
                // What was deleted while its last target drained is no failure.
                if (isLast && error!.Fault is SearchFault.NotFound)
                {
                    return DrainEnd.Out;
                }

                pod.Seen = error!.Message;
                return error.Fault switch
                {
                    SearchFault.NotFound => DrainEnd.NotFound,
                    SearchFault.Aws => DrainEnd.AwsFailed,
                    _ => DrainEnd.ClusterFailed,
                };
            }

            if (pod.Instance is null && groups.Any(group => group.Type is TargetType.Instance))
            {
                var (instance, refusal) = await WithPausesAsync(
                    () => cluster.InstanceOfAsync(request.Namespace, request.Addresses[0], limit),
                    answer => answer.Error is { Fault: ClusterFault.Unavailable },
                    answer => pod.Seen = answer.Error!.Message,
                    limit);
                if (instance is null)
                {
                    pod.Seen = refusal!.Message;
                    return refusal.Fault is ClusterFault.NotFound ? DrainEnd.NotFound : DrainEnd.ClusterFailed;
                }

                pod.Instance = instance;
            }

            if (!pod.Add(groups) && isLast)
            {
                return DrainEnd.Out;
            }

            if (await pod.UntilOutAsync(limit) is { } refused)
            {
                pod.Seen = refused.Message;
                return DrainEnd.AwsFailed;
            }

            oldest = start;
        }
    }

    private async Task<T> WithPausesAsync<T>(Func<Task<T>> ask, Func<T, bool> again, Action<T> failed, CancellationToken limit)
    {
        var pauses = new Backoff(FirstPause, LongestPause, random);
        while (true)
        {
            var answer = await ask();
            if (!again(answer))
            {
                return answer;
            }

            failed(answer);
            if (!await Pause.UntilAsync(pauses.Next(), time.GetTimestamp(), time, limit))
            {
                limit.ThrowIfCancellationRequested();
            }
        }
    }
}
