namespace Prestop.Linux.Sockets;

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
