using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary><c>closed://</c> steps.</summary>
public sealed class ClosedScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "closed";

    /// <inheritdoc/>
    public string Syntax => "closed://:PORT[,PORT]...";

    /// <inheritdoc/>
    public string DoneWhen => "no connection to these local ports has existed for --quiet";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        LocalPorts.Parse(text, Name, out problem) is { } ports
            ? new TrafficCondition(new ClosedRule(), ports, settings, () => SocketTable.Open(ports))
            : null;
}
