using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary><c>idle://</c>: bytes count, and so does the opening of a connection; connections that just stay open do not.</summary>
internal sealed class IdleRule : TrafficRule
{
    /// <inheritdoc/>
    public override string Last => "last traffic";

    /// <inheritdoc/>
    public override string None => "no traffic seen";

    /// <inheritdoc/>
    public override uint? AgeOfOpen(in TcpSocket socket) =>
        IsMoving(socket) ? 0 : Known(Math.Min(socket.SentAgo, socket.ReceivedAgo));

    /// <inheritdoc/>
    public override uint? AgeOfEnded(in TcpSocket socket)
    {
        // Of a connection that its program reset, the kernel has forgotten when it last received something.
        var forgotten = socket.SegmentsReceived == 0;
        return forgotten ? 0 : Known(Math.Min(socket.SentAgo, socket.ReceivedAgo)) ?? 0;
    }

    private static uint? Known(uint age) => age == TcpSocket.Never ? null : age;

    /// <summary>
    /// True when something is under way at this moment: a client is connecting, a request waits for the program, an answer
    /// waits for the client. In the queues a FIN counts as a byte, which is nobody's data.
    /// </summary>
    private static bool IsMoving(in TcpSocket socket) => socket.State switch
    {
        TcpState.SynReceived => true,
        TcpState.Established => !socket.IsHeld || socket.ReceiveQueue > 0 || socket.SendQueue > 0,
        TcpState.CloseWait => !socket.IsHeld || socket.ReceiveQueue > 1 || socket.SendQueue > 0,
        TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck => socket.SendQueue > 1,
        TcpState.FinWait2 => socket.IsHeld && socket.ReceiveQueue > 0,
        _ => false,
    };
}
