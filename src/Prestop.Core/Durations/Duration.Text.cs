using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Prestop.Core;

/// <content>Durations as strings, as <see cref="TimeSpan"/> and as values to compare.</content>
public readonly partial struct Duration : IEquatable<Duration>, IComparable<Duration>
{
    /// <summary>The longest text that <see cref="TryParse(ReadOnlySpan{char}, out Duration, out string?)"/> reads, in characters.</summary>
    public const int MaxTextLength = 4096;

    private const int NanosecondsPerTick = 100;
    private const long SecondsPerDay = 86_400;

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out Duration, out string?)"/>
    public static bool TryParse(string? text, out Duration value, [NotNullWhen(false)] out string? problem) =>
        TryParse(text.AsSpan(), out value, out problem);

    /// <summary>Reads <c>30</c>, <c>1.5h</c>, <c>1m30s</c>, <c>500ms</c>, <c>0x1p-3</c>, <c>infinity</c> or <c>PT1M30S</c>.</summary>
    /// <param name="text">The text, all of it; at most <see cref="MaxTextLength"/> characters.</param>
    /// <param name="value">The duration, rounded up to the nanosecond, or <see cref="Zero"/> when the text is not one.</param>
    /// <param name="problem">What to do about a text that is not a duration, as the end of a sentence: <c>write 1m30s</c>.</param>
    public static unsafe bool TryParse(ReadOnlySpan<char> text, out Duration value, [NotNullWhen(false)] out string? problem)
    {
        if (TryParse(text, out value))
        {
            problem = null;
            return true;
        }

        problem = DurationHint.For(text);
        return false;
    }

    internal static unsafe bool TryParse(ReadOnlySpan<char> text, out Duration value)
    {
        value = default;
        if (text.Length > MaxTextLength)
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(MaxTextLength)];
        var length = Encoding.UTF8.GetBytes(text, utf8);
        fixed (byte* start = utf8)
        {
            return TryParse(start, (nuint)length, out value);
        }
    }

    /// <summary>The same length as a duration.</summary>
    /// <param name="span">Zero or more; <see cref="TimeSpan.MaxValue"/> and <see cref="Timeout.InfiniteTimeSpan"/> mean for ever.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="span"/> is negative.</exception>
    public static Duration FromTimeSpan(TimeSpan span)
    {
        if (span == TimeSpan.MaxValue || span == Timeout.InfiniteTimeSpan)
        {
            return Forever;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        var (seconds, ticks) = long.DivRem(span.Ticks, TimeSpan.TicksPerSecond);
        return new(seconds, (uint)ticks * NanosecondsPerTick);
    }

    /// <summary>
    /// The same length in ticks of 100 ns, rounded up; <see cref="TimeSpan.MaxValue"/> when that is too small for it, or for ever.
    /// </summary>
    public TimeSpan ToTimeSpan()
    {
        var ticks = ((Int128)WholeSeconds * TimeSpan.TicksPerSecond) + ((Nanoseconds + NanosecondsPerTick - 1) / NanosecondsPerTick);
        return ticks < long.MaxValue ? new TimeSpan((long)ticks) : TimeSpan.MaxValue;
    }

    /// <summary>
    /// Days to seconds without the parts that are zero (<c>1m30s</c>, <c>1d0.5s</c>), below a second its largest whole unit
    /// (<c>500ms</c>, <c>1500us</c>), else <c>0s</c> or <c>infinity</c>. Exact: it reads back as the same duration.
    /// </summary>
    public override string ToString()
    {
        if (IsForever)
        {
            return "infinity";
        }

        if (_seconds == 0 && _nanoseconds != 0)
        {
            return SubSecond(_nanoseconds);
        }

        var text = new StringBuilder();
        Append(_seconds / SecondsPerDay, 'd');
        Append(_seconds / 3_600 % 24, 'h');
        Append(_seconds / 60 % 60, 'm');
        if (_nanoseconds != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{_seconds % 60}.{$"{_nanoseconds:D9}".TrimEnd('0')}s");
        }
        else
        {
            Append(_seconds % 60, 's');
        }

        return text.Length == 0 ? "0s" : text.ToString();

        void Append(long count, char unit)
        {
            if (count != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }
    }

    private static string SubSecond(uint nanoseconds) => nanoseconds switch
    {
        _ when nanoseconds % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000}ms"),
        _ when nanoseconds % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000}us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds}ns"),
    };

    /// <summary>Shorter before longer; nothing is longer than <see cref="Forever"/>.</summary>
    public int CompareTo(Duration other)
    {
        var seconds = _seconds.CompareTo(other._seconds);
        return seconds != 0 ? seconds : _nanoseconds.CompareTo(other._nanoseconds);
    }

    /// <inheritdoc/>
    public bool Equals(Duration other) => _seconds == other._seconds && _nanoseconds == other._nanoseconds;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Duration other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_seconds, _nanoseconds);

    /// <summary>Whether both are the same length.</summary>
    public static bool operator ==(Duration left, Duration right) => left.Equals(right);

    /// <summary>Whether the lengths differ.</summary>
    public static bool operator !=(Duration left, Duration right) => !left.Equals(right);

    /// <summary>Whether the left one is shorter.</summary>
    public static bool operator <(Duration left, Duration right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is longer.</summary>
    public static bool operator >(Duration left, Duration right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is not longer.</summary>
    public static bool operator <=(Duration left, Duration right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is not shorter.</summary>
    public static bool operator >=(Duration left, Duration right) => left.CompareTo(right) >= 0;
}
