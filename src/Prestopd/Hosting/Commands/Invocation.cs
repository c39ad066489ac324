namespace Prestopd.Hosting;

/// <summary>What the command line asks for, all of it checked.</summary>
internal abstract record Invocation
{
    /// <summary>Print help or the version.</summary>
    /// <param name="Text">What to print.</param>
    public sealed record Print(string Text) : Invocation;

    /// <summary>Nothing that could be done.</summary>
    /// <param name="Lines">Why, a line each.</param>
    public sealed record Refusal(IReadOnlyList<string> Lines) : Invocation;

    /// <summary>Run a command.</summary>
    /// <param name="Command">The command as it was called: <c>prestopd sidecar</c>.</param>
    /// <param name="Start">Runs it to its exit code.</param>
    public sealed record Run(string Command, Func<ThisProcess, Task<int>> Start) : Invocation;
}
