namespace Prestop.Core.Waiting;

/// <summary>Met when a condition is certainly not met; what cannot be told keeps waiting.</summary>
/// <param name="condition">What must no longer hold.</param>
public sealed class GoneCondition(ICondition condition) : ICondition
{
    /// <inheritdoc/>
    public bool IsBeingJudged => condition.IsBeingJudged;

    /// <inheritdoc/>
    public bool CanBeWatched => condition.CanBeWatched;

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        var seen = await condition.AskAsync(cancellation);
        return seen with
        {
            Finding = seen.Finding switch
            {
                Finding.Met => Finding.NotMet,
                Finding.NotMet or Finding.Absent => Finding.Met,
                _ => seen.Finding,
            },
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => condition.DisposeAsync();
}
