using Prestop.Linux.Processes;
using Prestop.Linux.Streams;
using Prestopd.Controller;
using Prestopd.Controller.Audit;
using Prestopd.Elb;
using Prestopd.Hosting;
using Prestopd.Sidecar;

namespace Prestopd;

internal static class Program
{
    /// <summary>The commands, in the order of help, README and man page.</summary>
    public static CommandTable Commands { get; } = new([SidecarCommand.Specification, ElbCommand.Specification, ElbWaitCommand.Specification, ControllerCommand.Specification, AuditCommand.Specification]);

    private static async Task<int> Main(string[] words)
    {
        StandardStreams.HoldClosed();
        var signals = new ShutdownSignals();
        NameServices.KeepToFilesAndDns();
        return await Commands.RunAsync(words, signals);
    }
}
