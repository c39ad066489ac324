using System.Net;
using System.Net.Sockets;
using Bench.Figures;
using Bench.Processes;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>What it costs <c>prestop</c> to go on waiting, scheme by scheme, for what does not come.</summary>
internal static class SchemeSection
{
    /// <summary>For a minute, which is what <see cref="LongRun"/> measures.</summary>
    private static TimeSpan IdleProcessorTime { get; } = TimeSpan.FromMilliseconds(100);

    public static Section Measure(TemporaryFolder folder)
    {
        var span = TimeSpan.FromSeconds(LongRun.IsAsked ? 60 : 10);

        using var entered = NetworkNamespace.TryEnter();
        using var closedPort = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closedPort.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen: refused, for as long as it is bound
        using var quiet = new LoopbackConnections(1);
        using var server = new WaitServer();
        using var certificate = CertificateMaker.SelfSigned("127.0.0.1", IPAddress.Loopback);
        using var https = new WaitServer(certificate);
        using var kubernetes = new EndpointsServer(certificate);
        var authority = folder["ca.pem"];
        File.WriteAllText(authority, certificate.ExportCertificatePem());
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
            Waiting("idle://, a request a second", "--quiet-unseen", "1h", $"idle://:{new Uri(busy.AtOnce).Port}"),
            Waiting("closed://, an open connection", $"closed://:{quiet.Port}"),
            Waiting("https://, answered 503", "--cacert", authority, https.NotYet),
            new Wait($"endpoints://, ready as one of {EndpointsServer.Endpoints:N0}", InPod(kubernetes, authority, "endpoints://web")),
        };

        List<Row> measured;
        try
        {
            UntilAsleep();
            var starts = ProcessorTimes();
            Thread.Sleep(span);
            var ends = ProcessorTimes();
            UntilAsleep(); // and not at an end
            measured = [.. waits.Zip(starts, ends).Select(row => new Row(row.First.Name, row.Second, row.Third - row.Second, row.First.Process.PeakResident))];
        }
        finally
        {
            Array.ForEach(waits, wait => wait.Process.Dispose());
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
        if (!LongRun.IsAsked)
        {
            table.Explain($"{LongRun.Variable}=1 measures a minute, and holds idle:// to its goal.");
        }

        List<Goal> goals =
        [
            Goal.Bytes("prestop, highest peak Rss without TLS", measured.Where(row => !row.UsesTls).Max(row => row.Peak), MemoryBudget.Plain),
            Goal.Bytes("prestop, highest peak Rss with TLS", measured.Where(row => row.UsesTls).Max(row => row.Peak), MemoryBudget.Tls),
        ];
        if (LongRun.IsAsked)
        {
            goals.AddRange(measured.Where(row => row.Watches).Select(row => Goal.Time($"{row.Name}: CPU in a minute", row.After, IdleProcessorTime)));
        }

        return new Section(table, goals);

        void UntilAsleep() => Array.ForEach(waits, wait => wait.Process.UntilAsleep());

        List<TimeSpan> ProcessorTimes() => [.. waits.Select(wait => wait.Process.ProcessorTime)];
    }

    private static Wait Waiting(string name, params string[] arguments) => new(name, new Command(Repository.Published("prestop"), ["--max", "1h", .. arguments]));

    /// <summary>prestop with a service account, which it looks for at one place only: put there in a mount namespace of its own.</summary>
    private static Command InPod(EndpointsServer server, string authority, string step) => new(
        SystemProgram.Find("unshare", "util-linux"), "--map-root-user", "--mount", "sh", "-c",
        """
        mount -t tmpfs none /run && account=/run/secrets/kubernetes.io/serviceaccount && mkdir -p $account &&
        cp "$1" $account/ca.crt && echo token >$account/token && echo shop >$account/namespace && exec "$0" --max 1h "$2"
        """,
        Repository.Published("prestop"), authority, step)
    {
        Variables = [$"POD_IP={EndpointsServer.PodAddress}", "KUBERNETES_SERVICE_HOST=127.0.0.1", $"KUBERNETES_SERVICE_PORT={server.Port}"],
    };

    private sealed class Wait(string name, Command command)
    {
        public string Name { get; } = name;

        public WaitingProcess Process { get; } = WaitingProcess.Start(command);
    }

    private sealed record Row(string Name, TimeSpan Start, TimeSpan After, long Peak)
    {
        public bool UsesTls => Name.StartsWith("https", StringComparison.Ordinal) || Name.StartsWith("endpoints", StringComparison.Ordinal);

        public bool Watches => Name.StartsWith("idle", StringComparison.Ordinal);
    }
}
