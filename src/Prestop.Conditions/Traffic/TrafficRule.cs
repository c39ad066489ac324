using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>What counts against a quiet period. Ages are in milliseconds; null means that a socket does not count.</summary>
internal abstract class TrafficRule
{
    /// <summary>What is last seen, as the start of a clause that an age ends: <c>last traffic</c>.</summary>
    public abstract string Last { get; }

    /// <summary>What to say while nothing has counted yet, as the start of a clause that a length ends: <c>no traffic seen</c>.</summary>
    public abstract string None { get; }

    /// <summary>How long ago an open connection last counted.</summary>
    /// <param name="socket">Not a listener.</param>
    public abstract uint? AgeOfOpen(in TcpSocket socket);

    /// <summary>How long ago a connection that has ended last counted.</summary>
    /// <param name="socket">Not a listener.</param>
    public abstract uint? AgeOfEnded(in TcpSocket socket);

    /// <summary>
    /// True for a connection in the eyes of its two programs. In TIME_WAIT, and in FIN_WAIT2 once the program here has let
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
