using Prestop.Core;
using Prestop.Linux.Files;
using Prestop.Linux.Processes;
using Prestop.Options;

namespace Prestop.Install;

/// <summary>
/// <c>prestop install DIR</c>: the program copies itself into a volume, so that an init container can hand it to an image that
/// cannot be rebuilt.
/// </summary>
internal static class Installation
{
    private const string FileName = "prestop";
    private const string NoDirectory = "no such directory; mount a volume there";

    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Copies. The file appears whole or not at all: a pod that restarts may be running the old one.</summary>
    /// <param name="invocation">An existing directory, and whether to copy at all.</param>
    /// <param name="loop">Holds SIGTERM and SIGINT back until the copy is done or given up.</param>
    /// <returns>The exit code.</returns>
    public static int Run(Invocation.Install invocation, MainLoop loop)
    {
        var directory = invocation.Directory;
        var target = Path.Join(directory, FileName);
        try
        {
            if (invocation.DryRun)
            {
                return Directory.Exists(directory) ? Output.Print($"would install {target}\n") : Fail(directory, NoDirectory);
            }

            WholeFile.Copy("/proc/self/exe", target, Executable);
            return Output.Print($"{target}\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last is what .NET makes of EFBIG: the process may not write files of this size.
            return Fail(directory, ReasonFor(failure, directory));
        }
        finally
        {
            loop.Release();
        }
    }

    private static int Fail(string directory, string reason)
    {
        Output.Complain($"'{directory}': {reason}");
        return ExitCodes.Broken;
    }

    private static string ReasonFor(Exception failure, string directory) => failure switch
    {
        _ when !Directory.Exists(directory) => NoDirectory,
        FileNotFoundException or DirectoryNotFoundException => "this program cannot read itself; it needs /proc and a file that its user may read",
        UnauthorizedAccessException => "this user may not write there; use a writable volume",
        _ => "cannot be written; use a writable volume with 10 MB free",
    };
}
