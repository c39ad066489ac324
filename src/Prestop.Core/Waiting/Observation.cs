namespace Prestop.Core.Waiting;

/// <summary>One answer of a condition.</summary>
/// <param name="Finding">What the look showed.</param>
/// <param name="Seen">The same in words for a log line: lower case, no full stop, no secrets (<c>status 503</c>).</param>
public readonly record struct Observation(Finding Finding, string Seen)
{
    /// <summary>
    /// When the condition knows better than the interval when the next look is worth while (the quiet period is about to
    /// end; the server said <c>Retry-After</c>): the time until then. Otherwise null.
    /// </summary>
    public TimeSpan? LookAgainIn { get; init; }

    /// <summary>True when somebody or something answered, so that the finding is a judgement.</summary>
    public bool IsJudged => Finding is Finding.Met or Finding.NotMet;
}
