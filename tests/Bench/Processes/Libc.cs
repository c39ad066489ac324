using System.Runtime.InteropServices;

namespace Bench.Processes;

/// <summary>The C library calls that .NET has no API for.</summary>
internal static unsafe partial class Libc
{
    public const int ReadWrite = 2;         // O_RDWR
    public const int CloseOnExec = 0x80000; // O_CLOEXEC
    public const int Terminate = 15;        // SIGTERM
    public const int Interrupted = 4;       // EINTR

    public const int NewNetwork = 0x40000000; // CLONE_NEWNET

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int namespaces);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    public static partial int EnterNamespace(int descriptor, int kind);

    /// <summary>clock_getcpuclockid(3); returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "clock_getcpuclockid")]
    public static partial int FindProcessorClock(int process, out int clock);

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ReadClock(int clock, out ClockTime time);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Wait(int process, out int status, int options);

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    public static partial int Spawn(out int process, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitialiseActions(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(void* actions, int source, int target);

    /// <summary>struct timespec of 64-bit Linux.</summary>
    public struct ClockTime
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
