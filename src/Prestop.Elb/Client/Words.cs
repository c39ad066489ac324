namespace Prestop.Elb.Client;

/// <summary>Text that others wrote, fit for one line of a log.</summary>
internal static class Words
{
    private const int Longest = 400;

    /// <summary>The text with its white space and control characters as single blanks, cut where it is too long.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        var printable = string.Concat(text.Take(4 * Longest).Select(character => char.IsControl(character) ? ' ' : character));
        var line = string.Join(' ', printable.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}
