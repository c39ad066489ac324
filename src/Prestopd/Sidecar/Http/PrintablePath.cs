using System.Text;

namespace Prestopd.Sidecar;

/// <summary>Paths that can stand in a log line.</summary>
internal static class PrintablePath
{
    /// <summary>
    /// The decoded path with every control character, line separator and stray surrogate escaped as in a URL, so that no client can
    /// write log lines of its own.
    /// </summary>
    public static string Of(string path) => path.AsSpan().ContainsAnyExceptInRange(' ', '~') ? Escape(path) : path;

    private static string Escape(string path)
    {
        var text = new StringBuilder();
        foreach (var rune in path.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029)
            {
                text.Append(Uri.EscapeDataString(rune.ToString()));
            }
            else
            {
                text.Append(rune.ToString());
            }
        }

        return text.ToString();
    }
}
