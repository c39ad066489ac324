using System.Text;

namespace Prestop.Report;

/// <summary>How many columns of a terminal characters take.</summary>
internal static class Columns
{
    // Blocks of East Asian Wide and Fullwidth (Unicode, UAX #11), and pictographs, which terminals show wide.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
        (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    // Blocks of combining marks, and what has no width by itself: joiners, directions, variation selectors.
    private static readonly (int First, int Last)[] None =
    [
        (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
    ];

    /// <summary>As much of a text as fits.</summary>
    /// <param name="text">A line without control characters.</param>
    /// <param name="columns">The room for it.</param>
    public static string Cut(string text, int columns)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            columns -= IsIn(Wide, rune) ? 2 : IsIn(None, rune) ? 0 : 1;
            if (columns < 0)
            {
                return text[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return text;
    }

    private static bool IsIn((int First, int Last)[] blocks, Rune rune)
    {
        foreach (var (first, last) in blocks)
        {
            if (rune.Value >= first && rune.Value <= last)
            {
                return true;
            }
        }

        return false;
    }
}
