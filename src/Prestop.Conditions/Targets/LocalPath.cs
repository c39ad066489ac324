using System.Text;

namespace Prestop.Conditions;

/// <summary>The path of <c>file:///path</c> and <c>unix:///path</c>, with %XX decoded.</summary>
internal static class LocalPath
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the path of a step. The host may be left out or be <c>localhost</c> (RFC 8089).</summary>
    /// <param name="text">The whole step, scheme included.</param>
    /// <param name="scheme">The scheme's name.</param>
    /// <param name="longest">The most bytes that a path can have.</param>
    /// <param name="problem">What is wrong, with the limit and the fix.</param>
    /// <returns>An absolute path, or null when there is a problem.</returns>
    public static string? Parse(string text, string scheme, int longest, out string problem)
    {
        const string localhost = "localhost";
        var rest = text.AsSpan(scheme.Length + "://".Length);
        if (rest.StartsWith(localhost, StringComparison.OrdinalIgnoreCase) && rest[localhost.Length..].StartsWith('/'))
        {
            rest = rest[localhost.Length..];
        }

        if (!rest.StartsWith('/'))
        {
            problem = $"'{text}': no absolute path; write {scheme}:///PATH, with three slashes";
            return null;
        }

        if (rest.IndexOfAny('?', '#') is >= 0 and int mark)
        {
            problem = $"'{text}': '{rest[mark]}' would end the path; write {(rest[mark] == '?' ? "%3F" : "%23")} where it is part of a name";
            return null;
        }

        if (!TryDecode(rest, out var path))
        {
            problem = $"'{text}': a percent sign stands before two hexadecimal digits, which make UTF-8 without NUL; write %25 for a percent sign";
            return null;
        }

        var length = Encoding.UTF8.GetByteCount(path);
        if (length > longest)
        {
            problem = $"'{text}': the path has {length} bytes; a {scheme}:// path holds at most {longest}";
            return null;
        }

        problem = "";
        return path;
    }

    private static bool TryDecode(ReadOnlySpan<char> text, out string path)
    {
        path = "";
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        while (!text.IsEmpty)
        {
            var percent = text.IndexOf('%');
            var plain = percent < 0 ? text : text[..percent];
            length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
            text = text[plain.Length..];
            if (text.IsEmpty)
            {
                break;
            }

            if (text.Length < 3 || !char.IsAsciiHexDigit(text[1]) || !char.IsAsciiHexDigit(text[2]))
            {
                return false;
            }

            bytes[length++] = Convert.FromHexString(text[1..3])[0];
            text = text[3..];
        }

        try
        {
            path = Strict.GetString(bytes, 0, length);
            return !path.Contains('\0', StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
