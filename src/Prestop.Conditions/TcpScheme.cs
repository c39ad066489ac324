using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>tcp://</c> steps.</summary>
public sealed class TcpScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "tcp";

    /// <inheritdoc/>
    public string Syntax => "tcp://HOST:PORT";

    /// <inheritdoc/>
    public string DoneWhen => "it accepts a connection";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        NetworkTarget.TryParse(text, Name, out var target, out problem) ? new TcpCondition(target, settings) : null;
}

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
