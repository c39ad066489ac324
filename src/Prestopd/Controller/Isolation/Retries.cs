namespace Prestopd.Controller.Isolation;

/// <summary>
/// When a client that is refused with a time asks again. client-go asks ten times more and then gives up, so that ten gaps must reach the end of a drain, and
/// nobody knows which of them this one is: a long gap first, then nine of five seconds.
/// </summary>
internal static class Retries
{
    /// <summary>The gap in which a drain that ends early is noticed.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LastGaps = 9 * Gap;

    /// <summary>For how long to refuse: one second at least, and never past the end by more than the rounding to a whole one.</summary>
    /// <param name="left">How long the drain goes on at the most.</param>
    public static int After(TimeSpan left)
    {
        var gap = left <= LastGaps + Gap ? (left < Gap ? left : Gap) : left - LastGaps;
        return Math.Max(1, (int)Math.Ceiling(gap.TotalSeconds));
    }

    /// <summary>When everybody who was refused has come again: only then may the pod be deleted by ourselves, or kubectl reports that it is not found.</summary>
    /// <param name="ended">When the drain ended.</param>
    /// <param name="until">When it would have ended at the latest, from which the gaps were told.</param>
    public static DateTimeOffset AllBack(DateTimeOffset ended, DateTimeOffset until)
    {
        var slack = TimeSpan.FromSeconds(2);
        return (ended < until - LastGaps - Gap ? until - LastGaps : ended + Gap) + slack;
    }

    /// <summary>The end that a drain must have at the earliest when its clients were refused with a later one in mind.</summary>
    /// <param name="until">The end that they were told of.</param>
    public static DateTimeOffset EarliestEnd(DateTimeOffset until) => until - LastGaps;
}
