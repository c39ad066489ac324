using Prestop.Testing;

namespace Bench.Processes;

/// <summary>How many system calls a program makes, all its threads and children together, its exec and its exit included.</summary>
internal static class SystemCalls
{
    /// <summary>Counts by strace; the median of three runs, since threads race.</summary>
    public static int Of(Command command, TemporaryFolder folder)
    {
        var log = folder["strace"];
        var traced = new Command(SystemProgram.Find("strace", "strace"), ["-f", "-qq", "-o", log, "--", .. command.Words]) { Variables = command.Variables };
        return Enumerable.Range(0, 3).Select(_ =>
        {
            traced.Run();
            return File.ReadLines(log).Count(IsCall);
        }).Order().ElementAt(1);
    }

    /// <summary>"PID name(…) = result", and not the second half of a call that another thread's interrupted, nor a signal.</summary>
    private static bool IsCall(string line) =>
        line[line.IndexOf(' ', StringComparison.Ordinal)..].TrimStart() is not (['<', ..] or ['-', ..] or ['+', ..] or []);
}
