using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary><c>closed://</c>: every connection counts for as long as it exists, whatever moves on it.</summary>
internal sealed class ClosedRule : TrafficRule
{
    /// <inheritdoc/>
    public override string Last => "last one";

    /// <inheritdoc/>
    public override string None => "none seen";

    /// <inheritdoc/>
    public override uint? AgeOfOpen(in TcpSocket socket) => Exists(socket) ? 0 : null;

    /// <inheritdoc/>
    public override uint? AgeOfEnded(in TcpSocket socket) => 0;
}
