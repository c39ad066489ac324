using System.Net;
using System.Net.Sockets;

namespace Prestop.Linux.Sockets;

/// <summary>A block of addresses, as CIDR notation names it.</summary>
public readonly struct AddressRange
{
    private readonly InternetAddress _first;
    private readonly int _length;

    /// <summary>Takes over a network; an IPv4 one also holds its addresses in the form ::ffff:a.b.c.d.</summary>
    /// <param name="network">An IPv4 or IPv6 network.</param>
    public AddressRange(IPNetwork network)
    {
        _first = InternetAddress.From(network.BaseAddress);
        _length = network.PrefixLength + (network.BaseAddress.AddressFamily is AddressFamily.InterNetwork ? 96 : 0);
    }

    /// <summary>True when the address lies in this block.</summary>
    /// <param name="address">Any address.</param>
    public bool Contains(InternetAddress address) => _first.SharesPrefix(address, _length);
}
