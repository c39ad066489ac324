namespace Prestop.Conditions.Http;

/// <summary>A header field as it is written on a command line: <c>Name: value</c>.</summary>
public static class HeaderField
{
    /// <summary>Reads a field. Its name is a token (RFC 9110 section 5.6.2); its value has no line ends and no NUL.</summary>
    /// <param name="text">Name, colon, value; blanks around the value do not count.</param>
    /// <returns>Name and value, or null when the text is no field.</returns>
    public static KeyValuePair<string, string>? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : text[..colon];
        return name.Length > 0 && IsToken(name) && text.AsSpan().IndexOfAny('\r', '\n', '\0') < 0
            ? new(name, text[(colon + 1)..].Trim())
            : null;
    }

    private static bool IsToken(string name)
    {
        foreach (var symbol in name)
        {
            if (!char.IsAsciiLetterOrDigit(symbol) && !"!#$%&'*+-.^_`|~".Contains(symbol, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
