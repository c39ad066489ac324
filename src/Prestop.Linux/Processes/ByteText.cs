using System.Runtime.InteropServices;
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

/// <summary>The arguments of this process, byte for byte.</summary>
public static class Arguments
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The arguments with the bytes that .NET replaced because they are no UTF-8; see <see cref="ByteText"/>. They are read
    /// again from /proc; where that is not mounted they stay replaced.
    /// </summary>
    /// <param name="words">The arguments as <c>Main</c> has them.</param>
    public static string[] Exact(string[] words)
    {
        if (!Array.Exists(words, word => word.Contains(Replacement, StringComparison.Ordinal)))
        {
            return words;
        }

        byte[] line;
        try
        {
            line = File.ReadAllBytes("/proc/self/cmdline");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return words;
        }

        // Every argument ends with a NUL (proc(5)); the first is the program's own name.
        var exact = new List<string>(words.Length + 1);
        for (ReadOnlySpan<byte> rest = line; rest.IndexOf((byte)0) is >= 0 and var end; rest = rest[(end + 1)..])
        {
            exact.Add(ByteText.Decode(rest[..end]));
        }

        return exact.Count == words.Length + 1 ? [.. exact[1..]] : words;
    }
}

/// <summary>The environment variables of this process, byte for byte.</summary>
public static unsafe partial class Variables
{
    /// <summary>A variable's value; what is not UTF-8 in it as <see cref="ByteText"/> has it, where .NET would replace it.</summary>
    /// <param name="name">The variable's name.</param>
    /// <returns>The value, or null when the variable is not set.</returns>
    public static string? Find(string name)
    {
        var value = getenv(name);
        return value is null ? null : ByteText.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* getenv(string name);
}
