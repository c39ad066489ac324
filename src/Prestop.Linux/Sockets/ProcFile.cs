using System.Buffers;

namespace Prestop.Linux.Sockets;

/// <summary>Reading the tables under /proc/net.</summary>
internal static class ProcFile
{
    /// <summary>Reads a file whose length nobody knows before.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ReadOnlySpan<byte> Read(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var text = new ArrayBufferWriter<byte>(16 * 1024);
            while (RandomAccess.Read(file, text.GetSpan(4096), text.WrittenCount) is > 0 and int length)
            {
                text.Advance(length);
            }

            return text.WrittenSpan;
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException($"{path}: permission denied");
        }
    }

    /// <summary>Takes the next field, which blanks end, off a line.</summary>
    /// <param name="line">What is left of the line.</param>
    public static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        var end = line.IndexOf((byte)' ');
        var field = end < 0 ? line : line[..end];
        line = line[field.Length..];
        return field;
    }
}
