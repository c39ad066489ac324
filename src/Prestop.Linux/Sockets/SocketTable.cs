using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>Opens the table of TCP sockets by the best way there is.</summary>
public static class SocketTable
{
    /// <summary>The most ports that one table can be about.</summary>
    public const int MaxPorts = 64;

    /// <summary>Opens the table; where netlink is refused, as sandboxes do, by /proc/net.</summary>
    /// <param name="ports">The local ports, 1 to <see cref="MaxPorts"/> of them.</param>
    /// <exception cref="IOException">Neither way is open.</exception>
    public static ISocketTable Open(ushort[] ports)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ports.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ports.Length, MaxPorts);
        try
        {
            return new NetlinkTable(ports);
        }
        catch (NetlinkException refusal)
        {
            return new ProcTable(ports, refusal.Message);
        }
    }
}

/// <summary>How much of the table is read.</summary>
public enum ReadingDepth
{
    /// <summary>Only what ended; next to nothing to pay.</summary>
    Ended,

    /// <summary>Also what is open. Listeners, and connections in the middle of their opening, may be missing.</summary>
    Known,

    /// <summary>All.</summary>
    Everything,
}

/// <summary>
/// The TCP sockets on certain local ports of this network namespace. From one reading to the next no connection is lost: it
/// is still open, or it is among those that ended.
/// </summary>
public interface ISocketTable : IDisposable
{
    /// <summary>What this way of looking cannot see, as words for a log line; null when it sees all.</summary>
    string? Blindness { get; }

    /// <summary>Whether <see cref="WaitForEnded"/> returns as soon as a connection has ended.</summary>
    bool Announces { get; }

    /// <summary>Blocks the calling thread until a connection has ended that was not read yet, or the time is over.</summary>
    /// <param name="atMost">0 to 24 days.</param>
    void WaitForEnded(TimeSpan atMost);

    /// <summary>Reads the table.</summary>
    /// <param name="reading">Is overwritten.</param>
    /// <param name="depth">How much to read at least.</param>
    /// <exception cref="IOException">The kernel did not answer.</exception>
    void Read(SocketReading reading, ReadingDepth depth);
}

/// <summary>
/// Takes in what one reading of the socket table shows, socket by socket: an app may have very many connections, and memory
/// counts against its limit.
/// </summary>
public abstract class SocketReading
{
    /// <summary>How much was read.</summary>
    public ReadingDepth Depth { get; private set; }

    /// <summary>True when a connection ended of which nothing else is known.</summary>
    public bool EndedUnseen { get; private set; }

    /// <summary>True when bytes may have moved on any of the open connections, as far as the table can tell.</summary>
    public bool MovedUnseen { get; private set; }

    /// <summary>Begins the next reading: all of the last one is forgotten.</summary>
    /// <param name="depth">How much will be read.</param>
    public void Begin(ReadingDepth depth)
    {
        Depth = depth;
        EndedUnseen = false;
        MovedUnseen = false;
        ForgetEnded();
        ForgetOpen();
    }

    /// <summary>Begins to read all that is open: what was added of it so far is forgotten.</summary>
    public void BeginEverything()
    {
        Depth = ReadingDepth.Everything;
        ForgetOpen();
    }

    /// <summary>Takes in a socket that is open, perhaps a listener.</summary>
    /// <param name="socket">The socket.</param>
    public abstract void AddOpen(in TcpSocket socket);

    /// <summary>Takes in a socket that ended since the last reading, with what the kernel knew of it at its end.</summary>
    /// <param name="socket">The socket, perhaps a listener.</param>
    public abstract void AddEnded(in TcpSocket socket);

    /// <summary>Takes in that a connection ended of which nothing else is known.</summary>
    public void AddEndedUnseen() => EndedUnseen = true;

    /// <summary>Takes in that bytes may have moved on any of the open connections.</summary>
    public void AddMovedUnseen() => MovedUnseen = true;

    /// <summary>Forgets what <see cref="AddOpen"/> took in.</summary>
    protected abstract void ForgetOpen();

    /// <summary>Forgets what <see cref="AddEnded"/> took in.</summary>
    protected abstract void ForgetEnded();
}

/// <summary>The first reading of a table: shows that it can be read, and whether it shows anything. Nothing is kept of it.</summary>
internal sealed class FirstReading : SocketReading
{
    /// <summary>True when no socket was open.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <inheritdoc/>
    public override void AddOpen(in TcpSocket socket) => IsEmpty = false;

    /// <inheritdoc/>
    public override void AddEnded(in TcpSocket socket)
    {
    }

    /// <inheritdoc/>
    protected override void ForgetOpen() => IsEmpty = true;

    /// <inheritdoc/>
    protected override void ForgetEnded()
    {
    }
}

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

    /// <summary>Segments received that carried data; <see cref="uint.MaxValue"/> where the kernel does not count them (before Linux 4.6).</summary>
    public uint DataSegmentsReceived { get; init; }

    /// <summary>Bytes received.</summary>
    public ulong BytesReceived { get; init; }

    /// <summary>Bytes sent that the other side has confirmed.</summary>
    public ulong BytesConfirmed { get; init; }
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
