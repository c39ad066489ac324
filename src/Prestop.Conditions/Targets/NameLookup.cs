using System.Net;
using System.Net.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// Resolves one name again and again, through the C library: hosts file, search domains and all. A lookup cannot be called
/// off, and may take half a minute when name servers are silent: while one runs, no other is begun.
/// </summary>
/// <param name="name">The name, or an address.</param>
/// <param name="family">Which addresses; by default those of both families.</param>
internal sealed class NameLookup(string name, AddressFamily family = AddressFamily.Unspecified)
{
    // .NET throws for 0.0.0.0 and :: where it is to look up a name.
    private readonly IPAddress[]? _address = IPAddress.TryParse(name, out var address) ? [address] : null;
    private Task<IPAddress[]>? _running;

    /// <summary>Looks the name up, or goes on waiting for the lookup that runs.</summary>
    /// <param name="cancellation">Ends the waiting, not the lookup.</param>
    /// <exception cref="SocketException">The name does not resolve, or that cannot be told.</exception>
    public async Task<IPAddress[]> ResolveAsync(CancellationToken cancellation)
    {
        if (_address is not null)
        {
            return _address;
        }

        var lookup = _running ??= Dns.GetHostAddressesAsync(name, family, CancellationToken.None);
        try
        {
            return await lookup.WaitAsync(cancellation);
        }
        finally
        {
            if (lookup.IsCompleted)
            {
                _running = null;
            }
        }
    }
}
