using System.Runtime.InteropServices;

namespace Prestop.Linux.Files;

/// <summary>Whether something is at a path.</summary>
public enum FileFinding
{
    /// <summary>A file, directory, socket or device is there.</summary>
    Exists,

    /// <summary>Nothing is there; a symbolic link that leads nowhere is nothing.</summary>
    Absent,

    /// <summary>A directory on the way may not be searched.</summary>
    Forbidden,

    /// <summary>The kernel could not tell: an I/O error, a loop of links.</summary>
    Unclear,
}

/// <summary>Looking for files. <see cref="File.Exists"/> says no to everything that it cannot tell.</summary>
public static partial class FileSearch
{
    private const int F_OK = 0;
    private const int ENOENT = 2;
    private const int EACCES = 13;
    private const int ENOTDIR = 20;

    /// <summary>Looks at a path; symbolic links are followed, as <c>test -e</c> does.</summary>
    /// <param name="path">An absolute path.</param>
    public static FileFinding LookFor(string path) => access(path, F_OK) == 0
        ? FileFinding.Exists
        : Marshal.GetLastPInvokeError() switch
        {
            ENOENT or ENOTDIR => FileFinding.Absent,
            EACCES => FileFinding.Forbidden,
            _ => FileFinding.Unclear,
        };

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}
