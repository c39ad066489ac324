using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Prestop.Linux.Files;

/// <summary>Files that appear whole or not at all.</summary>
public static partial class WholeFile
{
    private const int O_WRONLY = 1;
    private const int O_CLOEXEC = 0x80000;
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_FOLLOW = 0x400;
    private const int PieceSize = 64 * 1024;

    // O_TMPFILE contains O_DIRECTORY, whose bit is another one on arm64 (asm/fcntl.h).
    private static readonly int O_TMPFILE = 0x400000 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 0x4000 : 0x10000);

    /// <summary>
    /// Copies a file in place of another or of none. Until the copy is whole it has no name, where the file system can do that (O_TMPFILE of
    /// open(2)): even a kill leaves nothing behind.
    /// </summary>
    /// <param name="source">An existing file.</param>
    /// <param name="target">Its new place, in an existing folder; a symbolic link there is replaced, not followed.</param>
    /// <param name="mode">The copy's mode.</param>
    /// <exception cref="IOException">It cannot be read, or the copy cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not do it.</exception>
    public static void Copy(string source, string target, UnixFileMode mode)
    {
        // Pods may share the folder, and be process 1 each: the process number does not tell them apart.
        var unfinished = $"{target}.{Random.Shared.NextInt64():x}";
        using var from = File.OpenHandle(source);
        using var unnamed = CreateUnnamed(Path.GetDirectoryName(target)!);
        try
        {
            using var to = unnamed.IsInvalid ? File.OpenHandle(unfinished, FileMode.CreateNew, FileAccess.Write) : unnamed;
            CopyBytes(from, to);
            File.SetUnixFileMode(to, mode);
            if (!unnamed.IsInvalid && linkat(AT_FDCWD, $"/proc/self/fd/{to.DangerousGetHandle()}", AT_FDCWD, unfinished, AT_SYMLINK_FOLLOW) != 0)
            {
                throw new IOException($"linkat: {Marshal.GetLastPInvokeError()}");
            }

            File.Move(unfinished, target, overwrite: true);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }
    }

    private static SafeFileHandle CreateUnnamed(string folder) =>
        new(open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite)), ownsHandle: true);

    private static void CopyBytes(SafeFileHandle from, SafeFileHandle to)
    {
        var piece = new byte[PieceSize];
        for (long copied = 0; RandomAccess.Read(from, piece, copied) is > 0 and var length; copied += length)
        {
            RandomAccess.Write(to, piece.AsSpan(0, length), copied);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be written cannot be deleted either, and the first reason is the one to tell.
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromFolder, string from, int toFolder, string to, int flags);
}
