using Bench.Figures;
using Bench.Peers;
using Bench.Processes;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>What it costs to sleep: <c>sleep</c> and <c>prestop</c> beside those that people use today.</summary>
internal static class SleepSection
{
    private const int Rounds = 500;
    private const long SleepFile = 16_384, SleepMemory = 600_000, PrestopFile = 10_000_000;
    private const double ToMusl = 1.2;

    private static TimeSpan Limit { get; } = TimeSpan.FromSeconds(15);

    public static Section Measure(PeerPrograms peers, TemporaryFolder folder)
    {
        var gnu = SystemProgram.Find("sleep", "coreutils");
        var busybox = SystemProgram.Find("busybox", "busybox-static");
        var toybox = SystemProgram.Find("toybox", "toybox");
        var tini = SystemProgram.Find("tini-static", "tini");
        Subject[] subjects =
        [
            Sleeper("out/sleep", Repository.Published("sleep")),
            Sleeper("out/prestop", Repository.Published("prestop")),
            Sleeper("C, musl, static", peers.Musl),
            Sleeper("C, musl, linked as out/sleep", peers.MuslLinkedAsOurs),
            Sleeper("C, glibc, static", peers.StaticGlibc),
            Sleeper("C, glibc, dynamic", peers.DynamicGlibc),
            Sleeper("GNU sleep", gnu),
            Sleeper("busybox-static sleep", busybox, "sleep"),
            Sleeper("toybox sleep", toybox, "sleep"),
            // Cannot sleep, but is what else would be put into an image: exits at once, or waits for a child.
            new("tini-static (--version)", new Command(tini, "--version"), new Command(tini, "-s", "--", gnu, "1000")),
        ];

        var measured = Measurement.OfInterleaved(subjects, Rounds, Limit, waiting => waiting.Resident, folder);
        Measurement sleep = measured[0], prestop = measured[1], musl = measured[2], gnuSleep = measured[6];

        var table = new Table(
            $"sleep 0: {sleep.Time.Runs} runs each, in turn",
            ("", ""), ("file", "bytes"), ("+ libraries", "bytes"), ("median", "ms"), ("minimum", "ms"), ("Rss", "KiB"), ("system", "calls"),
            ("x C on musl:", "bytes"), ("", "time"), ("", "memory"), ("x GNU:", "bytes"), ("", "time"), ("", "memory"));
        foreach (var row in measured)
        {
            table.Add(
                row.Program, Cell.Count(row.FileBytes), Cell.Count(row.ImageBytes), Cell.Milliseconds(row.Time.Median),
                Cell.Milliseconds(row.Time.Minimum), Cell.Kibibytes(row.MemoryBytes), Cell.Count(row.Calls),
                Cell.Ratio(row.ImageBytes, musl.ImageBytes), Cell.Ratio(row.Time.Median, musl.Time.Median), Cell.Ratio(row.MemoryBytes, musl.MemoryBytes),
                Cell.Ratio(row.ImageBytes, gnuSleep.ImageBytes), Cell.Ratio(row.Time.Median, gnuSleep.Time.Median), Cell.Ratio(row.MemoryBytes, gnuSleep.MemoryBytes));
        }

        table.Explain("+ libraries: the file, its loader and every library that it maps; ratios of bytes are of this column, ratios of time are of medians.");
        table.Explain("Rss: of /proc/PID/smaps_rollup while `sleep 1000` sleeps, shared pages counted in full; the most of three. tini-static: while its child sleeps.");
        table.Explain("median, minimum: from posix_spawn to the exit seen by waitpid, so the cost of a start is in every one of them.");
        return new Section(table,
        [
            Goal.Bytes("out/sleep, file", sleep.FileBytes, SleepFile),
            Goal.Bytes("out/sleep, Rss asleep", sleep.MemoryBytes, SleepMemory),
            Goal.MemoryRatio("out/sleep, Rss asleep against C on musl", (double)sleep.MemoryBytes / musl.MemoryBytes, ToMusl),
            Goal.TimeRatio("out/sleep, median time against C on musl", sleep.Time.Median / musl.Time.Median, ToMusl),
            Goal.Bytes("out/prestop, file", prestop.FileBytes, PrestopFile),
        ]);
    }

    private static Subject Sleeper(string name, string program, params string[] applet) =>
        new(name, new Command(program, [.. applet, "0"]), new Command(program, [.. applet, "1000"]));
}
