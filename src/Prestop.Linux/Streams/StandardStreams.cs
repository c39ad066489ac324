using System.Runtime.InteropServices;
using System.Text;
using Prestop.Linux.Processes;

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

/// <summary>
/// Where log lines go. A line that cannot be written at once is dropped: nobody's full pipe, full disk or closed terminal
/// may hold up or change the end of a wait.
/// </summary>
public sealed partial class LogTarget
{
    private const int O_WRONLY = 1;
    private const int O_NOCTTY = 0x100;
    private const int O_APPEND = 0x400;
    private const int O_NONBLOCK = 0x800;
    private const int O_CLOEXEC = 0x80000;
    private const nuint TIOCGWINSZ = 0x5413;
    private const int UsualColumns = 80;

    private readonly int _descriptor;

    private LogTarget(int descriptor) => _descriptor = descriptor;

    /// <summary>This process's standard error.</summary>
    public static LogTarget StandardError { get; } = new(2);

    /// <summary>
    /// The standard error of the container's first process, which <c>kubectl logs</c> shows although a hook's own is kept
    /// from it (kubernetes/kubernetes#25766).
    /// </summary>
    /// <param name="isOwn">Whether that process is this one.</param>
    /// <param name="problem">Why nothing can be written there, where null is returned.</param>
    public static LogTarget? OpenFirstProcess(out bool isOwn, out string problem)
    {
        isOwn = false;
        if (FirstProcess.Find() is not { } process)
        {
            problem = "the container's first process may not be looked into; run as its user";
            return null;
        }

        isOwn = process == Environment.ProcessId;
        var path = $"/proc/{process}/fd/2";
        var file = FirstProcess.LinkAt(path);
        var descriptor = file is null or "/dev/null" ? -1 : open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        problem = file switch
        {
            null => "the container's first process has no standard error",
            "/dev/null" => "the container's first process has /dev/null as its standard error",
            _ => "the standard error of the container's first process cannot be opened; run as its user",
        };
        return descriptor < 0 ? null : new LogTarget(descriptor);
    }

    /// <summary>True when the stream is a terminal.</summary>
    public bool IsTerminal => isatty(_descriptor) == 1;

    /// <summary>The width of the terminal; 80 where it does not say.</summary>
    public unsafe int TerminalColumns
    {
        get
        {
            WindowSize size = default;
            return ioctl(_descriptor, TIOCGWINSZ, &size) == 0 && size.Columns > 0 ? size.Columns : UsualColumns;
        }
    }

    /// <summary>Writes the bytes as far as that can be done without waiting.</summary>
    /// <param name="line">
    /// Written in pieces of 4,096 bytes: so much is free in a pipe when poll(2) calls it writable (pipe(7), PIPE_BUF).
    /// </param>
    public unsafe void TryWrite(ReadOnlySpan<byte> line)
    {
        const int PipeBuffer = 4096;
        while (!line.IsEmpty)
        {
            if (!Poll.Until(_descriptor, Poll.Out, 0))
            {
                return;
            }

            fixed (byte* start = line)
            {
                var written = write(_descriptor, start, (nuint)Math.Min(line.Length, PipeBuffer));
                if (written <= 0)
                {
                    return;
                }

                line = line[(int)written..];
            }
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc")]
    private static unsafe partial int ioctl(int descriptor, nuint request, WindowSize* size);

    [LibraryImport("libc")]
    private static unsafe partial nint write(int descriptor, byte* bytes, nuint count);

    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelWidth;
        public ushort PixelHeight;
    }
}
