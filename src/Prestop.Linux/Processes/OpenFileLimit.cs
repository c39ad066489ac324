using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>How many files, sockets among them, this process may have open (RLIMIT_NOFILE of getrlimit(2)).</summary>
public static partial class OpenFileLimit
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>
    /// Raises the soft limit to the hard one, and returns it. The soft limit is 1024 for the sake of select(2), which .NET does not
    /// use (systemd, "File Descriptor Limits"); NativeAOT leaves it at that.
    /// </summary>
    public static int Raise()
    {
        if (getrlimit(RLIMIT_NOFILE, out var limit) != 0)
        {
            return 1024;
        }

        var raised = limit with { Soft = limit.Hard };
        if (limit.Soft < limit.Hard && setrlimit(RLIMIT_NOFILE, raised) == 0)
        {
            limit = raised;
        }

        return (int)Math.Min(limit.Soft, int.MaxValue);
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);

    // rlim_t is 64 bits wide on x86-64 and arm64.
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
