using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>unix://</c> steps.</summary>
public sealed class UnixScheme : IScheme
{
    /// <summary>sun_path of struct sockaddr_un without the NUL at the end (unix(7)).</summary>
    private const int LongestPath = 107;

    /// <inheritdoc/>
    public string Name => "unix";

    /// <inheritdoc/>
    public string Syntax => "unix:///PATH";

    /// <inheritdoc/>
    public string DoneWhen => "it accepts a connection";

    /// <inheritdoc/>
    public bool TakesAtSign => true;

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        LocalPath.Parse(text, Name, LongestPath, out problem) is { } path ? new UnixCondition(path, settings) : null;
}
