using System.Net;
using Prestop.Core;
using Prestop.Core.Waiting;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Indexes;

namespace Prestopd.Controller.Isolation;

/// <summary>
/// Since when AWS load balancers have let go of pods that drain: evidence that nothing is sent to them. Each replica waits by itself, and a restart begins anew. What
/// cannot be told is no evidence.
/// </summary>
/// <param name="indexes">Which target groups a pod is in.</param>
/// <param name="known">Ends when the indexes are complete: some of a pod's target groups are not all of them.</param>
/// <param name="waits">The waits.</param>
/// <param name="settle">How long a target must have left; null: as long as its kind of load balancer needs.</param>
/// <param name="recorder">Where it is recorded.</param>
/// <param name="time">The clock.</param>
/// <param name="most">How many waits there may be at a time; pods beyond that drain until their deadline, or until there is room.</param>
internal sealed class LoadBalancerEvidence(
    ClusterIndexes indexes, Task known, DrainWaits waits, TimeSpan? settle, Recorder recorder, TimeProvider time, int most = 5000)
    : IAsyncDisposable
{
    /// <summary>
    /// What waits may ask the cluster: nothing. They name target groups, and a target that is an instance is no evidence: it stays registered as long as its node is there, while the
    /// node stops sending to the pod as soon as its labels are off.
    /// </summary>
    public static readonly NoCluster Cluster = new(new ClusterError(ClusterFault.NotFound, "targets of type instance leave only with their node"));

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Search> _searches = [];
    private readonly HashSet<Search> _running = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Sees to it that evidence is sought for a pod that no Service selects any more. To be told as long as it drains.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="drain">Its drain.</param>
    /// <param name="found">Called when there is evidence.</param>
    public void Seek(Pod pod, DrainState drain, Action found)
    {
        lock (_gate)
        {
            if (_searches.TryGetValue(pod.Metadata.Uid, out var search) && (search.Until != drain.Until || IsSentTo(pod)))
            {
                End(pod.Metadata.Uid);
                search = null;
            }

            if (search is null && _running.Count < most && !_stop.IsCancellationRequested && !IsSentTo(pod))
            {
                search = new Search(drain.Until, CancellationTokenSource.CreateLinkedTokenSource(_stop.Token));
                _searches[pod.Metadata.Uid] = search;
                _running.Add(search);
                search.Running = RunAsync(search, pod, drain, found);
            }
        }
    }

    /// <summary>Since when there is evidence that nothing is sent to a pod; null for none.</summary>
    /// <param name="pod">The pod.</param>
    public DateTimeOffset? Since(Pod pod)
    {
        // Of this drain only, and not of one that is called off.
        if (DrainState.Of(pod) is not { SurgeUntil: null, IsCancelled: false } drain || IsSentTo(pod))
        {
            return null;
        }

        lock (_gate)
        {
            return _searches.TryGetValue(pod.Metadata.Uid, out var search) && search.Until == drain.Until ? search.Found : null;
        }
    }

    /// <summary>A pod is gone, or does not drain any more.</summary>
    /// <param name="uid">The pod's uid.</param>
    public void Forget(string uid)
    {
        lock (_gate)
        {
            End(uid);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> running;
        lock (_gate)
        {
            _stop.Cancel();
            running = [.. _running.Select(search => search.Running)];
        }

        await Task.WhenAll(running);
        _stop.Dispose();
    }

    private void End(string uid)
    {
        if (_searches.Remove(uid, out var search) && _running.Contains(search))
        {
            search.Stop.Cancel();
        }
    }

    /// <summary>Somebody has given the pod its labels back: it is sent requests again, whatever was found before.</summary>
    private bool IsSentTo(Pod pod) => indexes.Services.Selecting(pod.Metadata.Namespace, pod.Labels).Count > 0;

    private async Task RunAsync(Search search, Pod pod, DrainState drain, Action found)
    {
        // Not within the call that asked for it.
        await Task.Yield();
        var stop = search.Stop.Token;
        try
        {
            await known.WaitAsync(stop);
            var (groups, services) = GroupsOf(pod, drain);
            if (groups.Count == 0 || pod.Addresses.Count == 0)
            {
                recorder.WithoutEvidence(pod, groups.Count == 0 ? $"no TargetGroupBinding names {services}" : "it has no address");
                return;
            }

            var left = drain.Until - time.GetUtcNow();
            var observer = new Observer(pod, left, settle, recorder);
            var result = await waits.WaitAsync(
                new DrainRequest(new DrainSource(null, groups), pod.Metadata.Namespace, [.. pod.Addresses.Select(IPAddress.Parse)], settle) { SettlesAnew = true },
                Deadline.After(left > TimeSpan.Zero ? left : TimeSpan.Zero, time.GetTimestamp(), time),
                observer,
                stop);
            if (result.End is DrainEnd.Out)
            {
                lock (_gate)
                {
                    search.Found = time.GetUtcNow();
                }

                recorder.Stepped(pod, "LetGo", $"load balancers have let go of it: {result.Seen}");
                found();
            }
            else if (result.End is not DrainEnd.Cancelled && !observer.IsTooSlow)
            {
                recorder.WithoutEvidence(pod, result.Seen);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception unforeseen)
        {
            recorder.Broken(pod, unforeseen);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(search);
                search.Stop.Dispose();
            }
        }
    }

    /// <summary>The target groups of the Services that sent to the pod before its labels came off, and the Services' names.</summary>
    private (IReadOnlyList<string> Groups, string Services) GroupsOf(Pod pod, DrainState drain)
    {
        var labels = new Dictionary<string, string>(pod.Labels);
        foreach (var (name, value) in drain.Labels)
        {
            labels[name] = value;
        }

        var @namespace = pod.Metadata.Namespace;
        var services = indexes.Services.Selecting(@namespace, labels);
        return (
            [.. services.SelectMany(service => indexes.Bindings.Naming(new(@namespace, service.Metadata.Name))).Select(binding => binding.TargetGroup).Distinct()],
            services.Count == 0 ? "its Services, which are gone" : string.Join(", ", services.Select(service => service.Metadata.Name)));
    }

    /// <summary>A wait for one drain of one pod.</summary>
    private sealed class Search(DateTimeOffset until, CancellationTokenSource stop)
    {
        /// <summary>The end of the drain, by which it is told from others of the same pod.</summary>
        public DateTimeOffset Until => until;

        public CancellationTokenSource Stop => stop;

        public DateTimeOffset? Found { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;
    }

    /// <summary>Tells in time when a wait cannot end in time.</summary>
    private sealed class Observer(Pod pod, TimeSpan left, TimeSpan? settle, Recorder recorder) : IDrainObserver
    {
        public bool IsTooSlow { get; private set; }

        public void Found(IReadOnlyList<TargetGroup> groups)
        {
            var slowest = groups.MaxBy(group => DrainRule.SettleOf(group.Kind, settle))!;
            if (!IsTooSlow && DrainRule.SettleOf(slowest.Kind, settle) is var needed && needed >= left)
            {
                IsTooSlow = true;
                recorder.WithoutEvidence(pod, $"targets of {slowest.Name} settle for {Duration.FromTimeSpan(needed)}, which is not below what is left of its drain; give it more ({ControllerNames.Wishes.Drain})");
            }
        }

        public void Changed(string seen)
        {
        }
    }
}
