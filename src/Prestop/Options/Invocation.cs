using Prestop.Core.Plans;

namespace Prestop.Options;

/// <summary>What the user wants, all of it checked.</summary>
internal abstract record Invocation
{
    /// <summary>Print help, the version or suggestions.</summary>
    /// <param name="Text">What to print.</param>
    public sealed record Print(string Text) : Invocation;

    /// <summary>Copy this program.</summary>
    /// <param name="Directory">Where to.</param>
    /// <param name="DryRun">Whether to say so instead.</param>
    public sealed record Install(string Directory, bool DryRun) : Invocation;

    /// <summary>Nothing that could be done.</summary>
    /// <param name="ExitCode">What to exit with.</param>
    /// <param name="Reasons">Why, a line each.</param>
    /// <param name="ToFirstProcess">Whether the container's own log gets them too.</param>
    public sealed record Refusal(int ExitCode, IReadOnlyList<string> Reasons, bool ToFirstProcess) : Invocation;

    /// <summary>Wait, then run the command.</summary>
    /// <param name="Plan">What to wait for.</param>
    /// <param name="Command">What to run then, references replaced; empty: nothing.</param>
    public sealed record Wait(Plan Plan, IReadOnlyList<string> Command) : Invocation
    {
        /// <summary>The command with its references as they are: what they stand for may be secret, so only this is shown.</summary>
        public IReadOnlyList<string> CommandAsWritten { get; init; } = [];

        /// <summary>The variables that the command refers to and that are not set: it gets these references as they are.</summary>
        public IReadOnlyList<string> UnsetInCommand { get; init; } = [];

        /// <summary>The pod's grace period; null when it was not given.</summary>
        public TimeSpan? Grace { get; init; }

        /// <summary>Where and how log lines are written.</summary>
        public required LogSettings Log { get; init; }

        /// <summary>Whether to print the plan instead of waiting.</summary>
        public bool DryRun { get; init; }
    }
}

/// <summary>Where and how log lines are written.</summary>
/// <param name="ToFirstProcess">To the container's own log instead of this process's standard error.</param>
/// <param name="AsJson">As JSON, a line an object.</param>
/// <param name="Detail">How much is told.</param>
internal sealed record LogSettings(bool ToFirstProcess, bool AsJson, LogDetail Detail);

/// <summary>How much is told.</summary>
internal enum LogDetail
{
    /// <summary>The reason of a failure.</summary>
    Failures,

    /// <summary>What changes, and a sign of life.</summary>
    Changes,

    /// <summary>Every attempt.</summary>
    Attempts,
}
