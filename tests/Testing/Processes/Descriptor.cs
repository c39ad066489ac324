using System.Runtime.InteropServices;
using System.Text;

namespace Prestop.Testing;

/// <summary>An open file descriptor of the test process, never inherited unless a child is given it.</summary>
internal sealed class Descriptor : IDisposable
{
    // Above every number that a child is given (0 to 2 and bubblewrap's few): a dup2 can then never overwrite one still to be passed.
    private const int LowestNumber = 64;
    private const int DuplicateAtLeast = 1030; // F_DUPFD_CLOEXEC
    private int _number;

    private Descriptor(int number)
    {
        _number = Libc.Checked(Libc.Control(number, DuplicateAtLeast, LowestNumber), "fcntl");
        _ = Libc.Close(number);
    }

    public int Number => _number;

    public static Descriptor Open(string path) =>
        new(Libc.Checked(Libc.Open(path, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec), path));

    public static Descriptor OpenToRead(string path) => new(Libc.Checked(Libc.Open(path, Libc.CloseOnExec), path));

    public static unsafe (Descriptor Read, Descriptor Write) Pipe()
    {
        var ends = stackalloc int[2];
        Libc.Checked(Libc.Pipe(ends, Libc.CloseOnExec), "pipe2");
        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    /// <summary>A pipe that holds <paramref name="content"/> and then ends.</summary>
    public static Descriptor Holding(ReadOnlySpan<byte> content)
    {
        const int pipeCapacity = 65536; // pipe(7)
        if (content.Length > pipeCapacity)
        {
            throw new HarnessException($"{content.Length} bytes do not fit a pipe of {pipeCapacity}: give a file");
        }

        var (read, write) = Pipe();
        using (write)
        {
            write.WriteAll(content);
        }

        return read;
    }

    public static Descriptor Holding(string content) => Holding(Encoding.UTF8.GetBytes(content));

    /// <summary>A new terminal: the end that a test reads and the end that a program believes in.</summary>
    public static unsafe (Descriptor Test, Descriptor Program) Terminal()
    {
        var test = new Descriptor(Libc.Checked(
            Libc.OpenTerminal(Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec), "posix_openpt"));
        Libc.Checked(Libc.UnlockTerminal(test.Number), "unlockpt");
        var name = stackalloc byte[64];
        Libc.Checked(Libc.TerminalName(test.Number, name, 64), "ptsname_r");
        var program = Open(Encoding.UTF8.GetString(name, new ReadOnlySpan<byte>(name, 64).IndexOf((byte)0)));
        const nuint setWindowSize = 0x5414; // TIOCSWINSZ
        var size = stackalloc ushort[] { 24, 80, 0, 0 };
        Libc.Checked(Libc.DeviceControl(program.Number, setWindowSize, size), "TIOCSWINSZ");
        return (test, program);
    }

    /// <summary>Blocks until bytes are there; 0 at the end.</summary>
    public unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var length = Libc.Read(_number, start, (nuint)buffer.Length);
                if (length >= 0)
                {
                    return (int)length;
                }
                // The read end of a terminal answers EIO, not end of file, once nobody holds the other end (Linux, tty_io.c).
                if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                {
                    return 0;
                }
            }
        }
    }

    public void Dispose()
    {
        var number = Interlocked.Exchange(ref _number, -1);
        if (number >= 0)
        {
            _ = Libc.Close(number);
        }
    }

    private unsafe void WriteAll(ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            if (Libc.Write(_number, start, (nuint)content.Length) != content.Length)
            {
                throw Libc.Failure("write", Marshal.GetLastPInvokeError());
            }
        }
    }
}
