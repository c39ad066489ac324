using Prestop.Core.Waiting;

namespace Prestop.Core.Plans;

/// <summary>Is told what a plan does while it does it. Calls may come from several threads at once when steps run side by side.</summary>
public interface IPlanObserver
{
    /// <summary>A step begins.</summary>
    /// <param name="step">Which.</param>
    /// <param name="longest">The longest it can take; <see cref="TimeSpan.MaxValue"/> means for ever.</param>
    void Started(Step step, TimeSpan longest);

    /// <summary>A condition was looked at.</summary>
    /// <param name="step">Which.</param>
    /// <param name="observation">What was seen.</param>
    void Looked(Step step, Observation observation);

    /// <summary>A step is over.</summary>
    /// <param name="step">Which.</param>
    /// <param name="result">How it ended.</param>
    void Ended(Step step, WaitResult result);

    /// <summary>All steps are over, and the plan's least time is not.</summary>
    /// <param name="left">What is left of it.</param>
    /// <param name="watched">The steps that are looked at meanwhile, since they must hold at its end.</param>
    void HoldsUntilMin(TimeSpan left, IReadOnlyList<Step> watched);
}
