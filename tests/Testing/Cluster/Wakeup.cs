namespace Prestop.Testing.Cluster;

/// <summary>
/// Waits for the next change or for a time, whichever comes first. Whoever waits goes on where it was, and on a <see cref="FakeClock"/> before the clock moves.
/// </summary>
internal sealed class Wakeup : IDisposable
{
    private readonly ObjectStore _store;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _cancelled;
    private volatile TaskCompletionSource _signal = New();

    public Wakeup(ObjectStore store, TimeProvider time, CancellationToken cancellation)
    {
        (_store, _time, _cancellation) = (store, time, cancellation);
        _store.Changed += Set;
        _cancelled = cancellation.Register(Set);
    }

    /// <summary>Ends at once when something has changed since the last time. What changed is to be looked at afterwards.</summary>
    /// <param name="longest">How long to wait; null: for ever.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task NextAsync(TimeSpan? longest)
    {
        using (longest is { } length ? _time.CreateTimer(_ => Set(), null, length > TimeSpan.Zero ? length : TimeSpan.Zero, Timeout.InfiniteTimeSpan) : null)
        {
            await _signal.Task;
        }

        _signal = New();
        _cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        _store.Changed -= Set;
        _cancelled.Dispose();
    }

    /// <summary>Wakes whoever waits.</summary>
    public void Set() => _signal.TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
