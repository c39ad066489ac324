using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary><c>idle://</c> and <c>closed://</c> steps.</summary>
/// <param name="name">The scheme's name.</param>
/// <param name="rule">What counts.</param>
internal sealed class TrafficScheme(string name, TrafficRule rule) : IScheme
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Syntax => name + "://:PORT[,PORT]...";

    /// <inheritdoc/>
    public string DoneWhen => rule.DoneWhen;

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        ParsePorts(text, out problem) is { } ports ? new TrafficCondition(rule, ports, settings, () => SocketTable.Open(ports)) : null;

    /// <summary>Reads the part <c>:8080[,9090]</c>; doubles are left out.</summary>
    private ushort[]? ParsePorts(string text, out string problem)
    {
        var list = text.AsSpan(name.Length + "://".Length);
        if (!list.StartsWith(':'))
        {
            problem = $"'{text}': {name}:// takes local ports only, no host and no path; write {name}://:8080 or {name}://:8080,9090";
            return null;
        }

        list = list[1..];
        var ports = new List<ushort>();
        foreach (var range in list.Split(','))
        {
            var item = list[range];
            if (!NetworkTarget.TryParsePort(item, out var port))
            {
                problem = $"'{text}': '{item}' is not a port; use 1 to 65535";
                return null;
            }

            if (!ports.Contains(port))
            {
                ports.Add(port);
            }
        }

        if (ports.Count > SocketTable.MaxPorts)
        {
            problem = $"'{text}': {ports.Count} ports; one step takes at most {SocketTable.MaxPorts}, write several steps";
            return null;
        }

        problem = "";
        return [.. ports];
    }
}
