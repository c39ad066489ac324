using System.Globalization;

namespace Prestopd.Sidecar;

/// <summary>Lengths of time as Go prints them, which is how the original's bodies and log lines have them.</summary>
internal static class GoDuration
{
    /// <summary><c>1h0m0s</c>, <c>1m30s</c>, <c>6s</c>, <c>1.5s</c>, <c>100ms</c>, <c>0s</c>.</summary>
    /// <param name="length">Zero or more; <see cref="TimeSpan.MaxValue"/> is <c>inf</c>.</param>
    public static string Text(TimeSpan length)
    {
        if (length == TimeSpan.MaxValue)
        {
            return "inf";
        }

        if (length > TimeSpan.Zero && length < TimeSpan.FromSeconds(1))
        {
            return length.Ticks >= TimeSpan.TicksPerMillisecond
                ? Fraction(length.Ticks, TimeSpan.TicksPerMillisecond, "ms")
                : Fraction(length.Ticks, TimeSpan.TicksPerMicrosecond, "µs");
        }

        var (minutes, rest) = long.DivRem(length.Ticks, TimeSpan.TicksPerMinute);
        var seconds = Fraction(rest, TimeSpan.TicksPerSecond, "s");
        return minutes switch
        {
            0 => seconds,
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h{minutes % 60}m{seconds}"),
        };
    }

    private static string Fraction(long ticks, long unit, string name) =>
        ((decimal)ticks / unit).ToString("0.#######", CultureInfo.InvariantCulture) + name;
}
