using System.Globalization;
using System.Text.Json;
using Prestop.Core;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;
using Prestop.Linux.Sockets;

namespace Prestopd.Controller.Injection;

/// <summary>What <c>prestop</c> is asked to wait for in a hook.</summary>
internal static class HookCommand
{
    /// <summary>
    /// The ports on which silence is evidence. All containers have the same network, so they are the same for all: those that Services send to; where
    /// none are known yet, those that the containers name.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="services">The Services that select it.</param>
    /// <returns>The ports, smallest first; none when nobody says.</returns>
    public static IReadOnlyList<int> Ports(JsonElement pod, IReadOnlyList<Service> services)
    {
        var named = PodContainer.All(pod, "containers").Concat(PodContainer.All(pod, "initContainers"))
            .SelectMany(container => container.Content.Items("ports"))
            .Where(port => port.Text("protocol") is null or "TCP")
            .Select(port => (Name: port.Text("name"), Number: (int)(port.Number("containerPort") ?? 0)))
            .Where(port => IsPort(port.Number))
            .ToList();
        var sent = services.SelectMany(service => service.TargetPorts)
            .SelectMany(target => int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? [number]
                : named.Where(port => port.Name == target).Select(port => port.Number))
            .Where(IsPort)
            .ToList();
        return [.. (sent.Count > 0 ? sent : named.Select(port => port.Number)).Distinct().Order()];
    }

    /// <summary>
    /// The arguments. The hook ends at the deadline whatever happens, and never fails: a hook that fails is an event on the pod, and no more.
    /// </summary>
    /// <param name="drain">The deadline.</param>
    /// <param name="ports">The ports; where there are none, the hook sleeps.</param>
    public static string[] Arguments(TimeSpan drain, IReadOnlyList<int> ports)
    {
        var deadline = Duration.FromTimeSpan(drain).ToString();
        string[] log = ["--log-to", "pid1"];
        string[] steps = [.. ports.Chunk(SocketTable.MaxPorts).Select(chunk => $"idle://:{string.Join(',', chunk)}")];
        return steps.Length == 0
            ? [.. log, deadline]
            : [.. log, "--max", deadline, "--fallback", deadline, "--on-failure", "continue", .. steps.Length > 1 ? ["--all"] : Array.Empty<string>(), .. steps];
    }

    private static bool IsPort(int number) => number is >= 1 and <= 65_535;
}
