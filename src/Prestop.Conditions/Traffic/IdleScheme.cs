using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary><c>idle://</c> steps.</summary>
public sealed class IdleScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "idle";

    /// <inheritdoc/>
    public string Syntax => "idle://:PORT[,PORT]...";

    /// <inheritdoc/>
    public string DoneWhen => "no byte moved on these local ports, and no connection was opened to them, for --quiet; connections may stay open";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        LocalPorts.Parse(text, Name, out problem) is { } ports
            ? new TrafficCondition(new IdleRule(), ports, settings, () => SocketTable.Open(ports))
            : null;
}
