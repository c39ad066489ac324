using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>
/// Runs asynchronous work on the thread that calls <see cref="Run"/>, continuations and the timers of <see cref="Time"/> alike: a plain pause
/// needs no other thread. SIGTERM and SIGINT are blocked and fetched with sigwaitinfo(2), so that none is lost, not even by the first process of
/// a PID namespace, from which the kernel keeps every signal that it neither handles nor blocks (pid_namespaces(7)).
/// </summary>
public sealed partial class MainLoop : SynchronizationContext, IDisposable
{
    private const int SIGINT = 2;
    private const int SIGTERM = 15;

    /// <summary>Tells the loop's thread that there is work. Its default action is nothing (signal(7)): one left over harms no program.</summary>
    private const int SIGURG = 23;

    private const int SIG_BLOCK = 0;
    private const int SIG_SETMASK = 2;
    private const nint SIG_IGN = 1;

    private readonly Lock _lock = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly List<LoopTimer> _timers = [];
    private readonly CancellationTokenSource _terminated = new();
    private readonly int _thread = gettid();
    private readonly SignalSet _awaited;
    private readonly SignalSet _original;
    private bool _isReleased;

    /// <summary>Makes a loop of this thread, and holds SIGTERM and SIGINT back until <see cref="Release"/>; where they are ignored they stay so.</summary>
    public MainLoop()
    {
        Time = new LoopTime(this);
        _awaited = SignalSet.Of(SIGURG, IsIgnored(SIGTERM) ? SIGURG : SIGTERM, IsIgnored(SIGINT) ? SIGURG : SIGINT);
        _ = pthread_sigmask(SIG_BLOCK, _awaited, out _original);

        // A published program was blocking them before it had a thread, and knows what was blocked before that.
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            foreach (var signal in (ReadOnlySpan<int>)[SIGTERM, SIGINT])
            {
                _original = was_blocked(signal) == 1 ? _original : _original.Without(signal);
            }
        }
    }

    /// <summary>The system's clock, whose timers fire on this loop.</summary>
    public TimeProvider Time { get; }

    /// <summary>Cancelled by the first SIGTERM or SIGINT.</summary>
    public CancellationToken Terminated => _terminated.Token;

    /// <summary>The number of the first SIGTERM or SIGINT; 0 before it.</summary>
    public int Signal { get; private set; }

    /// <summary>The name of the first SIGTERM or SIGINT.</summary>
    public string SignalName => Signal is SIGINT ? "SIGINT" : "SIGTERM";

    /// <summary>Does the work, and what it posts here, until it has ended.</summary>
    /// <param name="work">Begun on this thread.</param>
    public T Run<T>(Func<Task<T>> work)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            var running = work();
            _ = running.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            for (RunDue(); !running.IsCompleted; RunDue())
            {
                AwaitSignal(UntilNextTimer());
            }

            return running.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>
    /// Fetches a signal that has come, then puts this thread's mask back as it was: a later one ends this process, or reaches the program that is
    /// executed in its place.
    /// </summary>
    public void Release()
    {
        if (_isReleased)
        {
            return;
        }

        while (AwaitSignal(TimeSpan.Zero))
        {
            // A wake-up that is left over stands before what was sent to the whole process.
        }

        _ = pthread_sigmask(SIG_SETMASK, _original, out _);
        _isReleased = true;
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock)
        {
            _posted.Enqueue((d, state));
        }

        Wake();
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _terminated.Dispose();
    }

    private void RunDue()
    {
        while (NextDue() is { Callback: { } callback, State: var state })
        {
            callback(state);
        }
    }

    private (SendOrPostCallback? Callback, object? State) NextDue()
    {
        lock (_lock)
        {
            return _posted.TryDequeue(out var posted) ? posted
                : _timers.MinBy(timer => timer.Due) is { } timer && timer.Due <= Time.GetTimestamp() ? timer.Fired()
                : default;
        }
    }

    private TimeSpan? UntilNextTimer()
    {
        lock (_lock)
        {
            return _timers.MinBy(timer => timer.Due) is { } timer ? Time.GetElapsedTime(Time.GetTimestamp(), timer.Due) : null;
        }
    }

    /// <summary>Waits for a signal; null: for ever. What is posted meanwhile ends the wait, since it comes with a signal too.</summary>
    /// <returns>Whether one came.</returns>
    private unsafe bool AwaitSignal(TimeSpan? longest)
    {
        var ticks = Math.Max(longest?.Ticks ?? 0, 0);
        var time = new Timespec(ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        var signal = sigtimedwait(_awaited, 0, longest is null ? null : &time);
        if (signal is SIGTERM or SIGINT && Signal == 0)
        {
            Signal = signal;
            _terminated.Cancel();
        }

        return signal > 0;
    }

    private void Wake()
    {
        if (gettid() != _thread)
        {
            _ = tgkill(Environment.ProcessId, _thread, SIGURG);
        }
    }

    private static unsafe bool IsIgnored(int signal)
    {
        // struct sigaction of glibc: the handler comes first, on x86-64 and arm64.
        var action = stackalloc nint[32];
        return sigaction(signal, 0, action) == 0 && action[0] == SIG_IGN;
    }

    [LibraryImport("hold-signals")]
    private static partial int was_blocked(int signal);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);

    [LibraryImport("libc")]
    private static unsafe partial int sigaction(int signal, nint changed, nint* current);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet changed, out SignalSet before);

    [LibraryImport("libc")]
    private static unsafe partial int sigtimedwait(in SignalSet awaited, nint information, Timespec* longest);

    private readonly record struct Timespec(long Seconds, long Nanoseconds);

    /// <summary>sigset_t of glibc: 1,024 bits, signal 1 the lowest.</summary>
    [InlineArray(16)]
    private struct SignalSet
    {
        private ulong _word;

        public static SignalSet Of(params ReadOnlySpan<int> signals)
        {
            var set = default(SignalSet);
            foreach (var signal in signals)
            {
                set[0] |= 1UL << (signal - 1);
            }

            return set;
        }

        public readonly SignalSet Without(int signal)
        {
            var set = this;
            set[0] &= ~(1UL << (signal - 1));
            return set;
        }
    }

    private sealed class LoopTime(MainLoop loop) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new LoopTimer(loop, new SendOrPostCallback(callback), state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class LoopTimer(MainLoop loop, SendOrPostCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>When it fires, as a timestamp of <see cref="Time"/>.</summary>
        public long Due { get; private set; }

        /// <inheritdoc/>
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (loop._lock)
            {
                Set(dueTime, period);
            }

            loop.Wake();
            return true;
        }

        /// <summary>What is to be called, once the next time is set. The loop's lock is held.</summary>
        public (SendOrPostCallback Callback, object? State) Fired()
        {
            Set(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            return (callback, state);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (loop._lock)
            {
                loop._timers.Remove(this);
            }
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan dueTime, TimeSpan period)
        {
            loop._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Due = loop.Time.GetTimestamp() + (dueTime.Ticks * (loop.Time.TimestampFrequency / TimeSpan.TicksPerSecond));
                _period = period;
                loop._timers.Add(this);
            }
        }
    }
}
