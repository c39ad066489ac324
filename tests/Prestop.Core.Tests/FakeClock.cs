namespace Prestop.Testing;

/// <summary>
/// A clock that stands still until it is moved. Timers fire in the order in which they are due, at their own time, on the
/// caller's thread; what waits for them goes on before the clock moves further.
/// </summary>
internal sealed class FakeClock : TimeProvider
{
    private readonly List<FakeTimer> _timers = [];
    private readonly Continuations _continuations = new();
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Now => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves from timer to timer until the task has ended. What else was begun goes on in the next run.</summary>
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
                var next = _timers.MinBy(timer => timer.Due) ?? throw new InvalidOperationException("waits, and no timer will end it");
                _now = next.Due;
                next.Fire();
                _continuations.RunAll();
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Calls back at a time of this clock.</summary>
    public void At(TimeSpan time, Action action) => CreateTimer(_ => action(), null, time - _now, Timeout.InfiniteTimeSpan);

    private sealed class FakeTimer(FakeClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                (Due, _period) = (clock._now + dueTime, period);
                clock._timers.Add(this);
            }

            return true;
        }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            fire();
        }

        public void Dispose() => clock._timers.Remove(this);

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
