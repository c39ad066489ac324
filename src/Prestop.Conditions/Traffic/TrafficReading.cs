using System.Numerics;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>What a reading of the socket table says to a rule: counts and the latest time, whatever the number of connections.</summary>
/// <param name="rule">What counts.</param>
/// <param name="ports">The local ports, at most <see cref="SocketTable.MaxPorts"/>.</param>
/// <param name="isLeftOut">Tells connections that never count.</param>
internal sealed class TrafficReading(TrafficRule rule, ushort[] ports, TrafficReading.Exemption isLeftOut) : SocketReading
{
    private uint? _openAge;
    private uint? _endedAge;
    private long _backlog;
    private ulong _served; // a bit for each of the ports

    /// <summary>Tells whether a connection is left out.</summary>
    /// <param name="socket">The socket at this end.</param>
    public delegate bool Exemption(in TcpSocket socket);

    /// <summary>How many connections are open.</summary>
    public int Connections { get; private set; }

    /// <summary>Whether anything ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>How many milliseconds before the reading something counted last; null when nothing did.</summary>
    public uint? Age => _backlog > 0 || EndedUnseen ? 0 : Younger(_openAge, _endedAge);

    /// <summary>The first port on which nobody listens, if all was read; null when there is none.</summary>
    public ushort? Unserved => BitOperations.TrailingZeroCount(~_served) is var first && first < ports.Length ? ports[first] : null;

    /// <inheritdoc/>
    public override void AddOpen(in TcpSocket socket)
    {
        if (socket.State is TcpState.Listen)
        {
            _backlog += socket.ReceiveQueue;
            _served |= Array.IndexOf(ports, socket.LocalPort) is >= 0 and var port ? 1UL << port : 0;
        }
        else if (isLeftOut(socket))
        {
            _backlog -= socket is { IsHeld: false, State: TcpState.Established or TcpState.CloseWait } ? 1 : 0;
        }
        else
        {
            Connections += TrafficRule.Exists(socket) ? 1 : 0;
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
        if (!wasListener && !isLeftOut(socket))
        {
            _endedAge = Younger(_endedAge, rule.AgeOfEnded(socket));
        }
    }

    /// <inheritdoc/>
    protected override void ForgetOpen() => (_openAge, _backlog, _served, Connections) = (null, 0, 0, 0);

    /// <inheritdoc/>
    protected override void ForgetEnded() => (_endedAge, HasEnded) = (null, false);

    private static uint? Younger(uint? one, uint? other) => one < other ? one : other ?? one;
}
