namespace Prestop.Linux.Sockets;

/// <summary>What one reading of the socket table showed.</summary>
public sealed class SocketReading
{
    /// <summary>How much was read.</summary>
    public ReadingDepth Depth { get; set; }

    /// <summary>Sockets that are open, listeners among them. Empty when only what ended was read.</summary>
    public List<TcpSocket> Open { get; } = [];

    /// <summary>Sockets that ended since the last reading, with what the kernel knew of them at their end.</summary>
    public List<TcpSocket> Ended { get; } = [];

    /// <summary>True when a connection ended of which nothing else is known.</summary>
    public bool EndedUnseen { get; set; }

    /// <summary>Empties the reading for the next.</summary>
    /// <param name="depth">How much will be read.</param>
    public void Begin(ReadingDepth depth)
    {
        Depth = depth;
        Open.Clear();
        Ended.Clear();
        EndedUnseen = false;
    }
}
