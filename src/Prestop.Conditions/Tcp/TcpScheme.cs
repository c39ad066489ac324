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
