using System.Buffers;
using System.Net;

namespace Prestopd.Sidecar;

/// <summary>Requests that say nothing about the load balancer: kubelet's probes, scrapers, uptime checks.</summary>
internal sealed class IgnoreList
{
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:/");

    private readonly List<IPNetwork> _networks = [];
    private readonly List<string> _userAgents = [];

    private IgnoreList()
    {
    }

    /// <summary>Whether nothing is ignored.</summary>
    public bool IsEmpty => _networks.Count + _userAgents.Count == 0;

    /// <summary>Reads a list separated by commas. An entry made of digits, a-f, dots, colons and slashes is an address, all others are User-Agents.</summary>
    /// <param name="text">The list; may be empty.</param>
    /// <param name="problem">What is wrong and how to write it, or null.</param>
    public static IgnoreList Parse(string text, out string? problem)
    {
        var list = new IgnoreList();
        problem = null;
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.AsSpan().ContainsAnyExcept(AddressCharacters) || entry.AsSpan().IndexOfAny('.', ':') < 0)
            {
                list._userAgents.Add(entry);
            }
            else if (Network(entry) is { } network)
            {
                list._networks.Add(network);
            }
            else
            {
                problem ??= $"{entry} is not an address or a network without host bits; write 10.0.0.7, 10.0.0.0/8 or fd00::/8, for example";
            }
        }

        return list;
    }

    /// <summary>Whether a request of this client does not count.</summary>
    /// <param name="address">The peer's address; IPv4 in its own form, not mapped into IPv6.</param>
    /// <param name="userAgent">The User-Agent header, or null.</param>
    public bool Covers(IPAddress address, string? userAgent)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        foreach (var beginning in _userAgents)
        {
            if (userAgent?.StartsWith(beginning, StringComparison.OrdinalIgnoreCase) is true)
            {
                return true;
            }
        }

        return false;
    }

    // .NET 9 refuses host bits and .NET 10 drops them; both read 10.1 as 10.0.0.1.
    private static IPNetwork? Network(string entry)
    {
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? entry : entry[..slash];
        if (!IPAddress.TryParse(host, out var address) || (!host.Contains(':', StringComparison.Ordinal) && host.Count(c => c == '.') != 3))
        {
            return null;
        }

        var prefix = slash < 0 ? $"{entry}/{address.GetAddressBytes().Length * 8}" : entry;
        return IPNetwork.TryParse(prefix, out var network) && network.BaseAddress.Equals(address) ? network : null;
    }
}
