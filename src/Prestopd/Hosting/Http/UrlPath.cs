using System.Text;

namespace Prestopd.Hosting;

/// <summary>The path of a URL as it is sent.</summary>
internal static class UrlPath
{
    /// <summary>Decodes escapes and changes nothing else. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The text; null when a percent sign is not followed by two hexadecimal digits.</returns>
    public static string? Decode(ReadOnlySpan<byte> path)
    {
        if (path.IndexOf((byte)'%') < 0)
        {
            return Encoding.UTF8.GetString(path);
        }

        var decoded = path.Length <= 512 ? stackalloc byte[512] : new byte[path.Length];
        var length = 0;
        for (var at = 0; at < path.Length; at++)
        {
            var next = path[at];
            if (next == '%')
            {
                if (at + 2 >= path.Length || !char.IsAsciiHexDigit((char)path[at + 1]) || !char.IsAsciiHexDigit((char)path[at + 2]))
                {
                    return null;
                }

                next = (byte)((Hex(path[at + 1]) << 4) | Hex(path[at + 2]));
                at += 2;
            }

            decoded[length++] = next;
        }

        return Encoding.UTF8.GetString(decoded[..length]);
    }

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
