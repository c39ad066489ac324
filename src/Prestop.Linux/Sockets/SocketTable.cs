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
