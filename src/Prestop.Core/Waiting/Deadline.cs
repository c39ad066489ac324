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

    /// <summary>Joins the deadline and the caller's own token; see <see cref="Limit"/>.</summary>
    /// <param name="caller">The caller's way to call the wait off.</param>
    public Limit Or(CancellationToken caller) => new(IsNever ? Timeout.InfiniteTimeSpan : Pause.Timer(Left), _time, caller);
}
