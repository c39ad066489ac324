using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>Why a program could not take this process's place.</summary>
public enum ExecFailure
{
    /// <summary>There is no such file, in PATH or at the given path.</summary>
    NotFound,

    /// <summary>The file is there, and the interpreter or loader that it names is not.</summary>
    LoaderNotFound,

    /// <summary>The file is there and may not, or cannot, be executed.</summary>
    NotExecutable,
}

/// <summary>execve(2), with PATH searched as the POSIX shell does.</summary>
public static partial class Exec
{
    private const int ENOENT = 2;
    private const int ENOTDIR = 20;
    private const int SIGPIPE = 13;

    /// <summary>
    /// Puts another program in this process's place, with the same environment, directory and open standard streams.
    /// Returns only when that failed.
    /// </summary>
    /// <param name="command">The program, searched in PATH when it has no slash, and its arguments.</param>
    public static ExecFailure Replace(IReadOnlyList<string> command)
    {
        // The runtime ignores SIGPIPE, and what is ignored stays so across execve (signal(7)): the command would never
        // die of a closed pipe as it does when a shell starts it.
        signal(SIGPIPE, 0);

        string?[] arguments = [.. command, null];
        execvp(command[0], arguments);
        int error = Marshal.GetLastPInvokeError();
        if (error is not (ENOENT or ENOTDIR))
        {
            return ExecFailure.NotExecutable;
        }

        // execve(2) says ENOENT for a missing ELF interpreter too: a dynamic program in an image without its libc.
        return command[0].Contains('/', StringComparison.Ordinal) && File.Exists(command[0])
            ? ExecFailure.LoaderNotFound
            : ExecFailure.NotFound;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execvp(string file, string?[] arguments);

    [LibraryImport("libc")]
    private static partial nint signal(int signal, nint handler);
}
