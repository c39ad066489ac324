using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary>Met when a name has an address.</summary>
/// <param name="name">The name.</param>
internal sealed class DnsCondition(string name) : ICondition
{
    private readonly NameLookup _lookup = new(name);

    // getaddrinfo(3) says "no such name" as well when the server fails for one family and knows of no address of the other.
    private readonly NameLookup[] _perFamily = [new(name, AddressFamily.InterNetwork), new(name, AddressFamily.InterNetworkV6)];

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        var answer = await AskAsync(_lookup, cancellation);
        foreach (var lookup in _perFamily)
        {
            if (answer.Finding is Finding.NotMet)
            {
                answer = await AskAsync(lookup, cancellation);
            }
        }

        return answer;
    }

    private static async Task<Observation> AskAsync(NameLookup lookup, CancellationToken cancellation)
    {
        try
        {
            var addresses = await lookup.ResolveAsync(cancellation);
            var more = addresses.Length > 1 ? $" and {addresses.Length - 1} more" : "";
            return new Observation(Finding.Met, $"resolves to {addresses[0]}{more}");
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData
                ? new Observation(Finding.NotMet, "the name does not exist")
                : SocketFindings.Judge(failure.SocketErrorCode);
        }
    }
}
