using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>Where the C library looks names up.</summary>
public static partial class NameServices
{
    /// <summary>
    /// In files and by DNS alone, whatever /etc/nsswitch.conf says: glibc would load the modules that the image names there, and with
    /// them the image's own C library into a static program. To be called before the first lookup.
    /// </summary>
    public static void KeepToFilesAndDns()
    {
        __nss_configure_lookup("hosts", "files dns");
        foreach (var database in (ReadOnlySpan<string>)["passwd", "group", "initgroups", "services"])
        {
            __nss_configure_lookup(database, "files");
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int __nss_configure_lookup(string database, string services);
}

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
