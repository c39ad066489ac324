using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Prestop.Conditions;

/// <summary>A host and a port.</summary>
/// <param name="host">A name or an address, without brackets.</param>
/// <param name="port">1 to 65535.</param>
internal readonly struct NetworkTarget(string host, ushort port)
{
    /// <summary>The longest name that DNS can hold, as text without a last dot (RFC 1035, section 2.3.4).</summary>
    public const int LongestName = 253;

    private static readonly SearchValues<char> NotInAuthority = SearchValues.Create("/?#");

    private static readonly SearchValues<char> InName = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    /// <summary>A name or an address, without brackets.</summary>
    public string Host => host;

    /// <summary>1 to 65535.</summary>
    public ushort Port => port;

    /// <summary>Reads <c>HOST:PORT</c>, the host an IPv6 address in brackets, an IPv4 address, or a name.</summary>
    /// <param name="text">The whole step, scheme included.</param>
    /// <param name="scheme">The scheme's name.</param>
    /// <param name="target">The target.</param>
    /// <param name="problem">What is wrong, with the limit and the fix.</param>
    /// <returns>False when there is a problem.</returns>
    public static bool TryParse(string text, string scheme, out NetworkTarget target, out string problem)
    {
        target = default;
        var rest = text.AsSpan(scheme.Length + "://".Length);
        if (rest.ContainsAny(NotInAuthority))
        {
            problem = $"'{text}': nothing can stand behind the port; write {scheme}://HOST:PORT";
            return false;
        }

        var colon = rest.LastIndexOf(':');
        var bracket = rest.LastIndexOf(']');
        var host = colon > bracket ? rest[..colon] : rest;
        if (host.IsEmpty)
        {
            problem = $"'{text}': no host; write {scheme}://localhost{rest} for this pod";
            return false;
        }

        if (!TryParseHost(host, out var name))
        {
            problem = host.Contains(':') && bracket < 0
                ? $"'{text}': an IPv6 address needs brackets; write {scheme}://[::1]:80"
                : $"'{text}': '{host}' is neither a host name of at most {LongestName} ASCII letters, digits, '-', '.' and '_' nor an address";
            return false;
        }

        if (colon <= bracket)
        {
            problem = $"'{text}': no port; write {scheme}://{host}:PORT";
            return false;
        }

        if (!TryParsePort(rest[(colon + 1)..], out var port))
        {
            problem = $"'{text}': '{rest[(colon + 1)..]}' is not a port; use 1 to 65535";
            return false;
        }

        target = new NetworkTarget(name, port);
        problem = "";
        return true;
    }

    /// <summary>Reads a port.</summary>
    /// <param name="text">Decimal digits, nothing else.</param>
    /// <param name="port">1 to 65535.</param>
    /// <returns>False when it is none.</returns>
    public static bool TryParsePort(ReadOnlySpan<char> text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port != 0;

    /// <summary>True for what DNS and the hosts file can hold, a dot at the end included.</summary>
    /// <param name="text">A name.</param>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        return !name.IsEmpty && name.Length <= LongestName && !name.ContainsAnyExcept(InName)
            && name[0] != '.' && !name.EndsWith('.') && !name.Contains("..", StringComparison.Ordinal);
    }

    private static bool TryParseHost(ReadOnlySpan<char> host, out string name)
    {
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
            name = host.ToString();
            return IPAddress.TryParse(host, out var address) && address.AddressFamily is AddressFamily.InterNetworkV6;
        }

        name = host.ToString();
        return IsName(host);
    }
}
