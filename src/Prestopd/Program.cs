using System.CommandLine;
using Prestop.Core;
using Prestop.Linux.Processes;
using Prestop.Linux.Streams;
using Prestopd.Hosting;
using Prestopd.Sidecar;

StandardStreams.HoldClosed();
var signals = new ShutdownSignals();
NameServices.KeepToFilesAndDns();

var root = new RootCommand("Servers that help pods to end without losing a request.");
root.Subcommands.Add(SidecarCommand.Create(Environment.GetEnvironmentVariable, signals));

var arguments = root.Parse(args);
if (arguments.Errors.Count > 0)
{
    foreach (var error in arguments.Errors)
    {
        Console.Error.WriteLine($"prestopd: {error.Message}");
    }

    Console.Error.WriteLine("Try 'prestopd --help', or 'prestopd sidecar --help', for more information.");
    return ExitCodes.Usage;
}

// The servers own their signals: a drain ends when it is done, not two seconds after SIGTERM.
return await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
