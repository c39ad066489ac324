using System.Runtime.InteropServices;

namespace Prestop.Linux.Streams;

/// <summary>The three descriptors that a program is started with, or without.</summary>
public static partial class StandardStreams
{
    private const int O_PATH = 0x200000;
    private const int O_CLOEXEC = 0x80000;
    private const int LastStandard = 2;

    /// <summary>
    /// Keeps the numbers of closed streams from being given to other files: the pipe through which .NET hands signals to its
    /// thread would become number 2, and a log line in it a row of signals. What holds them reads and writes like a closed
    /// stream (EBADF, open(2), O_PATH), and is closed again in a program that is executed later.
    /// </summary>
    public static void HoldClosed()
    {
        int held;
        do
        {
            held = open("/", O_PATH | O_CLOEXEC);
        }
        while (held is >= 0 and < LastStandard);

        if (held > LastStandard)
        {
            _ = close(held);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
