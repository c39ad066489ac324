using Prestop.Install;
using Prestop.Linux.Processes;
using Prestop.Linux.Streams;
using Prestop.Options;

namespace Prestop;

internal static class Program
{
    private static int Main(string[] words)
    {
        StandardStreams.HoldClosed();
        Allocator.KeepOneArena();
        NameServices.KeepToFilesAndDns();
        using var loop = new MainLoop();
        return InvocationReader.Read(Arguments.Exact(words), Variables.Find, loop.Time) switch
        {
            Invocation.Print print => Output.Print(print.Text),
            Invocation.Install install => Installation.Run(install, loop),
            Invocation.Wait { DryRun: true } wait => Prestop.DryRun.Of(wait),
            Invocation.Wait wait => Waiting.Run(wait, loop),
            Invocation.Refusal refusal => Output.Refuse(refusal),
            var other => throw new InvalidOperationException($"an invocation of no known kind: {other}"),
        };
    }
}
