using System.Globalization;

namespace Prestop.Conditions.Http;

/// <summary>A set of HTTP status codes, written as codes and ranges: <c>200-299,410</c>.</summary>
public sealed class StatusSet
{
    private readonly (int First, int Last)[] _ranges;

    private StatusSet((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>200 to 299.</summary>
    public static StatusSet Success { get; } = new([(200, 299)]);

    /// <summary>Reads a set. Codes run from 100 to 599; ranges may not run backwards.</summary>
    /// <param name="text">Codes and ranges with commas between them, no blanks.</param>
    /// <returns>The set, or null when the text is none.</returns>
    public static StatusSet? Parse(string text)
    {
        var parts = text.Split(',');
        var ranges = new (int First, int Last)[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var dash = parts[i].IndexOf('-', StringComparison.Ordinal);
            var first = dash < 0 ? parts[i] : parts[i].AsSpan(0, dash);
            var last = dash < 0 ? parts[i] : parts[i].AsSpan(dash + 1);
            if (!IsCode(first, out ranges[i].First) || !IsCode(last, out ranges[i].Last) || ranges[i].First > ranges[i].Last)
            {
                return null;
            }
        }

        return new StatusSet(ranges);
    }

    /// <summary>Whether a status is in the set.</summary>
    /// <param name="status">The status of a response.</param>
    public bool Contains(int status)
    {
        foreach ((var first, var last) in _ranges)
        {
            if (status >= first && status <= last)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsCode(ReadOnlySpan<char> text, out int code) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is >= 100 and <= 599;
}
