using Prestop.Linux.Processes;
using Prestop.Linux.Streams;
using Prestopd.Elb;
using Prestopd.Hosting;
using Prestopd.Sidecar;

StandardStreams.HoldClosed();
var signals = new ShutdownSignals();
NameServices.KeepToFilesAndDns();
return await new CommandTable([SidecarCommand.Specification, ElbCommand.Specification, ElbWaitCommand.Specification]).RunAsync(args, signals);
