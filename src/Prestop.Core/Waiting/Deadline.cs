namespace Prestop.Core.Waiting;

/// <summary>A moment on the monotonic clock.</summary>
public sealed class Deadline
{
    /// <summary>
    /// A deadline further away than this (24.8 days) is no deadline: it is the longest that every timer of .NET can run, and
    /// longer than any pod's grace period.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _length;

    private Deadline(TimeSpan length, long start, TimeProvider time) => (_length, _start, _time) = (length, start, time);

    /// <summary>A deadline that never comes.</summary>
    /// <param name="time">The clock.</param>
    public static Deadline Never(TimeProvider time) => new(TimeSpan.MaxValue, time.GetTimestamp(), time);

    /// <summary>A deadline that comes <paramref name="length"/> after <paramref name="start"/>.</summary>
    /// <param name="length">Not negative; above <see cref="Longest"/> means never.</param>
    /// <param name="start">A timestamp of <paramref name="time"/>.</param>
    /// <param name="time">The clock.</param>
    public static Deadline After(TimeSpan length, long start, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.Zero);
        return new Deadline(length, start, time);
    }

    /// <summary>True when the deadline never comes.</summary>
    public bool IsNever => _length > Longest;

    /// <summary>True once the deadline has come.</summary>
    public bool HasCome => Left == TimeSpan.Zero;

    /// <summary>The time that is left; zero once the deadline has passed, <see cref="TimeSpan.MaxValue"/> when it never comes.</summary>
    public TimeSpan Left
    {
        get
        {
            if (IsNever)
            {
                return TimeSpan.MaxValue;
            }

            var left = _length - _time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>True when this deadline comes before another of the same clock, or together with it.</summary>
    /// <param name="other">The other one.</param>
    public bool ComesBy(Deadline other) =>
        other.IsNever || (!IsNever && _length + _time.GetElapsedTime(other._start, _start) <= other._length);

    /// <summary>Returns true once the deadline has come, never sooner; false when <paramref name="cancellation"/> came first.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<bool> ArrivesAsync(CancellationToken cancellation) => Pause.UntilAsync(_length, _start, _time, cancellation);

    /// <summary>Joins the deadline and the caller's own token; see <see cref="DeadlineTokenSource"/>.</summary>
    /// <param name="caller">The caller's way to call the wait off.</param>
    public DeadlineTokenSource Or(CancellationToken caller) => new(IsNever ? Timeout.InfiniteTimeSpan : Pause.Timer(Left), _time, caller);
}

/// <summary>What ends a wait from outside: a deadline or the caller, and afterwards it can be told which.</summary>
public sealed class DeadlineTokenSource : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    internal DeadlineTokenSource(TimeSpan left, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _timer = new CancellationTokenSource(left, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
    }

    /// <summary>Cancelled by whichever comes first.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>How a wait that was ended by <see cref="Token"/> ended. The caller's word counts before the deadline's.</summary>
    public WaitEnd End => _caller.IsCancellationRequested ? WaitEnd.Cancelled : WaitEnd.DeadlineExceeded;

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}

/// <summary>Plain waiting for a length of time.</summary>
public static class Pause
{
    /// <summary>
    /// Returns true once <paramref name="length"/> has passed since <paramref name="start"/>, never sooner; false when
    /// <paramref name="cancellation"/> came first.
    /// </summary>
    /// <param name="length">Any length; <see cref="TimeSpan.MaxValue"/> means for ever.</param>
    /// <param name="start">A timestamp of <paramref name="time"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the pause.</param>
    public static async Task<bool> UntilAsync(TimeSpan length, long start, TimeProvider time, CancellationToken cancellation)
    {
        while (true)
        {
            var left = length - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return true;
            }

            try
            {
                await Task.Delay(Timer(left), time, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// A length of time as a timer takes it. .NET's count whole milliseconds and drop the rest, which would wake a fraction of one early.
    /// </summary>
    /// <param name="length">Not negative; <see cref="Deadline.Longest"/> stands for what is longer.</param>
    internal static TimeSpan Timer(TimeSpan length) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(length.TotalMilliseconds, Deadline.Longest.TotalMilliseconds)));
}
