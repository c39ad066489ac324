using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>The part <c>:8080[,9090]</c> of a step.</summary>
internal static class LocalPorts
{
    /// <summary>Reads the ports of a step; doubles are left out.</summary>
    /// <param name="text">The whole step, scheme included.</param>
    /// <param name="scheme">The scheme's name.</param>
    /// <param name="problem">What is wrong, with the limit and the fix.</param>
    /// <returns>The ports, or null when there is a problem.</returns>
    public static ushort[]? Parse(string text, string scheme, out string problem)
    {
        var list = text.AsSpan(scheme.Length + "://".Length);
        if (!list.StartsWith(':'))
        {
            problem = $"'{text}': {scheme}:// takes local ports only, no host and no path; write {scheme}://:8080 or {scheme}://:8080,9090";
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
