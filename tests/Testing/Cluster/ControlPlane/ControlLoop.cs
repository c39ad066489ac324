namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>A controller's judgement on one object.</summary>
internal interface IReconciler
{
    /// <summary>How long to pause after a failure; twice as long after each one that follows, up to the longest.</summary>
    (TimeSpan First, TimeSpan Longest) Pauses => (TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000));

    /// <summary>Which objects to look at when another one has changed.</summary>
    IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change);

    /// <summary>Brings an object to what it is to be.</summary>
    /// <returns>When to look again, if nothing changes; null: not at all.</returns>
    /// <exception cref="RequestFailedException">A request was refused: it is looked at again after a pause that doubles.</exception>
    Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation);
}

/// <summary>
/// The work queue of a controller: one object is looked at by one worker at a time, soon after a change, and after a failure with client-go's back-off: 5 ms, doubled
/// each time. That makes the gaps that were recorded (<c>clients/controllers.ndjson</c>): nine tries in the first two seconds, then 2.6, 5.2, 10, 20, 41 s.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="reconciler">The judgement.</param>
/// <param name="reaction">How long after a change it is looked at.</param>
internal sealed class ControlLoop(LoopbackCluster cluster, IReconciler reconciler, TimeSpan reaction)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Namespace, string Name), DateTimeOffset> _due = [];
    private readonly Dictionary<(string Namespace, string Name), int> _failures = [];
    private readonly HashSet<(string Namespace, string Name)> _running = [];

    /// <summary>Works until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var wakeup = new Wakeup(cluster.Store, cluster.Time, cancellation);
        var work = new List<Task>();
        var seen = cluster.Store.Oldest;
        try
        {
            while (true)
            {
                var (changes, upTo) = cluster.Store.Since(seen);
                seen = upTo;
                foreach (var key in (changes ?? []).SelectMany(reconciler.AffectedBy))
                {
                    Enqueue(key, cluster.Time.GetUtcNow() + reaction);
                }

                foreach (var key in TakeDue())
                {
                    work.RemoveAll(task => task.IsCompletedSuccessfully);
                    work.Add(WorkAsync(key, wakeup, cancellation));
                }

                await wakeup.NextAsync(NextDue() - cluster.Time.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Task.WhenAll(work);
        }
    }

    private async Task WorkAsync((string Namespace, string Name) key, Wakeup wakeup, CancellationToken cancellation)
    {
        TimeSpan? again;
        try
        {
            again = await reconciler.ReconcileAsync(key.Namespace, key.Name, cancellation);
            _failures.Remove(key);
        }
        catch (RequestFailedException)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            var (first, longest) = reconciler.Pauses;
            again = first * Math.Min(Math.Pow(2, failures), longest / first);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }

        lock (_lock)
        {
            _running.Remove(key);
        }

        if (again is { } pause)
        {
            Enqueue(key, cluster.Time.GetUtcNow() + pause);
        }

        wakeup.Set();
    }

    private void Enqueue((string Namespace, string Name) key, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (!_due.TryGetValue(key, out var there) || at < there)
            {
                _due[key] = at;
            }
        }
    }

    private List<(string Namespace, string Name)> TakeDue()
    {
        lock (_lock)
        {
            var now = cluster.Time.GetUtcNow();
            var due = _due.Where(each => each.Value <= now && !_running.Contains(each.Key)).Select(each => each.Key).ToList();
            due.ForEach(key =>
            {
                _due.Remove(key);
                _running.Add(key);
            });
            return due;
        }
    }

    private DateTimeOffset? NextDue()
    {
        lock (_lock)
        {
            return _due.Where(each => !_running.Contains(each.Key)).Select(each => (DateTimeOffset?)each.Value).Min();
        }
    }
}
