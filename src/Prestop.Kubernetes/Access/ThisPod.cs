using System.Net;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Access;

/// <summary>
/// The pod that this process runs in, as far as a container can tell, so that it can be recognised among a Service's endpoints. Its
/// addresses come from <c>POD_IP</c> and <c>POD_IPS</c> (set by the pod's author from <c>status.podIP</c> and <c>status.podIPs</c>) and
/// from the lines of the kubelet's hosts file that name the host. An endpoint is this pod's when it has one of the addresses, or when it
/// refers to a pod with this host name.
/// </summary>
public sealed class ThisPod
{
    // A pod's host name is its name, cut to what Linux takes for one.
    private const int LongestHostName = 63;

    private const StringSplitOptions Trimmed = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private readonly HashSet<IPAddress> _addresses;
    private readonly string? _hostName;
    private readonly string? _namespace;

    private ThisPod(HashSet<IPAddress> addresses, string? hostName, string? @namespace, string label) =>
        (_addresses, _hostName, _namespace, Label) = (addresses, hostName, @namespace, label);

    /// <summary>The pod in a message: its first address, else <c>pod NAME</c>.</summary>
    public string Label { get; }

    /// <summary>
    /// Whether an address is known. The host name alone can be something else than the pod's name (the node's, with
    /// <c>hostNetwork</c>; <c>spec.hostname</c>), so that not finding it says nothing.
    /// </summary>
    public bool HasAddress => _addresses.Count > 0;

    /// <summary>Collects the pod's addresses, host name and namespace.</summary>
    /// <param name="environment">The container's variables and files.</param>
    /// <param name="problem">Why the pod cannot be recognised and what to do about it, in one line; else empty.</param>
    /// <returns>The pod, or null when there is a problem.</returns>
    public static ThisPod? Find(ContainerEnvironment environment, out string problem)
    {
        var hostName = environment.Variable("HOSTNAME") ?? environment.File("/etc/hostname", out _);
        var addresses = new List<IPAddress>();
        foreach (var variable in (ReadOnlySpan<string>)["POD_IP", "POD_IPS"])
        {
            foreach (var text in (environment.Variable(variable) ?? "").Split(',', Trimmed))
            {
                if (!IPAddress.TryParse(text, out var address))
                {
                    problem = $"{variable} holds '{text}'; it must be an IP address: set it from {FieldOf(variable)}";
                    return null;
                }

                addresses.Add(Plain(address));
            }
        }

        if (hostName is not null)
        {
            addresses.AddRange(InHostsFile(environment.File("/etc/hosts", out _) ?? "", hostName));
        }

        if (addresses.Count == 0 && hostName is null)
        {
            problem = "nothing tells which endpoint is this pod; set POD_IP from status.podIP (fieldRef)";
            return null;
        }

        problem = "";
        return new ThisPod(
            [.. addresses],
            hostName,
            InCluster.Namespace(environment, out _),
            addresses.Count > 0 ? addresses[0].ToString() : $"pod {hostName}");
    }

    /// <summary>Whether an endpoint is this pod's.</summary>
    /// <param name="endpoint">An endpoint of any Service.</param>
    public bool Is(Endpoint endpoint)
    {
        if (_hostName is not null
            && endpoint.PodName is { } name
            && HostNameOf(name) == _hostName
            && (endpoint.PodNamespace ?? _namespace) == (_namespace ?? endpoint.PodNamespace))
        {
            return true;
        }

        foreach (var text in endpoint.Addresses)
        {
            if (IPAddress.TryParse(text, out var address) && _addresses.Contains(Plain(address)))
            {
                return true;
            }
        }

        return false;
    }

    private static string FieldOf(string variable) => variable == "POD_IP" ? "status.podIP" : "status.podIPs";

    private static string HostNameOf(string podName) =>
        podName.Length > LongestHostName ? podName[..LongestHostName].TrimEnd('-', '.') : podName;

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IEnumerable<IPAddress> InHostsFile(string hosts, string hostName)
    {
        foreach (var line in hosts.Split('\n', Trimmed))
        {
            var words = line.Split('#')[0].Split([' ', '\t'], Trimmed);
            if (words.Length > 1
                && words.AsSpan(1).Contains(hostName)
                && IPAddress.TryParse(words[0], out var address)
                && !IPAddress.IsLoopback(address))
            {
                yield return Plain(address);
            }
        }
    }
}
