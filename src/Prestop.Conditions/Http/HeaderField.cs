namespace Prestop.Conditions.Http;

/// <summary>A header field as it is written on a command line: <c>Name: value</c>.</summary>
public static class HeaderField
{
    /// <summary>Reads a field. Its name is a token (RFC 9110 section 5.6.2); its value has no line ends and no NUL.</summary>
    /// <param name="text">Name, colon, value; blanks around the value do not count.</param>
    /// <returns>Name and value, or null when the text is no field.</returns>
    public static KeyValuePair<string, string>? Parse(string text)
    {
        string name = NameOf(text);
        return name.Length > 0 && IsToken(name) && text.AsSpan().IndexOfAny('\r', '\n', '\0') < 0
            ? new(name, text[(name.Length + 1)..].Trim())
            : null;
    }

    /// <summary>What stands before the colon: the part of a field that is no secret.</summary>
    /// <param name="text">A field, or what should be one.</param>
    public static string NameOf(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? "" : text[..colon];
    }

    private static bool IsToken(string name)
    {
        foreach (char symbol in name)
        {
            if (!char.IsAsciiLetterOrDigit(symbol) && !"!#$%&'*+-.^_`|~".Contains(symbol, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
