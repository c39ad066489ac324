using System.Text;

namespace Prestop.Core;

/// <summary>Guesses what was meant by a text that is not a duration, and says how to write it.</summary>
internal static class DurationHint
{
    private const string General = "write a number and a unit, such as 30s, 500ms or 1m30s";
    private const int LongestGuess = 64;

    public static string For(ReadOnlySpan<char> text)
    {
        if (text.Length > Duration.MaxTextLength)
        {
            return $"it has {text.Length} characters, at most {Duration.MaxTextLength} are read; write it shorter, such as 1m30s";
        }

        if (text.IsEmpty)
        {
            return "it is empty; " + General;
        }

        var trimmed = text.Trim();
        if (trimmed.IsEmpty)
        {
            return "it is blank; " + General;
        }

        if (trimmed[0] is '-' or '\u2212')
        {
            return "a duration cannot be negative; write 0 for none";
        }

        if (trimmed.TrimStart('+').StartsWith("nan", StringComparison.OrdinalIgnoreCase))
        {
            return "not a number has no length; " + General;
        }

        return trimmed.Length <= LongestGuess && (Unspaced(trimmed) ?? Clock(trimmed) ?? Words(trimmed)) is { } meant
            ? "write " + meant
            : General;
    }

    private static string? Unspaced(ReadOnlySpan<char> trimmed) => Accepted(trimmed.ToString());

    // 1:30 is minutes and seconds, 1:02:03 has hours in front.
    private static string? Clock(ReadOnlySpan<char> text)
    {
        if (!text.Contains(':'))
        {
            return null;
        }

        var parts = text.ToString().Split(':');
        if (parts.Length > 3)
        {
            return null;
        }

        var meant = new StringBuilder();
        for (var i = 0; i < parts.Length; i++)
        {
            var number = parts[i].TrimStart('0');
            if (number.Length != 0)
            {
                meant.Append(number.StartsWith('.') ? "0" : "").Append(number).Append("hms"[i + 3 - parts.Length]);
            }
        }

        return Accepted(meant.Length == 0 ? "0s" : meant.ToString());
    }

    // Numbers and words in turn: "5 sec", "5M", "1h30", "1,5", "2 Hours 5 minutes".
    private static string? Words(ReadOnlySpan<char> text)
    {
        var meant = new StringBuilder();
        string? previousUnit = null;
        while (!text.IsEmpty)
        {
            var number = text[..CountWhile(text, c => char.IsAsciiDigit(c) || c is '.' or ',' or '_')];
            text = text[number.Length..].TrimStart();
            var word = text[..CountWhile(text, c => char.IsLetter(c))];
            text = text[word.Length..].TrimStart();
            var unit = word.IsEmpty ? UnitBelow(previousUnit) : UnitNamed(word.ToString());
            if (number.IsEmpty || unit is null || (word.IsEmpty && !text.IsEmpty))
            {
                return null;
            }

            previousUnit = unit;
            meant.Append(number.ToString().Replace("_", "", StringComparison.Ordinal).Replace(',', '.')).Append(unit);
        }

        return Accepted(meant.ToString());
    }

    private static int CountWhile(ReadOnlySpan<char> text, Func<char, bool> condition)
    {
        var count = 0;
        while (count < text.Length && condition(text[count]))
        {
            count++;
        }

        return count;
    }

    private static string? UnitBelow(string? unit) => unit switch
    {
        null => "s",
        "d" => "h",
        "h" => "m",
        "m" => "s",
        "s" => "ms",
        _ => null,
    };

    private static string? UnitNamed(string word) => word.ToLowerInvariant() switch
    {
        "d" or "day" or "days" => "d",
        "h" or "hr" or "hrs" or "hour" or "hours" => "h",
        "m" or "min" or "mins" or "minute" or "minutes" => "m",
        "s" or "sec" or "secs" or "second" or "seconds" => "s",
        "ms" or "msec" or "msecs" or "millis" or "millisecond" or "milliseconds" => "ms",
        "us" or "\u03BCs" or "usec" or "usecs" or "micros" or "microsecond" or "microseconds" => "us",
        "ns" or "nsec" or "nsecs" or "nanos" or "nanosecond" or "nanoseconds" => "ns",
        _ => null,
    };

    private static string? Accepted(string meant) => Duration.TryParse(meant, out _) ? meant : null;
}
