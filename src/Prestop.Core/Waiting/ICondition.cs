namespace Prestop.Core.Waiting;

/// <summary>
/// Something that can be waited for. It asks once a call; <see cref="WaitingLoop"/> repeats. What stands in the way of an
/// answer is an <see cref="Observation"/>, never an exception.
/// </summary>
public interface ICondition
{
    /// <summary>Looks once.</summary>
    /// <param name="cancellation">Ends the look at once; the only exception that may leave is its cancellation.</param>
    ValueTask<Observation> AskAsync(CancellationToken cancellation);
}
