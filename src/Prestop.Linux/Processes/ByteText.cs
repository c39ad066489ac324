using System.Text;

namespace Prestop.Linux.Processes;

/// <summary>
/// Bytes of the kernel's as text and back without loss: what is not UTF-8 becomes lone surrogates, U+DC80 to U+DCFF, as Python's
/// PEP 383 has it. The kernel knows bytes only; a file's name or an argument need not be UTF-8.
/// </summary>
public static class ByteText
{
    private const int Escape = 0xDC00;

    /// <summary>Whether a text stands for bytes that are UTF-8.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsUtf8(string text)
    {
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) is not System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    /// <summary>The bytes as text.</summary>
    /// <param name="bytes">Any bytes.</param>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) is System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                length = 1;
                text.Append((char)(Escape + bytes[0]));
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a text that <see cref="Decode"/> made, or the UTF-8 of any other.</summary>
    /// <param name="text">Any text.</param>
    public static byte[] Encode(string text)
    {
        var bytes = new List<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) is System.Buffers.OperationStatus.Done;
            if (!isRune && rest[0] is >= (char)(Escape + 0x80) and <= (char)(Escape + 0xFF))
            {
                bytes.Add((byte)(rest[0] - Escape));
            }
            else
            {
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            }

            rest = rest[length..];
        }

        return [.. bytes];
    }
}
