using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>What counts against a quiet period. Ages are in milliseconds; null means that a socket does not count.</summary>
internal abstract class TrafficRule
{
    /// <summary>When a step with this rule is done, as the end of a sentence.</summary>
    public abstract string DoneWhen { get; }

    /// <summary>What counted last, as a log line names it before the time since then: <c>last traffic</c>.</summary>
    public abstract string Last { get; }

    /// <summary>What a log line says before the time that was watched while nothing has counted: <c>no traffic seen</c>.</summary>
    public abstract string None { get; }

    /// <summary>How long ago an open connection last counted.</summary>
    /// <param name="socket">Not a listener.</param>
    public abstract uint? AgeOfOpen(in TcpSocket socket);

    /// <summary>How long ago a connection that has ended last counted.</summary>
    /// <param name="socket">Not a listener.</param>
    public abstract uint? AgeOfEnded(in TcpSocket socket);

    /// <summary>
    /// True while a program on one of its sides can still use the connection. In TIME_WAIT, and in FIN_WAIT2 once the program here has let
    /// go of it, the kernel only remembers it: all data has arrived, and nobody would read an answer.
    /// </summary>
    /// <param name="socket">Not a listener.</param>
    public static bool Exists(in TcpSocket socket) => socket.State switch
    {
        TcpState.FinWait2 => socket.IsHeld,
        TcpState.TimeWait or TcpState.Close => false,
        _ => true,
    };
}

/// <summary><c>idle://</c>: bytes count, and so does the opening of a connection; connections that just stay open do not.</summary>
internal sealed class IdleRule : TrafficRule
{
    /// <inheritdoc/>
    public override string DoneWhen => "no byte moved on these local ports, and no connection was opened to them, for --quiet; connections may stay open";

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

/// <summary><c>closed://</c>: every connection counts for as long as it exists, whatever moves on it.</summary>
internal sealed class ClosedRule : TrafficRule
{
    /// <inheritdoc/>
    public override string DoneWhen => "no connection to these local ports has existed for --quiet";

    /// <inheritdoc/>
    public override string Last => "last one";

    /// <inheritdoc/>
    public override string None => "none seen";

    /// <inheritdoc/>
    public override uint? AgeOfOpen(in TcpSocket socket) => Exists(socket) ? 0 : null;

    /// <inheritdoc/>
    public override uint? AgeOfEnded(in TcpSocket socket) => 0;
}
