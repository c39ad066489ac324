using System.Globalization;
using System.Net;

namespace Prestop.Testing;

/// <summary>
/// The addresses of a node and of its pods, each pod in a network namespace of its own with the node for its default gateway: what the
/// ptp plugin sets up (cni.dev). Words for ip(8), in network namespaces whose loopback is up.
/// </summary>
internal static class PodLink
{
    /// <summary>Where the kubelet's probes come from.</summary>
    public static readonly IPAddress Gateway = IPAddress.Parse("10.244.1.1");

    /// <summary>Where the balancer's requests come from.</summary>
    public static readonly IPAddress Balancer = IPAddress.Parse("10.0.3.7");

    /// <summary>The address of a pod.</summary>
    /// <param name="number">1 to 199.</param>
    public static IPAddress AddressOf(int number) => IPAddress.Parse($"10.244.1.{Text(10 + number)}");

    /// <summary>What the node needs besides.</summary>
    public static string[] Node => [$"addr add {Balancer}/32 dev lo"];

    /// <summary>What links a pod to the node, to be run there.</summary>
    /// <param name="number">Of the pod.</param>
    /// <param name="podNamespace">The path of the pod's network namespace.</param>
    public static string[] OnNode(int number, string podNamespace) =>
    [
        $"link add pod{Text(number)} type veth peer name eth0 netns {podNamespace}",
        $"addr add {Gateway}/32 dev pod{Text(number)}",
        $"link set pod{Text(number)} up",
        $"route add {AddressOf(number)} dev pod{Text(number)} src {Gateway}",
    ];

    /// <summary>What links a pod to the node, to be run in the pod after that.</summary>
    /// <param name="number">Of the pod.</param>
    public static string[] InPod(int number) =>
    [
        $"addr add {AddressOf(number)}/32 dev eth0",
        "link set eth0 up",
        $"route add {Gateway} dev eth0",
        $"route add default via {Gateway}",
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
