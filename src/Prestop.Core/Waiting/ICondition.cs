using System.Diagnostics.CodeAnalysis;

namespace Prestop.Core.Waiting;

/// <summary>
/// Something that can be waited for. It asks once a call; <see cref="WaitingLoop"/> repeats. What stands in the way of an
/// answer is an <see cref="Observation"/>, never an exception. The run of a plan disposes of its conditions; one that holds nothing
/// between its looks need not care.
/// </summary>
public interface ICondition : IAsyncDisposable
{
    /// <summary>
    /// True while a look is under way whose question has reached the target, so that only the answer is missing: the target is
    /// judging, and a fallback does not begin. May be asked from another thread than the look's.
    /// </summary>
    bool IsBeingJudged => false;

    /// <summary>
    /// Whether it may be asked again after it was met, to see whether it still holds. False where asking has effects or costs
    /// of its own: an endpoint that hangs until the pod is drained would hang once more.
    /// </summary>
    bool CanBeWatched => true;

    /// <summary>The shortest time from the first look in which it can be met, as far as that is known beforehand.</summary>
    TimeSpan ShortestWait => TimeSpan.Zero;

    /// <summary>Looks once.</summary>
    /// <param name="cancellation">Ends the look at once; the only exception that may leave is its cancellation.</param>
    ValueTask<Observation> AskAsync(CancellationToken cancellation);

    /// <summary>
    /// The last word when the deadline has come: an observation that is met, where what was seen by then is enough for one; else null. Called
    /// between looks, or while one is under way that was called off.
    /// </summary>
    Observation? AtDeadline() => null;

    /// <summary>Closes what the looks opened. A look that could not be called off may still be under way.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "an interface has no finalizer to suppress")]
    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;
}
