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
        return RequestReader.Read(Arguments.Exact(words), Variables.Find, loop.Time) switch
        {
            Request.Print print => Answer.Print(print.Text),
            Request.Install install => Installation.Run(install, loop),
            Request.Wait { DryRun: true } wait => Prestop.DryRun.Of(wait),
            Request.Wait wait => Waiting.Run(wait, loop),
            Request.Refusal refusal => Answer.Refuse(refusal),
            var other => throw new InvalidOperationException($"a request of no known kind: {other}"),
        };
    }
}
