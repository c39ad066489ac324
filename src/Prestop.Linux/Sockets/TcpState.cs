namespace Prestop.Linux.Sockets;

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
