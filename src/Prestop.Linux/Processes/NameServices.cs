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
