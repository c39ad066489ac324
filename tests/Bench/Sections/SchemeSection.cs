using System.Net;
using System.Net.Sockets;
using Bench.Figures;
using Bench.Processes;
using Bench.Servers;

namespace Bench.Sections;

/// <summary>What it costs <c>prestop</c> to go on waiting, scheme by scheme, for what does not come.</summary>
internal static class SchemeSection
{
    private const string LongRun = "PRESTOPSLEEP_BENCH_LONG";

    /// <summary>For a minute, which is what <see cref="LongRun"/> measures.</summary>
    private static TimeSpan IdleProcessorTime { get; } = TimeSpan.FromMilliseconds(100);

    public static Section Measure(TemporaryFolder folder)
    {
        var isLong = Environment.GetEnvironmentVariable(LongRun) == "1";
        var span = TimeSpan.FromSeconds(isLong ? 60 : 10);

        using var entered = NetworkNamespace.TryEnter();
        using var closedPort = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closedPort.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen: refused, for as long as it is bound
        using var quiet = new LoopbackConnections(1);
        using var server = new WaitServer();
        using var busy = new WaitServer();
        using var trickle = new Trickle(busy.AtOnce);
        var waits = new[]
        {
            Waiting("tcp://, refused", $"tcp://{closedPort.LocalEndPoint}"),
            Waiting("http://, answered 503", server.NotYet),
            Waiting("unix://, no such file", $"unix://{folder["missing.sock"]}"),
            Waiting("dns://, gone: of a name in /etc/hosts", "gone:dns://localhost"),
            Waiting("file://, no such file", $"file://{folder["missing"]}"),
            Waiting("idle://, an open connection, no traffic", "--quiet", "1h", $"idle://:{quiet.Port}"),
            Waiting("idle://, a request a second", $"idle://:{new Uri(busy.AtOnce).Port}"),
            Waiting("closed://, an open connection", $"closed://:{quiet.Port}"),
        };

        List<(string Name, TimeSpan Start, TimeSpan After, long Peak)> measured;
        try
        {
            UntilAsleep();
            var starts = ProcessorTimes();
            Thread.Sleep(span);
            var ends = ProcessorTimes();
            UntilAsleep(); // and not at an end
            measured = [.. waits.Zip(starts, ends).Select(row => (row.First.Name, row.Second, row.Third - row.Second, row.First.Process.PeakResident))];
        }
        finally
        {
            foreach (var (_, process) in waits)
            {
                process.Dispose();
            }
        }

        var table = new Table(
            $"prestop waits {span.TotalSeconds} s for what does not come",
            ("", ""), ("CPU of start", "ms"), ($"CPU in {span.TotalSeconds} s", "ms"), ("peak Rss", "KiB"));
        foreach (var row in measured)
        {
            table.Add(row.Name, Cell.Milliseconds(row.Start), Cell.Milliseconds(row.After), Cell.Kibibytes(row.Peak));
        }

        table.Explain($"All side by side, at the default interval, in {NetworkNamespace.NameOf(entered)}.");
        table.Explain("CPU: user and system time of all threads, by the process's CPU clock; of start: until all of them sleep; peak Rss: VmHWM.");
        if (!isLong)
        {
            table.Explain($"{LongRun}=1 measures a minute, and holds idle:// to its goal.");
        }

        return new Section(
            table,
            isLong ? [.. measured.Where(row => row.Name.StartsWith("idle://", StringComparison.Ordinal)).Select(Goal)] : []);

        void UntilAsleep()
        {
            foreach (var (_, process) in waits)
            {
                process.UntilAsleep();
            }
        }

        List<TimeSpan> ProcessorTimes() => [.. waits.Select(wait => wait.Process.ProcessorTime)];

        static Goal Goal((string Name, TimeSpan Start, TimeSpan After, long Peak) row) =>
            Figures.Goal.Time($"{row.Name}: CPU in a minute", row.After, IdleProcessorTime);
    }

    private static (string Name, WaitingProcess Process) Waiting(string name, params string[] arguments) =>
        (name, WaitingProcess.Start(new Command(Repository.Published("prestop"), ["--max", "1h", .. arguments])));
}
