using System.Threading.Channels;
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
/// <param name="room">How many may wait.</param>
internal sealed class LaterCalls(ControllerMetrics metrics, ServerLog log, TimeProvider time, int room = 4096)
{
    private const int AtATime = 4;
    private const int MostAttempts = 4;

    private readonly Channel<Func<CancellationToken, Task<ApiError?>>> _calls =
        Channel.CreateBounded<Func<CancellationToken, Task<ApiError?>>>(new BoundedChannelOptions(room) { FullMode = BoundedChannelFullMode.Wait });

    private long _dropped;

    /// <summary>Calls for which there was no room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Adds a call.</summary>
    /// <param name="call">The call; null when it has succeeded.</param>
    public void Add(Func<CancellationToken, Task<ApiError?>> call)
    {
        if (!_calls.Writer.TryWrite(call))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Takes no more; <see cref="RunAsync"/> ends when those that are there are done.</summary>
    public void Complete() => _calls.Writer.TryComplete();

    /// <summary>Makes the calls, to be run once.</summary>
    /// <param name="cancellation">Ends it at once.</param>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => WorkAsync(cancellation)));

    private async Task WorkAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var call in _calls.Reader.ReadAllAsync(cancellation))
            {
                await MakeAsync(call, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private async Task MakeAsync(Func<CancellationToken, Task<ApiError?>> call, CancellationToken cancellation)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), Random.Shared);
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
}
