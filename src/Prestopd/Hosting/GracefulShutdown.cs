namespace Prestopd.Hosting;

/// <summary>
/// The end of a server that works on requests for long. With the first signal it is not ready any more; it ends when those who ask for it have learnt
/// of that and the work that it holds is done, at the latest after a limit, or with a second signal.
/// </summary>
/// <param name="notice">How long it goes on listening after the first signal: as long as it takes until nobody connects any more. Zero or more.</param>
/// <param name="longest">The most that it goes on; below the pod's grace period.</param>
/// <param name="log">Where the course of it is told.</param>
/// <param name="time">The clock. While no signal has come, no timer runs.</param>
internal sealed class GracefulShutdown(TimeSpan notice, TimeSpan longest, ServerLog log, TimeProvider time) : IShutdown, IDisposable
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Not disposed of: a signal may come until the process ends.
    private readonly CancellationTokenSource _dropped = new();
    private readonly List<ITimer> _timers = [];
    private int _held;
    private bool _signalled;
    private bool _noticed;

    /// <summary>Whether no signal has come: whether new work may be begun.</summary>
    public bool IsReady => !Volatile.Read(ref _signalled);

    /// <inheritdoc/>
    public Task Released => _released.Task;

    /// <summary>Cancelled when the work that is still held must end.</summary>
    public CancellationToken Dropped => _dropped.Token;

    /// <summary>Begins a piece of work, which <see cref="End"/> ends.</summary>
    /// <returns>False when a signal has come, and none may be begun.</returns>
    public bool TryBegin()
    {
        lock (_gate)
        {
            _held += _signalled ? 0 : 1;
            return !_signalled;
        }
    }

    /// <summary>Begins a piece of work that cannot be refused, also after a signal; <see cref="End"/> ends it.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _held++;
        }
    }

    /// <summary>A piece of work is done.</summary>
    public void End()
    {
        lock (_gate)
        {
            _held--;
            ReleaseWhenDone();
        }
    }

    /// <inheritdoc/>
    public void Signal(string name)
    {
        lock (_gate)
        {
            if (_released.Task.IsCompleted)
            {
                return;
            }

            log.Info("signal", $"received signal {name}");
            if (!_signalled)
            {
                _signalled = true;
                log.Info("draining", $"not ready any more, with {_held} requests held", new LogMember("held", _held));
                _timers.Add(time.CreateTimer(_ => NoticeOver(), null, notice, Timeout.InfiniteTimeSpan));
                _timers.Add(time.CreateTimer(_ => LimitOver(), null, longest, Timeout.InfiniteTimeSpan));
                return;
            }

            log.Info("cut_short", $"the second signal ends it now, with {_held} requests held", new LogMember("held", _held));
        }

        Drop();
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _timers.ForEach(timer => timer.Dispose());
        }
    }

    private void NoticeOver()
    {
        lock (_gate)
        {
            _noticed = true;
            ReleaseWhenDone();
        }
    }

    private void LimitOver()
    {
        lock (_gate)
        {
            if (_released.Task.IsCompleted)
            {
                return;
            }

            log.Warning("shutdown_limit", $"{_held} requests are held at the end of the longest shutdown: dropped", new LogMember("held", _held));
        }

        Drop();
    }

    /// <summary>Ends it at once; what is held is dropped.</summary>
    public void Drop()
    {
        _dropped.Cancel();
        _released.TrySetResult();
    }

    private void ReleaseWhenDone()
    {
        if (_noticed && _held == 0)
        {
            _released.TrySetResult();
        }
    }
}
