namespace Prestop.Linux.Files;

/// <summary>Files that somebody names and that are read whole: no pipe, no device, nothing without an end.</summary>
public static class SmallFile
{
    /// <summary>Reads a file; symbolic links are followed.</summary>
    /// <param name="path">A path, absolute or not.</param>
    /// <param name="longest">The most bytes that it may have.</param>
    /// <param name="read">Reads it.</param>
    /// <returns>Null, or why it could not be read, to be followed by the fix.</returns>
    public static string? Read(string path, int longest, Action<Stream> read)
    {
        try
        {
            if (path.Length == 0 || Directory.Exists(path))
            {
                return "not a file";
            }

            // Pipes and devices have no length; opening or reading one could take for ever. A link has one of its own, and .NET does not find
            // the target of one that is named without its directory.
            var full = Path.GetFullPath(path);
            if (((FileInfo?)File.ResolveLinkTarget(full, returnFinalTarget: true) ?? new FileInfo(full)).Length is var length && (length == 0 || length > longest))
            {
                return $"not a file of 1 to {longest} bytes";
            }

            using var file = File.OpenRead(full);
            read(file);
            return null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return "no such file";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "cannot be read by this user";
        }
    }
}
