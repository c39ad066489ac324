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

/// <summary>OpenSSL, which is linked into the programs and which .NET speaks TLS with.</summary>
public static partial class OpenSsl
{
    private const ulong OPENSSL_INIT_NO_LOAD_CONFIG = 0x80;
    private const ulong OPENSSL_INIT_NO_ATEXIT = 0x80000;

    /// <summary>
    /// It reads no configuration: OPENSSL_CONF, or openssl.cnf of the image, may name providers and engines, which it would load from there into a
    /// static program, with the image's own C library. And it does not clean up at exit, under a thread whose look nobody waits for. .NET asks for that
    /// too, but too late: the first call decides (OPENSSL_init_crypto(3)).
    /// </summary>
    public static void KeepFromConfigurationAndCleanUp() => _ = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, 0);

    [LibraryImport("libcrypto")]
    private static partial int OPENSSL_init_crypto(ulong options, nint settings);
}
