using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary>Met when one of the host's addresses accepts a connection, which is then closed at once.</summary>
/// <param name="target">Where to connect.</param>
/// <param name="settings">The time for name and connection together, and where connections come from.</param>
internal sealed class TcpCondition(NetworkTarget target, ConditionSettings settings) : ICondition
{
    private readonly Connector _connector = new(target.Host, target.Port, settings);

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        try
        {
            using var connection = await _connector.ConnectAsync(cancellation);
            return new Observation(Finding.Met, "accepts connections");
        }
        catch (SocketException failure)
        {
            return SocketFindings.Judge(failure.SocketErrorCode);
        }
    }
}
