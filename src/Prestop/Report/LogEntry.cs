using Prestop.Core.Waiting;

namespace Prestop.Report;

/// <summary>What a log line tells of. The names are part of the JSON schema: README, "Log lines".</summary>
internal enum LogEvent
{
    /// <summary>A step begins.</summary>
    Started,

    /// <summary>A condition was looked at.</summary>
    Looked,

    /// <summary>A step goes on; a sign of life.</summary>
    Waiting,

    /// <summary>A step is over.</summary>
    Ended,

    /// <summary>The steps are over and the least time is not.</summary>
    Holding,

    /// <summary>All is done.</summary>
    Done,

    /// <summary>Not all is done, and what stands behind the plan follows all the same: by the fallback, or since failures are passed over.</summary>
    WentOn,

    /// <summary>The plan has failed.</summary>
    Failed,

    /// <summary>A signal ended the wait.</summary>
    Interrupted,

    /// <summary>Something was taken for what it seems to be; nothing is wrong.</summary>
    Noted,

    /// <summary>Something in the plan is likely to disappoint.</summary>
    Warning,
}

/// <summary>One log line before it has a form.</summary>
/// <param name="Event">What it tells of.</param>
internal readonly record struct LogEntry(LogEvent Event)
{
    /// <summary>The step as the user wrote it; null where the line is about the whole plan, or there is but one step.</summary>
    public string? Step { get; init; }

    /// <summary>Whether the step is a plain pause.</summary>
    public bool IsPause { get; init; }

    /// <summary>What was found; null where nothing was looked at.</summary>
    public Finding? Finding { get; init; }

    /// <summary>How a wait ended; null while it goes on.</summary>
    public WaitEnd? End { get; init; }

    /// <summary>What was seen, or what there is to say, in words.</summary>
    public string? Seen { get; init; }

    /// <summary>Who keeps the step waiting, the busiest first.</summary>
    public IReadOnlyList<Caller> Callers { get => field ?? []; init; }

    /// <summary>The time since the step, or for the whole plan the plan, began.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>The longest that the step can take; <see cref="TimeSpan.MaxValue"/> means for ever.</summary>
    public TimeSpan? Longest { get; init; }
}
