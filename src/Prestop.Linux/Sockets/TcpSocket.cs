using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>What the kernel says about one TCP socket at one moment.</summary>
public readonly struct TcpSocket
{
    /// <summary>An age that says: never, or so long ago that it does not matter.</summary>
    public const uint Never = uint.MaxValue;

    /// <summary>The state; <see cref="TcpState.Close"/> for a socket that has ended.</summary>
    public TcpState State { get; init; }

    /// <summary>This side's address.</summary>
    public InternetAddress LocalAddress { get; init; }

    /// <summary>This side's port.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>The other side's address.</summary>
    public InternetAddress RemoteAddress { get; init; }

    /// <summary>The other side's port; 0 when there is no other side: a listener, or a connection that its program reset.</summary>
    public ushort RemotePort { get; init; }

    /// <summary>
    /// True for an MPTCP connection as its program sees it. The TCP connections that carry it are sockets of their own, whose bytes the
    /// kernel moves into this one at once.
    /// </summary>
    public bool IsMultipath { get; init; }

    /// <summary>False while no program holds the socket: not accepted yet, or closed already.</summary>
    public bool IsHeld { get; init; }

    /// <summary>
    /// Bytes that the program has not read yet; a FIN counts as one. For a listener: connections that are open and not
    /// accepted yet.
    /// </summary>
    public uint ReceiveQueue { get; init; }

    /// <summary>Bytes that the other side has not confirmed yet; a FIN counts as one. Without meaning for a listener.</summary>
    public uint SendQueue { get; init; }

    /// <summary>Milliseconds since data, not just an acknowledgement, was last sent; since the opening when none was.</summary>
    public uint SentAgo { get; init; }

    /// <summary>Milliseconds since data was last received; since the opening when none was.</summary>
    public uint ReceivedAgo { get; init; }

    /// <summary>
    /// Segments received. 0 on a connection only when its program reset it: the kernel then clears its counts, its remote
    /// address and the time of the last data received (tcp_disconnect).
    /// </summary>
    public uint SegmentsReceived { get; init; }
}

/// <summary>The states of a TCP socket, with the kernel's numbers (include/net/tcp_states.h).</summary>
public enum TcpState : byte
{
    /// <summary>Data can flow both ways. Also: opened, but not yet accepted by the program.</summary>
    Established = 1,

    /// <summary>Opening, from this side.</summary>
    SynSent = 2,

    /// <summary>Being opened by the other side: half open.</summary>
    SynReceived = 3,

    /// <summary>Closed here; the other side has not confirmed all data yet.</summary>
    FinWait1 = 4,

    /// <summary>Closed here, all data confirmed; the other side is still open.</summary>
    FinWait2 = 5,

    /// <summary>Over; the kernel keeps the address pair for a minute, no program has it any more.</summary>
    TimeWait = 6,

    /// <summary>Over.</summary>
    Close = 7,

    /// <summary>Closed by the other side; the program here has not closed it yet and may still send.</summary>
    CloseWait = 8,

    /// <summary>Closed by both sides, the other side first; the last data is not confirmed yet.</summary>
    LastAck = 9,

    /// <summary>Waits for connections.</summary>
    Listen = 10,

    /// <summary>Closed by both sides at once.</summary>
    Closing = 11,
}
