namespace Prestop.Testing;

/// <summary>
/// A clock that stands still until it is moved: by <see cref="Run"/>, from timer to timer, or by <see cref="Advance(TimeSpan)"/>. Timers fire in the
/// order in which they are due, each at its own time, on the thread that moves the clock.
/// </summary>
public sealed class FakeClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly Continuations _continuations = new();
    private readonly DateTimeOffset _start;
    private TimeSpan _now;
    private TaskCompletionSource _timerSet = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A clock that begins on 2026-01-01 at 00:00 UTC.</summary>
    public FakeClock()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that begins at <paramref name="start"/>.</summary>
    public FakeClock(DateTimeOffset start) => _start = start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How far it has been moved.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    /// <summary>How many timers wait for their time.</summary>
    public int RunningTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => _start + Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Moves from timer to timer until the task has ended; what waits for a timer goes on before the clock moves further. What else was begun
    /// goes on in the next run.
    /// </summary>
    public T Run<T>(Func<Task<T>> start)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_continuations);
        try
        {
            var task = start();
            _continuations.RunAll();
            while (!task.IsCompleted)
            {
                if (!FireNext(TimeSpan.MaxValue))
                {
                    throw new InvalidOperationException("waits, and no timer will end it");
                }

                _continuations.RunAll();
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Moves on.</summary>
    public void Advance(TimeSpan length)
    {
        var end = Now + length;
        while (FireNext(end))
        {
        }

        lock (_lock)
        {
            _now = end;
        }
    }

    /// <summary>Moves on by so many seconds.</summary>
    public void Advance(double seconds) =>
        // TimeSpan.FromSeconds cuts off: 0.57 would be a tick short of 57 hundredths.
        Advance(TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond)));

    /// <summary>Calls back at a time of this clock.</summary>
    public void At(TimeSpan time, Action action) => CreateTimer(_ => action(), null, time - Now, Timeout.InfiniteTimeSpan);

    /// <summary>Ends when somebody waits for exactly so long from now on.</summary>
    public async Task IsWaitedForAsync(TimeSpan length)
    {
        while (true)
        {
            Task timerSet;
            lock (_lock)
            {
                timerSet = _timerSet.Task;
                if (_timers.Exists(timer => timer.Due == _now + length))
                {
                    return;
                }
            }

            await timerSet;
        }
    }

    private bool FireNext(TimeSpan end)
    {
        FakeTimer? next;
        lock (_lock)
        {
            next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (next is null)
            {
                return false;
            }

            _now = next.Due > _now ? next.Due : _now;
        }

        next.Fire();
        return true;
    }

    private sealed class FakeTimer(FakeClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    (Due, _period) = (clock._now + dueTime, period);
                    clock._timers.Add(this);
                    clock._timerSet.SetResult();
                    clock._timerSet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }

            return true;
        }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            fire();
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Keeps what is to go on after an await until it is run, so that nothing happens while the clock moves.</summary>
    private sealed class Continuations : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Enqueue((d, state));

        public void RunAll()
        {
            while (_queue.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
    }
}
