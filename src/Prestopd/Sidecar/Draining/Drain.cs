using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>
/// The way from serving to gone, as a state machine on a clock: no HTTP, no signals, no log. Idle it owns no timer that runs.
/// </summary>
internal sealed class Drain : IShutdown, IDisposable
{
    /// <summary>How often the window is looked at while draining.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly DrainRules _rules;
    private readonly RateWindow _window;
    private readonly TimeProvider _time;
    private readonly IDrainObserver _observer;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile DrainState _state;
    private bool _signalled;
    private int _waiters;
    private long _began;
    private long _coolingSince;
    private TimeSpan _lasted;

    public Drain(DrainRules rules, RateWindow window, TimeProvider time, IDrainObserver observer)
    {
        (_rules, _window, _time, _observer) = (rules, window, time, observer);
        _timer = time.CreateTimer(static drain => ((Drain)drain!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The state now.</summary>
    public DrainState State => _state;

    /// <summary>Completes when the callers of <c>/waitz</c> are to be answered.</summary>
    public Task Released => _released.Task;

    /// <summary>How long the drain has lasted until now or until its end; zero while serving.</summary>
    public TimeSpan Lasted
    {
        get
        {
            lock (_gate)
            {
                return _state is DrainState.Draining or DrainState.CoolingDown ? _time.GetElapsedTime(_began) : _lasted;
            }
        }
    }

    /// <inheritdoc/>
    public void Signal(string name)
    {
        lock (_gate)
        {
            if (_state >= DrainState.Released)
            {
                return;
            }

            _observer.SignalReceived(name);
            var first = !_signalled;
            _signalled = true;
            if (_state is DrainState.Serving)
            {
                Begin();
            }
            else if (_rules.Trigger is DrainTrigger.Waitz || !first)
            {
                _observer.CutShort();
                Release();
            }
        }
    }

    /// <summary>Somebody who may start the drain waits on <c>/waitz</c>, and has stayed.</summary>
    public void WaiterStays()
    {
        lock (_gate)
        {
            _waiters++;
            if (_state is DrainState.Serving && _rules.Trigger is not DrainTrigger.Signal)
            {
                _observer.StartedByWaitz();
                Begin();
            }
        }
    }

    /// <summary>
    /// One of them has gone. With the last of them goes the drain, unless a signal came: kubelet runs the hook also when the application
    /// fails its liveness probe, and then the pod lives on.
    /// </summary>
    public void WaiterLeaves()
    {
        lock (_gate)
        {
            if (--_waiters == 0 && !_signalled && _state is (DrainState.Draining or DrainState.CoolingDown))
            {
                _state = DrainState.Serving;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _observer.ServesAgain();
            }
        }
    }

    /// <inheritdoc/>
    public void Leave()
    {
        lock (_gate)
        {
            _state = DrainState.Ended;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Begin()
    {
        _state = DrainState.Draining;
        _began = _time.GetTimestamp();
        Look();
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_state is not (DrainState.Draining or DrainState.CoolingDown))
            {
                return;
            }

            var hits = _window.Count;
            var left = _rules.MaxWait - _time.GetElapsedTime(_began);
            if (left <= TimeSpan.Zero)
            {
                _observer.MaxWaitOver(_rules.MaxWait, hits);
                Release();
                return;
            }

            var next = _state is DrainState.Draining ? LookAtWindow(hits) : CooldownLeft();
            if (next <= TimeSpan.Zero)
            {
                Release();
                return;
            }

            LookAgainIn(next < left ? next : left);
        }
    }

    private TimeSpan LookAtWindow(long hits)
    {
        _observer.Draining(hits);
        if (hits > 0)
        {
            return LookEvery;
        }

        _state = DrainState.CoolingDown;
        _coolingSince = _time.GetTimestamp();
        _observer.CoolingDown(_rules.Cooldown);
        return _rules.Cooldown;
    }

    private TimeSpan CooldownLeft() => _rules.Cooldown - _time.GetElapsedTime(_coolingSince);

    // .NET's timers count whole milliseconds and drop the rest, which would wake a fraction of one early.
    private void LookAgainIn(TimeSpan length) =>
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(length.TotalMilliseconds)), Timeout.InfiniteTimeSpan);

    private void Release()
    {
        _lasted = _state is DrainState.Serving ? TimeSpan.Zero : _time.GetElapsedTime(_began);
        _state = DrainState.Released;
        _observer.Completed();
        _released.SetResult();
    }
}
