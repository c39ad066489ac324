using System.Text;

namespace Prestop.Core.Messages;

/// <summary>
/// Text that others wrote as part of one line for people: nothing in it ends the line, moves the cursor or turns the reading direction, so that
/// nobody writes lines of their own.
/// </summary>
public static class OneLine
{
    /// <summary>The text with what cannot stand in a line as an escape: <c>\n</c>, <c>\t</c>, <c>\x1b</c>, <c>\u2028</c>.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text) => Replace(text, static symbol => symbol switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        < '\u0100' => $@"\x{(int)symbol:x2}",
        _ => $@"\u{(int)symbol:x4}",
    });

    /// <summary>A decoded path with what cannot stand in a line encoded again, as in a URL: <c>%0A</c>.</summary>
    /// <param name="path">The path.</param>
    public static string OfPath(string path) => Replace(path, static symbol => Uri.EscapeDataString(symbol.ToString()));

    /// <summary>A server's words, with white space and what cannot stand in a line as single blanks, cut where they are too long.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="longest">The most characters to keep.</param>
    public static string Quote(string text, int longest = 300)
    {
        var line = new StringBuilder();
        foreach (var symbol in text)
        {
            if (!char.IsWhiteSpace(symbol) && !CannotStand(symbol))
            {
                line.Append(symbol);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }

            if (line.Length > longest)
            {
                return line.ToString(0, longest) + "…";
            }
        }

        return line.ToString().TrimEnd();
    }

    private static string Replace(string text, Func<char, string> replace)
    {
        var line = new StringBuilder(text.Length);
        foreach (var symbol in text)
        {
            if (CannotStand(symbol))
            {
                line.Append(replace(symbol));
            }
            else
            {
                line.Append(symbol);
            }
        }

        return line.ToString();
    }

    /// <summary>Controls, the two line separators of Unicode, and its overrides of the reading direction (UAX #9, section 2).</summary>
    private static bool CannotStand(char symbol) =>
        char.IsControl(symbol) || symbol is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
