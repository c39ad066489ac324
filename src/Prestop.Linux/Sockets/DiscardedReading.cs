namespace Prestop.Linux.Sockets;

/// <summary>A reading of which nothing is kept: the first one of a table, which shows that it can be read.</summary>
internal sealed class DiscardedReading : SocketReading
{
    /// <inheritdoc/>
    public override void AddOpen(in TcpSocket socket)
    {
    }

    /// <inheritdoc/>
    public override void AddEnded(in TcpSocket socket)
    {
    }

    /// <inheritdoc/>
    protected override void ForgetOpen()
    {
    }

    /// <inheritdoc/>
    protected override void ForgetEnded()
    {
    }
}
