using Prestop.Core.Waiting;

namespace Prestop.Core.Plans;

/// <summary>How the steps of a plan follow each other.</summary>
public enum StepOrder
{
    /// <summary>One after the other.</summary>
    InOrder,

    /// <summary>Side by side; the first that is done ends the plan.</summary>
    Any,

    /// <summary>Side by side; all must be done.</summary>
    All,
}

/// <summary>A step that cannot be done in time.</summary>
/// <param name="Step">Which.</param>
/// <param name="End">When it could end at the earliest, from the plan's start; <see cref="TimeSpan.MaxValue"/> means never.</param>
/// <param name="Deadline">The deadline, from the plan's start.</param>
public readonly record struct ImpossibleStep(Step Step, TimeSpan End, TimeSpan Deadline);

/// <summary>What is to be waited for, and within which bounds. Says nothing about how the end is shown or used.</summary>
public sealed record Plan
{
    /// <summary>The deadline of each condition when <see cref="Max"/> is not given: fits the default grace period of 30 s.</summary>
    public static readonly TimeSpan ConditionMax = TimeSpan.FromSeconds(25);

    /// <summary>The steps; one or more.</summary>
    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>How they follow each other.</summary>
    public StepOrder Order { get; init; }

    /// <summary>The deadline for the whole plan, pauses included; null: <see cref="ConditionMax"/> for each condition.</summary>
    public TimeSpan? Max { get; init; }

    /// <summary>The plan does not end before this much time has passed. Not above <see cref="Max"/>.</summary>
    public TimeSpan Min { get; init; }

    /// <summary>Between two attempts of a condition.</summary>
    public TimeSpan Interval { get; init; } = new WaitingRules().Interval;

    /// <summary>How many attempts in a row must find a condition met.</summary>
    public int Successes { get; init; } = 1;

    /// <summary>Whether the plan goes on to the next step after a deadline or a broken condition.</summary>
    public bool ContinueOnFailure { get; init; }

    /// <summary>A condition that cannot be judged becomes a plain sleep until this long after the plan's start; null: it does not.</summary>
    public TimeSpan? Fallback { get; init; }

    /// <summary>The longest that the plan can take; <see cref="TimeSpan.MaxValue"/> when it may take for ever.</summary>
    public TimeSpan LongestRun
    {
        get
        {
            var steps = Order is StepOrder.InOrder
                ? Steps.Aggregate(TimeSpan.Zero, (sum, step) => Add(sum, LongestOf(step)))
                : Order is StepOrder.Any && Steps.OfType<PauseStep>().Any()
                    ? Steps.OfType<PauseStep>().Min(step => step.Length)
                    : Steps.Max(LongestOf);
            var longest = steps > Min ? steps : Min;
            return Max < longest ? Max.Value : longest;
        }
    }

    /// <summary>
    /// The first step that cannot be done before its deadline however fast the world is, when the plan cannot be done without it; else null.
    /// </summary>
    public ImpossibleStep? FirstImpossible
    {
        get
        {
            ImpossibleStep? first = null;
            var begin = TimeSpan.Zero;
            foreach (var step in Steps)
            {
                var end = Add(begin, ShortestOf(step));
                var deadline = Max ?? (step is PauseStep ? TimeSpan.MaxValue : Add(begin, ConditionMax));

                // A duration that ends at the deadline is done; what a condition needs counts from its first look, which is later than the start.
                if (end > deadline || (end == deadline && end > begin && step is ConditionStep))
                {
                    first ??= new ImpossibleStep(step, end, deadline);
                }
                else if (Order is StepOrder.Any)
                {
                    return null;
                }

                begin = Order is StepOrder.InOrder ? end : TimeSpan.Zero;
            }

            return first;
        }
    }

    /// <summary>The last moment, from the plan's start, at which a condition is still waited for; zero without conditions.</summary>
    public TimeSpan LastDeadline
    {
        get
        {
            TimeSpan begin = TimeSpan.Zero, last = TimeSpan.Zero;
            foreach (var step in Steps)
            {
                var end = Add(begin, LongestOf(step));
                last = step is ConditionStep ? Max ?? end : last;
                begin = Order is StepOrder.InOrder ? end : TimeSpan.Zero;
            }

            return last;
        }
    }

    /// <summary>When a step begins at the latest, from the plan's start.</summary>
    /// <param name="index">The step's place in <see cref="Steps"/>.</param>
    public TimeSpan LatestBegin(int index)
    {
        var begin = TimeSpan.Zero;
        for (var i = 0; i < index && Order is StepOrder.InOrder; i++)
        {
            begin = Add(begin, LongestOf(Steps[i]));
        }

        return Max < begin ? Max.Value : begin;
    }

    /// <summary>The longest that a step can take, the bounds of the whole plan left aside.</summary>
    /// <param name="step">A step of this plan.</param>
    public TimeSpan LongestOf(Step step) => step is PauseStep pause ? pause.Length : Max ?? ConditionMax;

    /// <summary>A sum; for ever where it is too large.</summary>
    internal static TimeSpan Add(TimeSpan a, TimeSpan b) => a > TimeSpan.MaxValue - b ? TimeSpan.MaxValue : a + b;

    /// <summary>The shortest time that a step can take.</summary>
    private TimeSpan ShortestOf(Step step)
    {
        if (step is not ConditionStep wait)
        {
            return LongestOf(step);
        }

        var repeats = Successes == 1 ? 0 : (Successes - 1) * (1 - WaitingRules.Jitter) * Interval.TotalSeconds;
        return Add(wait.Condition.ShortestWait, repeats < Deadline.Longest.TotalSeconds ? TimeSpan.FromSeconds(repeats) : TimeSpan.MaxValue);
    }
}

/// <summary>One thing that a plan waits for.</summary>
/// <param name="Text">The step as the user wrote it.</param>
public abstract record Step(string Text);

/// <summary>A step that is done when a length of time has passed.</summary>
/// <param name="Text">The step as the user wrote it.</param>
/// <param name="Length">Not negative; <see cref="TimeSpan.MaxValue"/> means for ever.</param>
public sealed record PauseStep(string Text, TimeSpan Length) : Step(Text);

/// <summary>A step that is done when a condition is met.</summary>
/// <param name="Text">The step as the user wrote it.</param>
/// <param name="Condition">What is asked; whoever runs the plan disposes of it.</param>
public sealed record ConditionStep(string Text, ICondition Condition) : Step(Text);
