using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>What a reading of the socket table says to a rule: counts and the latest time, whatever the number of connections.</summary>
/// <param name="rule">What counts.</param>
/// <param name="ports">The local ports, at most <see cref="SocketTable.MaxPorts"/>.</param>
/// <param name="ignored">The clients that do not count.</param>
/// <param name="own">The connections of this process, which do not count either.</param>
internal sealed class TrafficReading(TrafficRule rule, ushort[] ports, IReadOnlyList<AddressRange> ignored, OwnConnections.OtherEnds own) : SocketReading
{
    private uint? _openAge;
    private uint? _endedAge;
    private long _backlog;
    private ulong _inUse; // a bit for each of the ports

    /// <summary>How many connections are open.</summary>
    public int Connections { get; private set; }

    /// <summary>Whether anything ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>How many milliseconds before the reading something counted last; null when nothing did.</summary>
    public uint? Age => _backlog > 0 || EndedUnseen || (MovedUnseen && Connections > 0) ? 0 : Younger(_openAge, _endedAge);

    /// <summary>The ports on which nobody listens and nobody is connected, if all was read.</summary>
    public IEnumerable<ushort> Unused => ports.Where((_, place) => (_inUse & (1UL << place)) == 0);

    /// <inheritdoc/>
    public override void AddOpen(in TcpSocket socket)
    {
        _inUse |= Array.IndexOf(ports, socket.LocalPort) is >= 0 and var place ? 1UL << place : 0;
        if (socket.State is TcpState.Listen)
        {
            _backlog += socket.ReceiveQueue;
        }
        else if (IsIgnored(socket) || own.Include(socket))
        {
            _backlog -= socket is { IsHeld: false, IsMultipath: false, State: TcpState.Established or TcpState.CloseWait } ? 1 : 0;
        }
        else
        {
            Connections += TrafficRule.Exists(socket) && !socket.IsMultipath ? 1 : 0;
            _openAge = Younger(_openAge, rule.AgeOfOpen(socket));
        }
    }

    /// <inheritdoc/>
    public override void AddEnded(in TcpSocket socket)
    {
        HasEnded = true;

        // Without a remote port it was a listener, on which nothing was ever sent or received, or a connection that its
        // program reset (tcp_disconnect), which sets only the one of the two times back.
        var wasListener = socket.RemotePort == 0 && socket.SentAgo == socket.ReceivedAgo;
        if (!wasListener && !IsIgnored(socket) && !own.IncludeEnded(socket))
        {
            _endedAge = Younger(_endedAge, rule.AgeOfEnded(socket));
        }
    }

    /// <inheritdoc/>
    protected override void ForgetOpen() => (_openAge, _backlog, _inUse, Connections) = (null, 0, 0, 0);

    /// <inheritdoc/>
    protected override void ForgetEnded() => (_endedAge, HasEnded) = (null, false);

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

    private static uint? Younger(uint? one, uint? other) => one < other ? one : other ?? one;
}
