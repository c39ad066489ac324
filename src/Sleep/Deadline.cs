using Prestop.Core;

namespace Sleep;

/// <summary>
/// A moment of the monotonic clock. Waiting for a moment, not for a length, makes stops and signals neither shorten nor lengthen it.
/// </summary>
internal unsafe struct Deadline
{
    private const int NanosecondsPerSecond = 1_000_000_000;

    private TimeSpec _moment;
    private bool _isNever;

    public static Deadline After(Duration duration)
    {
        TimeSpec now;
        LibC.ReadClock(LibC.ClockMonotonic, &now);

        Deadline deadline;
        deadline._isNever = duration.IsForever;
        deadline._moment.Nanoseconds = now.Nanoseconds + duration.Nanoseconds;
        var carry = deadline._moment.Nanoseconds >= NanosecondsPerSecond;
        if (carry)
        {
            deadline._moment.Nanoseconds -= NanosecondsPerSecond;
        }

        var seconds = (ulong)now.Seconds + (ulong)duration.WholeSeconds + (carry ? 1u : 0u);
        deadline._moment.Seconds = seconds > long.MaxValue ? long.MaxValue : (long)seconds;
        return deadline;
    }

    /// <summary>Returns the exit status: 0, or 1 after a complaint when there is no such clock.</summary>
    public readonly int Wait(byte* programName)
    {
        int error;
        fixed (TimeSpec* moment = &_moment)
        {
            do
            {
                error = LibC.SleepUntil(LibC.ClockMonotonic, LibC.TimerAbsolute, moment, null);
            }
            while (error == LibC.Interrupted || (error == 0 && _isNever));
        }

        return error == 0 ? 0 : Print.Failure(programName, "cannot read realtime clock"u8, error);
    }
}
