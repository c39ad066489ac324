using System.Net;
using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>dns://</c> steps.</summary>
public sealed class DnsScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "dns";

    /// <inheritdoc/>
    public string Syntax => "dns://NAME";

    /// <inheritdoc/>
    public string DoneWhen => "it resolves";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem)
    {
        var name = text[(Name.Length + "://".Length)..];
        if (IPAddress.TryParse(name, out _))
        {
            problem = $"'{text}': an address needs no resolving; write a name, or wait for tcp://{name}:PORT";
            return null;
        }

        if (!NetworkTarget.IsName(name))
        {
            problem = $"'{text}': '{name}' is not a host name of at most {NetworkTarget.LongestName} ASCII letters, digits, '-', '.' and '_'; "
                + "write dns://NAME, no port and no path";
            return null;
        }

        problem = "";
        return new DnsCondition(name);
    }
}

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
