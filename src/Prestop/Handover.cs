using Prestop.Core;
using Prestop.Linux.Processes;
using Prestop.Options;

namespace Prestop;

/// <summary>COMMAND takes this process's place, so that its signals, its output and its exit code are its own.</summary>
internal static class Handover
{
    /// <summary>Executes a command. Returns only when that failed.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="log">Where the failure is told too.</param>
    /// <returns>The exit code that says why it failed.</returns>
    public static int To(IReadOnlyList<string> command, LogSettings log)
    {
        (var code, var reason) = Exec.Replace(command) switch
        {
            ExecFailure.NotFound => (ExitCodes.CommandNotFound, "not found; give a path, or a name in PATH"),
            ExecFailure.LoaderNotFound => (ExitCodes.CommandNotFound, "its interpreter or loader is not in this image; use a static program"),
            ExecFailure.NotPermitted => (ExitCodes.CommandNotExecutable, "may not be executed; check that it is a file and its mode"),
            ExecFailure.Busy => (ExitCodes.CommandNotExecutable, "open for writing, so it may not be executed; let whoever writes it close it first"),
            ExecFailure.WrongFormat => (ExitCodes.CommandNotExecutable, "not a program for this machine; check its architecture, or a script's first line"),
            _ => (ExitCodes.CommandNotExecutable, "cannot be executed; check the size of its arguments and the memory limit"),
        };
        Output.Complain($"'{command[0]}': {reason}", log.ToFirstProcess);
        return code;
    }
}
