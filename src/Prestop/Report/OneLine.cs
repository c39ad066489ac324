using System.Text;

namespace Prestop.Report;

/// <summary>Text of the user's as part of a line: control characters are shown, not carried out, so that a line stays one line.</summary>
internal static class OneLine
{
    /// <summary>The text with every control character as an escape: <c>\n</c>, <c>\t</c>, <c>\x1b</c>.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var line = new StringBuilder(text.Length + 8);
        foreach (var symbol in text)
        {
            line.Append(symbol switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when char.IsControl(symbol) => $@"\x{(int)symbol:x2}",
                _ => symbol.ToString(),
            });
        }

        return line.ToString();
    }
}
