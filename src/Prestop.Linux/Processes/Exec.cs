using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>Why a program could not take this process's place.</summary>
public enum ExecFailure
{
    /// <summary>There is no such file, in PATH or at the given path.</summary>
    NotFound,

    /// <summary>The file is there, and the interpreter or loader that it names is not.</summary>
    LoaderNotFound,

    /// <summary>The file is there and may not be executed.</summary>
    NotPermitted,

    /// <summary>The file is there, and somebody has it open to write it.</summary>
    Busy,

    /// <summary>The file is there and is no program for this machine.</summary>
    WrongFormat,

    /// <summary>The kernel refused for another reason: arguments too long, no memory.</summary>
    Other,
}

/// <summary>execve(2), with PATH searched as execvp(3) does. Unlike it, it does not hand to a shell what is no program.</summary>
public static partial class Exec
{
    private const int ENOENT = 2;
    private const int ENOEXEC = 8;
    private const int EACCES = 13;
    private const int ENOTDIR = 20;
    private const int ETXTBSY = 26;
    private const int SIGPIPE = 13;
    private const nint SIG_DFL = 0;

    /// <summary>Where to search without PATH: what confstr(3) says of glibc and musl.</summary>
    private const string UsualPath = "/bin:/usr/bin";

    /// <summary>
    /// Puts another program in this process's place, with the same environment, directory and open standard streams.
    /// Returns only when that failed.
    /// </summary>
    /// <param name="command">
    /// The program, searched in PATH when it has no slash, and its arguments; what is not UTF-8 in them as <see cref="ByteText"/> has it.
    /// </param>
    public static ExecFailure Replace(IReadOnlyList<string> command)
    {
        // The runtime ignores SIGPIPE, and what is ignored stays so across execve (signal(7)): the command would never
        // die of a closed pipe as it does when a shell starts it.
        var ofPipe = signal(SIGPIPE, SIG_DFL);
        var failure = Execute(command);
        signal(SIGPIPE, ofPipe);
        return failure;
    }

    private static unsafe ExecFailure Execute(IReadOnlyList<string> command)
    {
        var arguments = new byte*[command.Count + 1];
        for (var i = 0; i < command.Count; i++)
        {
            arguments[i] = Copy(command[i]);
        }

        var failure = ExecFailure.NotFound;
        foreach (var file in Candidates(command[0]))
        {
            switch (Execute(file, arguments))
            {
                case ENOENT or ENOTDIR when File.Exists(file):
                    // ENOENT for a file that is there: a dynamic program in an image without its libc.
                    return ExecFailure.LoaderNotFound;
                case ENOENT or ENOTDIR:
                    break;
                case EACCES:
                    failure = ExecFailure.NotPermitted;
                    break;
                case ETXTBSY:
                    return ExecFailure.Busy;
                case ENOEXEC:
                    return ExecFailure.WrongFormat;
                default:
                    return ExecFailure.Other;
            }
        }

        return failure;
    }

    private static unsafe int Execute(string file, byte*[] arguments)
    {
        fixed (byte** first = arguments)
        {
            var path = Copy(file);
            execv(path, first);
            var error = Marshal.GetLastPInvokeError();
            NativeMemory.Free(path);
            return error;
        }
    }

    private static unsafe byte* Copy(string text)
    {
        var bytes = ByteText.Encode(text);
        var copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }

    private static IEnumerable<string> Candidates(string program)
    {
        if (program.Length == 0)
        {
            return [];
        }

        return program.Contains('/', StringComparison.Ordinal)
            ? [program]
            : (Environment.GetEnvironmentVariable("PATH") ?? UsualPath).Split(':').Select(folder => folder.Length == 0 ? $"./{program}" : $"{folder}/{program}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int execv(byte* file, byte** arguments);

    [LibraryImport("libc")]
    private static partial nint signal(int signal, nint handler);
}
