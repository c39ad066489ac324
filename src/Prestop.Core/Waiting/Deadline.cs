namespace Prestop.Core.Waiting;

/// <summary>A moment on the monotonic clock after which nothing is waited for.</summary>
public sealed class Deadline
{
    /// <summary>
    /// A deadline further away than this (49.7 days) is no deadline: it is the longest a .NET timer can run, and longer
    /// than any pod's grace period.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

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

    /// <summary>Joins the deadline and the caller's own token; see <see cref="Limit"/>.</summary>
    /// <param name="caller">The caller's way to call the wait off.</param>
    public Limit Or(CancellationToken caller) => new(IsNever ? Timeout.InfiniteTimeSpan : Left, _time, caller);
}
