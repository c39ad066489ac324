using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestopd.Controller.Http;
using Prestopd.Hosting;

namespace Prestopd.Controller.Cluster;

/// <summary>
/// Calls to the API server that nobody waits for: events, and budgets and StatefulSets that are woken. A few at a time, each a few times where the API server
/// does not answer; what does not fit is dropped and counted.
/// </summary>
/// <param name="metrics">Where failures are counted.</param>
/// <param name="log">Where they are told.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts after failures.</param>
/// <param name="room">How many may wait.</param>
internal sealed class BackgroundCalls(ControllerMetrics metrics, ServerLog log, TimeProvider time, Random random, int room = 4096)
{
    private const int AtATime = 4;
    private const int MostAttempts = 4;

    // Not a Channel: with one, what waits does not go on within the turn of a fake clock, and tests of the controller lose their order.
    private readonly Lock _gate = new();
    private readonly Queue<Func<CancellationToken, Task<ApiError?>>> _calls = [];
    private TaskCompletionSource _added = New();
    private bool _isComplete;
    private long _dropped;

    /// <summary>Calls for which there was no room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Adds a call.</summary>
    /// <param name="call">The call; null when it has succeeded.</param>
    public void Add(Func<CancellationToken, Task<ApiError?>> call)
    {
        lock (_gate)
        {
            if (_isComplete || _calls.Count >= room)
            {
                _dropped++;
                return;
            }

            _calls.Enqueue(call);
            Tell();
        }
    }

    /// <summary>Takes no more; <see cref="RunAsync"/> ends when those that are there are done.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Tell();
        }
    }

    /// <summary>Makes the calls, to be run once.</summary>
    /// <param name="cancellation">Ends it at once.</param>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var end = cancellation.Register(Complete);
        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => WorkAsync(cancellation)));
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                Task added;
                Func<CancellationToken, Task<ApiError?>>? call;
                lock (_gate)
                {
                    if (!_calls.TryDequeue(out call) && _isComplete)
                    {
                        return;
                    }

                    added = _added.Task;
                }

                await (call is null ? added : MakeAsync(call, cancellation));
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private async Task MakeAsync(Func<CancellationToken, Task<ApiError?>> call, CancellationToken cancellation)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), random);
        for (var attempt = 1; await call(cancellation) is { } error; attempt++)
        {
            metrics.Failed(error);
            if (error.Fault is not ApiFault.Transient || attempt == MostAttempts)
            {
                // What is gone or has changed since needs no waking.
                if (error.Fault is not (ApiFault.NotFound or ApiFault.Conflict))
                {
                    log.Warning("call_failed", error.Message);
                }

                return;
            }

            await Pause.UntilAsync((error.RetryAfter ?? TimeSpan.Zero) + backoff.Next(), time.GetTimestamp(), time, cancellation);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Tell()
    {
        _added.SetResult();
        _added = New();
    }
}
