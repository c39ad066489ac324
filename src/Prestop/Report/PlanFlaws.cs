using Prestop.Core.Plans;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>What a plan cannot do, whatever it will find: told as a warning, and by a dry run with its exit code too.</summary>
internal static class PlanFlaws
{
    /// <summary>
    /// What the plan must leave of the grace period. The kubelet counts the hook's time against it and gives the application
    /// at least this long afterwards (minimumGracePeriodInSeconds in kuberuntime_container.go); the hook itself gets no more.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>The flaws, a line each with its fix; none when the plan is sound.</summary>
    /// <param name="invocation">The plan and what surrounds it.</param>
    public static IReadOnlyList<string> Of(Invocation.Wait invocation) =>
        [.. new[] { Grace(invocation), Deadline(invocation), Endless(invocation), Fallback(invocation.Plan) }.OfType<string>()];

    private static string? Grace(Invocation.Wait invocation)
    {
        var plan = invocation.Plan;
        if (invocation.Grace is not { } grace || plan.LongestRun <= grace - Margin)
        {
            return null;
        }

        var longest = plan.LongestRun;
        var fixes = new List<string>();
        if (longest != TimeSpan.MaxValue)
        {
            fixes.Add($"raise terminationGracePeriodSeconds to {Math.Ceiling(longest.TotalSeconds + Margin.TotalSeconds)}");
        }

        if (grace > Margin)
        {
            fixes.Add(Shortening(plan, grace - Margin));
        }

        var flaw = $"the plan can take {TextForm.Length(longest)} of a grace period of {TextForm.Length(grace)}";
        return fixes.Count == 0 ? flaw : $"{flaw}: {string.Join(", or ", fixes)}";
    }

    /// <summary>How the plan can be made to end by a time: by its bounds, unless its steps need longer than that.</summary>
    private static string Shortening(Plan plan, TimeSpan end)
    {
        var bare = plan with { Min = TimeSpan.Zero, Fallback = null };
        if ((bare with { Max = end }).FirstImpossible is not null)
        {
            return $"shorten its steps to {TextForm.Length(end)}";
        }

        string[] options =
        [
            .. bare.LongestRun > end ? ["--max"] : Array.Empty<string>(),
            .. plan.Min > end ? ["--min"] : Array.Empty<string>(),
            .. plan.Fallback > end ? ["--fallback"] : Array.Empty<string>(),
        ];
        return $"lower {string.Join(" and ", options)} to {TextForm.Length(end)}";
    }

    private static string? Deadline(Invocation.Wait invocation)
    {
        if (invocation.Plan.FirstImpossible is not { } impossible)
        {
            return null;
        }

        var isPause = impossible.Step is PauseStep;
        var fix = impossible.End == TimeSpan.MaxValue ? "it never ends"
            : $"it cannot end before {TextForm.Length(impossible.End)}: raise --max {(isPause ? "to" : "above")} that"
                + (isPause ? ", or shorten it" : ", or lower --quiet, --successes or --interval");
        var command = invocation.Command.Count > 0 && !invocation.Plan.ContinueOnFailure ? "; COMMAND is never run" : "";
        return $"'{impossible.Step.Text}' can never be done by the deadline of {TextForm.Length(impossible.Deadline)}, since {fix}{command}";
    }

    /// <summary>A duration for ever ends nothing but the plan itself.</summary>
    private static string? Endless(Invocation.Wait invocation)
    {
        var steps = invocation.Plan.Steps;
        var endless = invocation.Plan switch
        {
            { Max: not null } => null,
            { Order: StepOrder.Any } => steps.All(IsEndless) ? steps[0] : null,
            _ => steps.FirstOrDefault(IsEndless),
        };
        var isFollowed = invocation.Command.Count > 0 || (invocation.Plan.Order is StepOrder.InOrder && steps[^1] != endless);
        return endless is not null && isFollowed
            ? $"'{endless.Text}' never ends, so what follows it is never reached: give a duration that ends"
            : null;

        static bool IsEndless(Step step) => step is PauseStep { Length.Ticks: long.MaxValue };
    }

    private static string? Fallback(Plan plan) =>
        plan.Fallback is { } fallback && plan.Steps.Any(step => step is ConditionStep) && fallback > plan.LastDeadline
            ? $"--fallback {TextForm.Length(fallback)} never begins, since the deadline comes after {TextForm.Length(plan.LastDeadline)}: "
                + $"raise --max to {TextForm.Length(fallback)}, or lower --fallback"
            : null;
}
