using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>file://</c> steps.</summary>
public sealed class FileScheme : IScheme
{
    /// <summary>PATH_MAX of linux/limits.h without the NUL at the end.</summary>
    private const int LongestPath = 4095;

    /// <inheritdoc/>
    public string Name => "file";

    /// <inheritdoc/>
    public string Syntax => "file:///PATH";

    /// <inheritdoc/>
    public string DoneWhen => "it exists";

    /// <inheritdoc/>
    public bool TakesAtSign => true;

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        LocalPath.Parse(text, Name, LongestPath, out problem) is { } path ? new FileCondition(path) : null;
}
