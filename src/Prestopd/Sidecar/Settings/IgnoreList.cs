using System.Buffers;
using System.Net;
using Prestop.Core.Addresses;

namespace Prestopd.Sidecar;

/// <summary>Requests that say nothing about the load balancer: kubelet's probes, scrapers, uptime checks.</summary>
internal sealed class IgnoreList
{
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:/[]");

    private readonly List<AddressRange> _networks = [];
    private readonly List<string> _userAgents = [];

    private IgnoreList()
    {
    }

    /// <summary>Whether nothing is ignored.</summary>
    public bool IsEmpty => _networks.Count + _userAgents.Count == 0;

    /// <summary>
    /// Reads a list separated by commas. An entry of digits alone, or of digits, a-f, slashes and brackets with a dot or a colon, is meant as an
    /// address or a network; all others are User-Agents.
    /// </summary>
    /// <param name="text">The list; may be empty.</param>
    /// <param name="problem">What is wrong and how to write it, or null.</param>
    public static IgnoreList Parse(string text, out string? problem)
    {
        var list = new IgnoreList();
        problem = null;
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IsMeantAsAddress(entry))
            {
                list._userAgents.Add(entry);
            }
            else if (AddressRange.TryParse(entry, out var network, out var refusal))
            {
                list._networks.Add(network);
            }
            else
            {
                problem ??= $"'{entry}': {refusal}";
            }
        }

        return list;
    }

    /// <summary>Whether a request of this client does not count.</summary>
    /// <param name="address">The peer's address.</param>
    /// <param name="userAgent">The User-Agent header, or null.</param>
    public bool Covers(IPAddress address, string? userAgent)
    {
        var client = InternetAddress.From(address);
        foreach (var network in _networks)
        {
            if (network.Contains(client))
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

    private static bool IsMeantAsAddress(ReadOnlySpan<char> entry) =>
        !entry.ContainsAnyExcept(AddressCharacters) && (entry.ContainsAny('.', ':') || !entry.ContainsAnyExceptInRange('0', '9'));
}
