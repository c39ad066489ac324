using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>The C library's allocator, which OpenSSL and the runtime take their memory from.</summary>
public static partial class Allocator
{
    // M_ARENA_MAX of mallopt(3).
    private const int ArenaMax = -8;

    /// <summary>
    /// One arena for all threads from now on. glibc gives a thread an arena of its own as soon as it allocates: an attempt goes from
    /// thread to thread of the pool, and each arena would keep what the handshake needed once.
    /// </summary>
    public static void KeepOneArena() => _ = SetOption(ArenaMax, 1);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
