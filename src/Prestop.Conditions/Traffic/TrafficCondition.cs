using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>Met when, for the quiet period, nothing on some local ports counted by a rule.</summary>
/// <remarks>
/// It reads what ended as soon as the kernel announces it, but no more often than <see cref="TrafficWatch.Pace"/>; the open
/// connections once a second, at that pace while something comes on them, and when the quiet period may be over; and before it says so, the
/// whole table. Where nothing is announced, it looks at that pace.
/// </remarks>
/// <param name="rule">What counts.</param>
/// <param name="ports">The local ports.</param>
/// <param name="settings">The quiet period, and what never counts.</param>
/// <param name="open">Opens the socket table.</param>
internal sealed class TrafficCondition(TrafficRule rule, ushort[] ports, ConditionSettings settings, Func<ISocketTable> open) : ICondition
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    // A little faster than the history is fine, so that what comes at every look is not missed in one of its tenths of a second.
    private static readonly TimeSpan LivelyRefresh = 0.8 * TrafficHistory.Look;

    private readonly QuietPeriod _quiet = settings.Quiet is { } quiet ? QuietPeriod.Fixed(quiet) : QuietPeriod.Auto(settings.QuietUnseen);
    private readonly OwnConnections.OtherEnds _own = settings.Own.Watch();
    private Port? _port;
    private TimeSpan _lastOpenReading;
    private TimeSpan _waitBefore;
    private bool _hasNews;

    /// <inheritdoc/>
    public TimeSpan ShortestWait => _quiet.Shortest;

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_waitBefore > TimeSpan.Zero)
        {
            // Woken by timers at the pace, .NET took 154 ms of CPU a minute; a thread that sleeps in poll(2) takes 42 ms.
            var (table, wait) = (_port!.Table, _waitBefore);
            _waitBefore = TimeSpan.Zero;
            await Task.Run(() => table.WaitForEnded(wait), cancellation);
        }

        try
        {
            return Look();
        }
        catch (IOException failure)
        {
            // Without a table at all there is none later either: what sandboxes refuse stays refused.
            var finding = _port is null ? Finding.Broken : Finding.Unclear;
            return new Observation(finding, "the socket table cannot be read: " + failure.Message);
        }
    }

    /// <inheritdoc/>
    public Observation? AtDeadline()
    {
        try
        {
            return _port is null ? null : _port.Watch.JudgeAtDeadline(Read(_port, ReadingDepth.Everything));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _port?.Table.Dispose();
        return ValueTask.CompletedTask;
    }

    private Observation Look()
    {
        var isFirst = _port is null;
        var port = _port ??= new Port(open(), rule, ports, settings, _quiet, _own);
        _hasNews = false;
        var now = Read(port, isFirst ? ReadingDepth.Everything : ReadingDepth.Ended);
        if (!isFirst && (port.Watch.Left(now) <= TimeSpan.Zero || NextOpenReading(port, now) <= now))
        {
            now = Read(port, ReadingDepth.Known);
            if (port.Watch.Left(now) <= TimeSpan.Zero && port.Reading.Depth is not ReadingDepth.Everything)
            {
                now = Read(port, ReadingDepth.Everything);
            }
        }

        var seen = Paced(port.Watch.Judge(now, port.Reading.Connections), port, now);
        return seen with
        {
            Seen = port.Table.Blindness is null ? seen.Seen : $"{seen.Seen}, as far as /proc/net/tcp tells",
            Warnings = isFirst ? [.. port.Warnings()] : [],
        };
    }

    /// <summary>After a quiet look the next one waits for an announcement; after news it keeps the pace, however much there is.</summary>
    private Observation Paced(Observation seen, Port port, TimeSpan now)
    {
        if (!port.Table.Announces || _hasNews || seen.LookAgainIn is null)
        {
            return seen;
        }

        var refresh = NextOpenReading(port, now) - now;
        var left = port.Watch.Left(now);
        _waitBefore = left < refresh ? left : refresh;
        return _waitBefore > TimeSpan.Zero ? seen with { LookAgainIn = TimeSpan.Zero } : seen;
    }

    private TimeSpan NextOpenReading(Port port, TimeSpan now) =>
        _lastOpenReading + (port.Record.WantsOpen(now) ? LivelyRefresh : Refresh);

    private TimeSpan Read(Port port, ReadingDepth depth)
    {
        port.Table.Read(port.Reading, depth);
        port.Reading.End();
        var now = port.Now;
        port.Watch.Note(now);
        _hasNews |= port.Reading.HasEnded || port.Reading.EndedUnseen;
        if (depth is not ReadingDepth.Ended)
        {
            _lastOpenReading = now;
        }

        return now;
    }

    /// <summary>The ports, once their socket table is open: the time of the wait counts from then.</summary>
    private sealed class Port
    {
        private readonly TimeProvider _time;
        private readonly long _start;
        private readonly bool _nobodyIsNode;

        public Port(ISocketTable table, TrafficRule rule, ushort[] ports, ConditionSettings settings, QuietPeriod quiet, OwnConnections.OtherEnds own)
        {
            (Table, _time, _start) = (table, settings.Time, settings.Time.GetTimestamp());

            // /proc tells neither what ended nor how much it carried.
            Record = new TrafficRecord(quiet, settings.KnowsProbes && table.Announces);
            var ignored = new List<AddressRange>(settings.Ignored);
            if (settings.IgnoresGateways)
            {
                AddGateways(ignored);
                _nobodyIsNode = ignored.Count == 0;
            }

            Reading = new TrafficReading(rule, ports, ignored, own, Record, () => Now);
            Watch = new TrafficWatch(rule, quiet, Record);
        }

        public ISocketTable Table { get; }

        public TrafficRecord Record { get; }

        public TrafficReading Reading { get; }

        public TrafficWatch Watch { get; }

        public TimeSpan Now => _time.GetElapsedTime(_start);

        /// <summary>What a person should know of the table and of the ports, once.</summary>
        public IEnumerable<string> Warnings()
        {
            if (Table.Blindness is { } blindness)
            {
                yield return blindness;
            }

            foreach (var port in Reading.Unused)
            {
                yield return $"nothing listens on port {port}, and nobody is connected to it: check the number";
            }

            if (_nobodyIsNode)
            {
                yield return "--ignore node leaves out nobody: there is no default gateway, and neither HOST_IP nor NODE_IP is set";
            }
        }

        private static void AddGateways(List<AddressRange> ranges)
        {
            try
            {
                foreach (var gateway in Gateways.Read())
                {
                    ranges.Add(AddressRange.Of(gateway));
                }
            }
            catch (IOException)
            {
                // As if there were none; the warning says so.
            }
        }
    }
}
