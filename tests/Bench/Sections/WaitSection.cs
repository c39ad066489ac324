using System.Net;
using Bench.Figures;
using Bench.Processes;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>What it costs to wait for an endpoint: <c>prestop</c> beside curl, which most images would need for it today.</summary>
internal static class WaitSection
{
    private const int Rounds = 150, LateRounds = 20, Attempts = 50;

    private static TimeSpan Limit { get; } = TimeSpan.FromSeconds(8);

    /// <summary>As where there is no CA store: .NET and OpenSSL look for one where these say, if they say anything.</summary>
    private static string[] EmptyImage { get; } = ["SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent"];

    public static Section Measure(TemporaryFolder folder)
    {
        using var certificate = CertificateMaker.SelfSigned("127.0.0.1", IPAddress.Loopback);
        var authority = folder["ca.pem"];
        File.WriteAllText(authority, certificate.ExportCertificatePem());
        using var http = new WaitServer();
        using var https = new WaitServer(certificate);

        var table = new Table(
            "wait for an endpoint on 127.0.0.1",
            ("", ""), ("file", "bytes"), ("+ libraries", "bytes"), ("median", "ms"), ("minimum", "ms"),
            ($"after {WaitServer.Lateness.TotalMilliseconds}", "ms"), ("hung Rss", "KiB"), ("polling Rss", "KiB"), ("system", "calls"),
            ("x curl:", "bytes"), ("", "time"), ("", "memory"));
        var plain = Compare(table, "http", http, [], [], folder);
        var bare = Compare(table, "https, empty image", https, ["--cacert", authority], EmptyImage, folder);
        var secure = Compare(table, "https, CA store", https, ["--cacert", authority], [], folder);
        table.Explain($"{Rounds} runs each, in turn, and {LateRounds} with a late answer; fewer where the machine needs longer than {Limit.TotalSeconds} s for them.");
        table.Explain("+ libraries: the file, its loader and every library that it maps; ratios of bytes are of this column. curl is run as `curl -fsS URL`.");
        table.Explain("https: both with `--cacert`; empty image: the system has no CA store; CA store: the one of this machine is there, and not asked for.");
        table.Explain("median, minimum: the server answers at once; after 100 ms: the median where it answers so late. Ratios of time are of the medians at once.");
        table.Explain("hung Rss: VmHWM of /proc/PID/status while the server hangs: request sent, nothing answered; the most of three.");
        table.Explain($"polling Rss: VmHWM after {Attempts} attempts, each answered 503 and closed: 25 s of waiting at the default interval.");
        return new Section(table,
        [
            Goal.Bytes("out/prestop, peak Rss on http, server hangs", plain.Hung, MemoryBudget.Plain),
            Goal.Bytes("out/prestop, peak Rss on http, polling", plain.Polling, MemoryBudget.Plain),
            Goal.Bytes("out/prestop, peak Rss on https, empty image, server hangs", bare.Hung, MemoryBudget.Tls),
            Goal.Bytes("out/prestop, peak Rss on https, empty image, polling", bare.Polling, MemoryBudget.Tls),
            Goal.Bytes("out/prestop, peak Rss on https, CA store, server hangs", secure.Hung, MemoryBudget.Tls),
            Goal.Bytes("out/prestop, peak Rss on https, CA store, polling", secure.Polling, MemoryBudget.Tls),
        ]);
    }

    private static (long Hung, long Polling) Compare(Table table, string scheme, WaitServer server, string[] options, string[] variables, TemporaryFolder folder)
    {
        var prestop = Repository.Published("prestop");
        var curl = SystemProgram.Find("curl", "curl");
        Subject[] subjects =
        [
            new($"out/prestop {scheme}", Prestop(server.AtOnce), Prestop(server.Never)) { Held = () => server.Held },
            new($"curl {scheme}", Curl(server.AtOnce), Curl(server.Never)) { Held = () => server.Held },
        ];
        var measured = Measurement.OfInterleaved(subjects, Rounds, Limit, waiting => waiting.PeakResident, folder);
        var late = StartToExit.OfInterleaved([Prestop(server.Late), Curl(server.Late)], LateRounds, Limit);
        var polling = PeakAfterAttempts(Prestop(server.NotYet, "--interval", "20ms"), server);
        foreach (var (row, lateTime) in measured.Zip(late))
        {
            table.Add(
                row.Program, Cell.Count(row.FileBytes), Cell.Count(row.ImageBytes), Cell.Milliseconds(row.Time.Median), Cell.Milliseconds(row.Time.Minimum),
                Cell.Milliseconds(lateTime.Median), Cell.Kibibytes(row.MemoryBytes),
                row == measured[0] ? Cell.Kibibytes(polling) : "", Cell.Count(row.Calls),
                Cell.Ratio(row.ImageBytes, measured[1].ImageBytes), Cell.Ratio(row.Time.Median, measured[1].Time.Median),
                Cell.Ratio(row.MemoryBytes, measured[1].MemoryBytes));
        }

        return (measured[0].MemoryBytes, polling);

        Command Prestop(string url, params string[] more) => new(prestop, [.. options, .. more, url]) { Variables = variables };
        Command Curl(string url) => new(curl, ["-fsS", .. options, url]) { Variables = variables };
    }

    private static long PeakAfterAttempts(Command command, WaitServer server)
    {
        var before = server.Refused;
        using var waiting = WaitingProcess.Start(command);
        waiting.Until(() => server.Refused >= before + Attempts);
        return waiting.PeakResident;
    }
}
