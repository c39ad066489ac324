namespace Prestop.Linux.Sockets;

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
