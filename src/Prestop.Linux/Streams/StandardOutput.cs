using System.Runtime.InteropServices;
using System.Text;

namespace Prestop.Linux.Streams;

/// <summary>What a user asked to read: help, a version, a plan. Written whole or reported as failed.</summary>
public static partial class StandardOutput
{
    private const int EINTR = 4;

    /// <summary>Writes a text.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>False when it could not be written to the end.</returns>
    public static unsafe bool TryWrite(string text)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        while (rest.Length > 0)
        {
            fixed (byte* start = rest)
            {
                var written = write(1, start, (nuint)rest.Length);
                if (written < 0 && Marshal.GetLastPInvokeError() != EINTR)
                {
                    return false;
                }

                rest = rest[(int)Math.Max(written, 0)..];
            }
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nuint count);
}
