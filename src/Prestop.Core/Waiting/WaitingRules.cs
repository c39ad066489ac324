namespace Prestop.Core.Waiting;

/// <summary>How a condition is asked again and again.</summary>
public sealed record WaitingRules
{
    /// <summary>The share of the interval by which an attempt may come sooner or later, so that pods do not ask in step.</summary>
    public const double Jitter = 0.1;

    /// <summary>Between the end of an attempt and the start of the next; the first attempt is at once. Default 500 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many attempts in a row must find the condition met; 1 or more. Default 1.</summary>
    public int Successes { get; init; } = 1;

    /// <summary>When a condition that could not be judged is let go; null: never.</summary>
    public Deadline? Fallback { get; init; }
}
