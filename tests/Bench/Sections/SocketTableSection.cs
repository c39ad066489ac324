using System.Diagnostics;
using Bench.Figures;
using Bench.Processes;
using Bench.Servers;
using Prestop.Linux.Sockets;

namespace Bench.Sections;

/// <summary>What a look at the socket table costs <c>idle://</c>, alone on the machine and beside many connections that are not its own.</summary>
internal static class SocketTableSection
{
    private const int Watched = 10, Unrelated = 10_000, Rounds = 1_000;
    private const double ToEmpty = 2;

    private static TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(0.5);

    private static TimeSpan Limit { get; } = TimeSpan.FromSeconds(3);

    public static Section Measure()
    {
        using var entered = NetworkNamespace.TryEnter();
        using var watched = new LoopbackConnections(Watched);
        using var netlink = new NetlinkTable([watched.Port]);
        using var proc = new ProcTable([watched.Port], "");
        (string Name, ISocketTable Table, ReadingDepth Depth)[] looks =
        [
            ("netlink, what ended: every 100 ms", netlink, ReadingDepth.Ended),
            ("netlink, and the known connections: every second", netlink, ReadingDepth.Known),
            ("netlink, all: when one was opened, and at the end", netlink, ReadingDepth.Everything),
            ("/proc/net/tcp and tcp6, all: every second, where there is no netlink", proc, ReadingDepth.Everything),
        ];

        var alone = looks.Select(look => MedianOf(look.Table, look.Depth)).ToList();
        List<TimeSpan> crowded;
        using (new LoopbackConnections(Unrelated))
        {
            crowded = [.. looks.Select(look => MedianOf(look.Table, look.Depth))];
        }

        var table = new Table(
            $"a look at the socket table, with {Watched} connections to the port that is watched",
            ("", ""), ("alone", "us"), ($"+ {Cell.Count(Unrelated)}", "us"), ("x alone", ""));
        foreach (var (look, before, after) in looks.Zip(alone, crowded))
        {
            table.Add(look.Name, Cell.Microseconds(before), Cell.Microseconds(after), Cell.Ratio(after, before));
        }

        table.Explain($"+ {Cell.Count(Unrelated)}: as many more established connections to other ports, both ends in the table: {Cell.Count(2 * Unrelated)} sockets.");
        table.Explain($"Medians of {Cell.Count(Rounds)} looks, fewer where they take longer than {Limit.TotalSeconds} s, in this process (JIT, all optimised; not native), in {NetworkNamespace.NameOf(entered)}.");
        return new Section(table, [Goal.TimeRatio("idle://, usual look beside 10,000 connections", crowded[1] / alone[1], ToEmpty)]);
    }

    private static TimeSpan MedianOf(ISocketTable table, ReadingDepth depth)
    {
        var reading = new CountedReading();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < WarmUp)
        {
            table.Read(reading, depth);
        }

        var times = new List<TimeSpan>(Rounds);
        begin = Stopwatch.GetTimestamp();
        while (times.Count < Rounds && Stopwatch.GetElapsedTime(begin) < Limit)
        {
            var start = Stopwatch.GetTimestamp();
            table.Read(reading, depth);
            var elapsed = Stopwatch.GetElapsedTime(start);
            // Deeper than asked: somebody opened a connection meanwhile.
            if (reading.Depth == depth)
            {
                times.Add(elapsed);
            }
        }

        if (depth is not ReadingDepth.Ended && reading.Established != Watched)
        {
            throw new BenchException($"a look as deep as {depth} does not show the {Watched} connections");
        }

        times.Sort();
        return times.Count > 0 ? times[times.Count / 2] : throw new BenchException($"connections are opened here all the time: no look as deep as {depth} is left alone");
    }

    private sealed class CountedReading : SocketReading
    {
        public int Established { get; private set; }

        public override void AddOpen(in TcpSocket socket) => Established += socket.State is TcpState.Established ? 1 : 0;

        public override void AddEnded(in TcpSocket socket)
        {
        }

        protected override void ForgetOpen() => Established = 0;

        protected override void ForgetEnded()
        {
        }
    }
}
