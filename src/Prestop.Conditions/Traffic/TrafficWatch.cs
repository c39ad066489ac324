using System.Globalization;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>
/// Says whether a quiet period is over, by what a record knows, and puts it into words. Knows no clock: times are given, counted from
/// the first reading. What happened before counts only where the kernel still tells of it, so a quiet period never begins
/// before the first reading.
/// </summary>
/// <param name="rule">What counts.</param>
/// <param name="quiet">How long it must be silent.</param>
/// <param name="record">What was seen.</param>
internal sealed class TrafficWatch(TrafficRule rule, QuietPeriod quiet, TrafficRecord record)
{
    /// <summary>Between two readings. What ended in between is known no better than that, and it ends the wait that much later.</summary>
    public static readonly TimeSpan Pace = TrafficHistory.Look;

    private const int MostCallers = 3;

    // A log line names them every ten seconds; to name them at every look would only make garbage.
    private static readonly TimeSpan NamedEvery = TimeSpan.FromSeconds(1);

    private TimeSpan? _last;
    private TimeSpan _quiet;
    private bool _hasToldProbe;
    private Caller[] _callers = [];
    private TimeSpan? _named;

    /// <summary>Takes in what the record says after a reading.</summary>
    /// <param name="now">The time of the reading.</param>
    public void Note(TimeSpan now)
    {
        (_last, _quiet) = record.Judge(now);

        // No wait is longer, and sums of times must not overflow.
        _quiet = _quiet < Deadline.Longest ? _quiet : Deadline.Longest;
    }

    /// <summary>What is left of the quiet period if nothing happens; above zero when something known stands against its end.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan Left(TimeSpan now) => _quiet - QuietFor(now);

    /// <summary>Judges by all readings so far.</summary>
    /// <param name="now">The time of the last reading.</param>
    /// <param name="connections">How many are open.</param>
    public Observation Judge(TimeSpan now, int connections)
    {
        var left = Left(now);
        var seen = now - _last < _quiet;
        return new Observation(left <= TimeSpan.Zero ? Finding.Met : seen ? Finding.NotMet : Finding.Unclear, Words(now, connections))
        {
            LookAgainIn = left <= TimeSpan.Zero ? null : left < Pace ? left : Pace,
            SeenDrifts = true,
            IsTooSoon = left > TimeSpan.Zero && !seen,
            Callers = seen ? Callers(now) : [],
            Note = NewProbe(),
        };
    }

    /// <summary>Judges when no more time is left: what has been silent for some seconds is done all the same, unless the user said how many.</summary>
    /// <param name="now">The time of the last reading.</param>
    public Observation? JudgeAtDeadline(TimeSpan now) =>
        quiet.IsAuto && QuietFor(now) >= QuietPeriod.EnoughAtMax
            ? new Observation(Finding.Met, $"quiet for {Seconds(QuietFor(now))}, as long as --max allows")
            : null;

    private static string Seconds(TimeSpan span)
    {
        var tenths = Math.Max(span.Ticks, 0) / (TimeSpan.TicksPerSecond / 10);
        return $"{tenths / 10}.{tenths % 10} s";
    }

    private TimeSpan QuietFor(TimeSpan now) => now - (_last > TimeSpan.Zero ? _last.Value : TimeSpan.Zero);

    private string Words(TimeSpan now, int connections)
    {
        var open = connections switch
        {
            0 => "no connection",
            1 => "1 connection",
            _ => $"{connections} connections",
        };
        var last = _last is { } then ? $"{rule.Last} {Seconds(now - then)} ago" : $"{rule.None} for {Seconds(now)}";
        return $"{open}, {last}{(quiet.IsAuto ? $" (needs {Seconds(_quiet)})" : "")}";
    }

    private Caller[] Callers(TimeSpan now)
    {
        if (!(now - _named < NamedEvery))
        {
            _callers = Array.ConvertAll(record.Busiest(MostCallers, now - _quiet), client => new Caller(client.Address.ToString())
            {
                OpenConnections = client.Open,
                RequestsPerSecond = PerSecond(client.Requests.Interval),
                NewConnectionsPerSecond = PerSecond(client.Connections.Interval),
            });
            _named = now;
        }

        return _callers;
    }

    private static double PerSecond(TimeSpan? interval) => interval is { } time ? 1 / Math.Max(time.TotalSeconds, 1e-6) : 0;

    private string? NewProbe()
    {
        if (_hasToldProbe || record.Probe is not var (from, period))
        {
            return null;
        }

        _hasToldProbe = true;
        return $"{from} connects every {period.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s, one small exchange each: taken for a probe";
    }
}

/// <summary>Tells a record of traffic what a reading of the socket table shows, socket by socket.</summary>
/// <param name="rule">What counts.</param>
/// <param name="ports">The local ports, at most <see cref="SocketTable.MaxPorts"/>.</param>
/// <param name="ignored">The clients that do not count.</param>
/// <param name="own">The connections of this process, which do not count either.</param>
/// <param name="record">What is remembered.</param>
/// <param name="clock">The time since the start of the wait.</param>
internal sealed class TrafficReading(
    TrafficRule rule, ushort[] ports, IReadOnlyList<AddressRange> ignored, OwnConnections.OtherEnds own, TrafficRecord record, Func<TimeSpan> clock) : SocketReading
{
    // A check by gRPC over TLS takes fewer; the kubelet reads no more than 10 KiB of an answer (pkg/probe/http).
    private const uint SmallSegments = 8;
    private const ulong SmallRequest = 4096;
    private const ulong SmallAnswer = 16_384;

    /// <summary>The kernel counts ages in ticks: the coarsest are 10 ms (CONFIG_HZ=100), so an age may be that much too high.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private long _backlog;
    private ulong _inUse; // a bit for each of the ports

    /// <summary>How many connections are open.</summary>
    public int Connections { get; private set; }

    /// <summary>Whether anything ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The ports on which nobody listens and nobody is connected, if all was read.</summary>
    public IEnumerable<ushort> Unused => ports.Where((_, place) => (_inUse & (1UL << place)) == 0);

    /// <summary>Ends a reading.</summary>
    public void End()
    {
        if (Depth is not ReadingDepth.Ended)
        {
            record.EndOpen(clock());
        }

        if (_backlog > 0 || EndedUnseen || (MovedUnseen && Connections > 0))
        {
            record.AddTraffic(clock());
        }
    }

    /// <inheritdoc/>
    public override void AddOpen(in TcpSocket socket)
    {
        _inUse |= Array.IndexOf(ports, socket.LocalPort) is >= 0 and var place ? 1UL << place : 0;
        if (socket.State is TcpState.Listen)
        {
            _backlog += socket.ReceiveQueue;
            return;
        }

        // What waits to be accepted is seen itself, too.
        _backlog -= socket is { IsHeld: false, IsMultipath: false, State: TcpState.Established or TcpState.CloseWait } ? 1 : 0;
        if (IsIgnored(socket) || own.Include(socket))
        {
            return;
        }

        Connections += TrafficRule.Exists(socket) && !socket.IsMultipath ? 1 : 0;
        if (rule.AgeOfOpen(socket) is { } age)
        {
            record.AddOpen(ArrivalOn(socket, age), clock());
        }
    }

    /// <inheritdoc/>
    public override void AddEnded(in TcpSocket socket)
    {
        HasEnded = true;

        // Without a remote port it was a listener, on which nothing was ever sent or received, or a connection that its
        // program reset (tcp_disconnect), which sets only the one of the two times back.
        var wasListener = socket.RemotePort == 0 && socket.SentAgo == socket.ReceivedAgo;
        if (wasListener || IsIgnored(socket) || own.IncludeEnded(socket))
        {
            return;
        }

        if (socket.RemotePort == 0)
        {
            record.AddTraffic(clock());
        }
        else if (rule.AgeOfEnded(socket) is { } age)
        {
            record.AddEnded(ArrivalOn(socket, age), clock());
        }
    }

    /// <inheritdoc/>
    protected override void ForgetOpen()
    {
        _backlog = 0;
        if (Depth is not ReadingDepth.Ended)
        {
            (_inUse, Connections) = (0, 0);
            record.BeginOpen();
        }
    }

    /// <inheritdoc/>
    protected override void ForgetEnded() => HasEnded = false;

    private Arrival ArrivalOn(in TcpSocket socket, uint age)
    {
        var now = clock();
        var counted = now - TimeSpan.FromMilliseconds(age) + Tick;
        return new Arrival(
            socket.RemoteAddress,
            socket.ReceivedAgo == TcpSocket.Never ? now : now - TimeSpan.FromMilliseconds(socket.ReceivedAgo),
            counted < now ? counted : now,
            socket.DataSegmentsReceived,
            socket is { DataSegmentsReceived: <= SmallSegments, BytesReceived: <= SmallRequest, BytesConfirmed: <= SmallAnswer });
    }

    private bool IsIgnored(in TcpSocket socket)
    {
        foreach (var range in ignored)
        {
            if (range.Contains(socket.RemoteAddress))
            {
                return true;
            }
        }

        return false;
    }
}
