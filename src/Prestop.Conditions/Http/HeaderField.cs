using System.Buffers;

namespace Prestop.Conditions.Http;

/// <summary>A header field of a request, or the wish not to send one that would be sent by itself.</summary>
public sealed class HeaderField
{
    private static readonly SearchValues<char> InToken = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private HeaderField(string name, string? value) => (Name, Value) = (name, value);

    /// <summary>A token (RFC 9110 section 5.6.2).</summary>
    public string Name { get; }

    /// <summary>Printable ASCII; null: the field is not sent.</summary>
    public string? Value { get; }

    /// <summary>Reads a field as curl's <c>-H</c> has it: <c>Name: value</c>; <c>Name;</c> is sent empty, and <c>Name:</c> takes out the field of that name.</summary>
    /// <param name="text">A field; blanks around its value do not count.</param>
    /// <returns>The field, or null when the text is none.</returns>
    public static HeaderField? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return text.EndsWith(';') && IsToken(text[..^1]) ? new(text[..^1], "") : null;
        }

        var value = text[(colon + 1)..].Trim();
        return IsToken(text[..colon]) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? new(text[..colon], value.Length == 0 ? null : value) : null;
    }

    /// <summary>Whether a text is a token, as a field's name and a request's method are.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(InToken);

    /// <summary>Whether this is the field of a name, in any case.</summary>
    /// <param name="name">The name.</param>
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
