using Bench.Figures;
using Bench.Processes;
using Bench.Servers;

namespace Bench.Sections;

/// <summary>What it costs to wait for an endpoint: <c>prestop</c> beside curl, which most images would need for it today.</summary>
internal static class WaitSection
{
    private const int Rounds = 200, LateRounds = 25;
    private const long HttpMemory = 7_000_000, HttpsMemory = 11_000_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static Section Measure(TemporaryFolder folder)
    {
        using var certificate = LoopbackCertificate.Make();
        var authority = folder["ca.pem"];
        File.WriteAllText(authority, certificate.ExportCertificatePem());
        using var http = new WaitServer();
        using var https = new WaitServer(certificate);

        var table = new Table(
            $"wait for an endpoint of this machine, in turn: answer at once {Rounds} runs, after {WaitServer.Lateness.TotalMilliseconds} ms {LateRounds} runs",
            ("", ""), ("file", "bytes"), ("+ libraries", "bytes"), ("median", "ms"), ("minimum", "ms"), ("late answer", "ms"), ("peak", "KiB"), ("system", "calls"),
            ("x curl:", "bytes"), ("", "time"), ("", "memory"));
        var plain = Compare(table, "http", http, [], folder);
        var secure = Compare(table, "https", https, ["--cacert", authority], folder);
        table.Explain("curl is `curl -fsS URL`. + libraries: the file, its loader and every library that it maps; ratios of bytes are of this column.");
        table.Explain("late answer: median until the exit, where the server answers 100 ms after the request. Ratios of time are of the medians at once.");
        table.Explain("peak: VmHWM of /proc/PID/status while the server hangs: request sent, nothing answered.");
        return new Section(table,
        [
            Goal.Bytes("out/prestop, peak memory waiting on http", plain.MemoryBytes, HttpMemory),
            Goal.Bytes("out/prestop, peak memory waiting on https", secure.MemoryBytes, HttpsMemory),
        ]);
    }

    private static Measurement Compare(Table table, string scheme, WaitServer server, string[] options, TemporaryFolder folder)
    {
        var prestop = Repository.Published("prestop");
        var curl = SystemProgram.Find("curl", "curl");
        Subject[] subjects =
        [
            new($"out/prestop {scheme}", Prestop(server.AtOnce), Prestop(server.Never)),
            new($"curl {scheme}", Curl(server.AtOnce), Curl(server.Never)),
        ];
        var measured = Measurement.OfInterleaved(subjects, Rounds, Limit, waiting => waiting.PeakResident, folder);
        var late = StartToExit.OfInterleaved([Prestop(server.Late), Curl(server.Late)], LateRounds, Limit);
        foreach (var (row, lateTime) in measured.Zip(late))
        {
            table.Add(
                row.Program, Cell.Count(row.FileBytes), Cell.Count(row.ImageBytes), Cell.Milliseconds(row.Time.Median), Cell.Milliseconds(row.Time.Minimum),
                Cell.Milliseconds(lateTime.Median), Cell.Kibibytes(row.MemoryBytes), Cell.Count(row.Calls),
                Cell.Ratio(row.ImageBytes, measured[1].ImageBytes), Cell.Ratio(row.Time.Median, measured[1].Time.Median),
                Cell.Ratio(row.MemoryBytes, measured[1].MemoryBytes));
        }

        return measured[0];

        Command Prestop(string url) => new(prestop, [.. options, url]);
        Command Curl(string url) => new(curl, ["-fsS", .. options, url]);
    }
}
