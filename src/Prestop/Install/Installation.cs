using Prestop.Core;

namespace Prestop.Install;

/// <summary>
/// <c>prestop install DIR</c>: the program copies itself into a volume, so that an init container can hand it to an image that
/// cannot be rebuilt.
/// </summary>
internal static class Installation
{
    private const string FileName = "prestop";

    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Copies. The file appears whole or not at all: a pod that restarts may be running the old one.</summary>
    /// <param name="directory">An existing directory.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string directory)
    {
        var target = Path.Join(directory, FileName);

        // On a volume that pods share, the first process of each would be number 1: a number of this process does not tell them apart.
        var unfinished = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            File.Copy("/proc/self/exe", unfinished);
            File.SetUnixFileMode(unfinished, Executable);
            File.Move(unfinished, target, overwrite: true);
            return Answer.Print($"{target}\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last is what .NET makes of EFBIG: the process may not write files of this size.
            Remove(unfinished);
            Answer.Complain($"'{directory}': {ReasonFor(failure, directory)}");
            return ExitCodes.Broken;
        }
    }

    private static string ReasonFor(Exception failure, string directory) => failure switch
    {
        _ when !Directory.Exists(directory) => "no such directory; mount a volume there",
        FileNotFoundException or DirectoryNotFoundException => "this program cannot read itself; it needs /proc and a file that its user may read",
        UnauthorizedAccessException => "this user may not write there; use a writable volume",
        _ => "cannot be written; use a writable volume with 10 MB free",
    };

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be written cannot be deleted either, and the reason is being told already.
        }
    }
}
