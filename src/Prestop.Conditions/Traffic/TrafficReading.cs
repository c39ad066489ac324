using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

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
