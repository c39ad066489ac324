using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>
/// Decides from readings of the socket table whether a quiet period is over. Knows no clock: times are given, counted from
/// the first reading. What happened before counts only where the kernel still tells of it, so a quiet period never begins
/// before the first reading.
/// </summary>
/// <param name="rule">What counts.</param>
/// <param name="quiet">The length of the quiet period.</param>
internal sealed class TrafficWatch(TrafficRule rule, TimeSpan quiet)
{
    /// <summary>Between two readings. What ended in between is known no better than that, and it ends the wait that much later.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The kernel counts ages in ticks: the coarsest are 10 ms (CONFIG_HZ=100), so an age may be that much too high.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    // No wait is longer, and sums of times must not overflow.
    private readonly TimeSpan _quiet = quiet < Deadline.Longest ? quiet : Deadline.Longest;

    private TimeSpan? _last;
    private int _connections;

    /// <summary>Takes in a reading.</summary>
    /// <param name="reading">What was read.</param>
    /// <param name="at">When, at the latest.</param>
    public void Note(TrafficReading reading, TimeSpan at)
    {
        if (reading.Age is { } age)
        {
            NoteAge(age, at);
        }

        if (reading.Depth is not ReadingDepth.Ended)
        {
            _connections = reading.Connections;
        }
    }

    /// <summary>True when nothing known so far stands against the end of the quiet period.</summary>
    /// <param name="now">The time.</param>
    public bool MayBeOver(TimeSpan now) => Left(now) <= TimeSpan.Zero;

    /// <summary>Judges by all readings so far.</summary>
    /// <param name="now">The time of the last reading.</param>
    public Observation Judge(TimeSpan now)
    {
        var left = Left(now);
        var seen = _last is { } last && now - last < _quiet;
        return new Observation(left <= TimeSpan.Zero ? Finding.Met : seen ? Finding.NotMet : Finding.Unclear, Words(now))
        {
            LookAgainIn = left <= TimeSpan.Zero ? null : left < Pace ? left : Pace,
            SeenDrifts = true,
            IsTooSoon = left > TimeSpan.Zero && !seen,
        };
    }

    private static string Seconds(TimeSpan span)
    {
        var tenths = Math.Max(span.Ticks, 0) / (TimeSpan.TicksPerSecond / 10);
        return $"{tenths / 10}.{tenths % 10} s";
    }

    /// <summary>What is left of the quiet period if nothing happens.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan Left(TimeSpan now) => (_last > TimeSpan.Zero ? _last.Value : TimeSpan.Zero) + _quiet - now;

    private void NoteAge(uint milliseconds, TimeSpan at)
    {
        var then = at - TimeSpan.FromMilliseconds(milliseconds) + Tick;
        then = then < at ? then : at;
        _last = _last > then ? _last : then;
    }

    private string Words(TimeSpan now)
    {
        var connections = _connections switch
        {
            0 => "no connection",
            1 => "1 connection",
            _ => $"{_connections} connections",
        };
        var last = _last is { } then ? $"{rule.Last} {Seconds(now - then)} ago" : $"{rule.None} for {Seconds(now)}";
        return $"{connections}, {last}";
    }
}
