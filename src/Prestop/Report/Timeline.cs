using System.Text;
using Prestop.Core.Plans;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>A plan and when each part of it happens at the latest, as <c>--dry-run</c> prints it.</summary>
internal static class Timeline
{
    /// <summary>Draws a plan.</summary>
    /// <param name="request">The plan and what follows it.</param>
    public static string Of(Request.Wait request)
    {
        var plan = request.Plan;
        var text = new StringBuilder();
        var at = TimeSpan.Zero;
        foreach (var step in plan.Steps)
        {
            var longest = plan.LongestOf(step);
            var what = step is PauseStep ? $"sleep {TextForm.Length(longest)}" : $"wait for {step.Text}, {AtMost(longest)}";
            Row(text, plan.Order is StepOrder.InOrder ? at : TimeSpan.Zero, what);
            at = at > TimeSpan.MaxValue - longest ? TimeSpan.MaxValue : at + longest;
        }

        if (plan.Order is not StepOrder.InOrder)
        {
            text.Append(plan.Order is StepOrder.Any ? "side by side; the first that is done ends the wait\n" : "side by side; all must be done\n");
        }

        if (plan.Min > TimeSpan.Zero)
        {
            Row(text, plan.Min, "not finished before this (--min)");
        }

        var command = request.Command.Count == 0 ? "exit" : "run " + string.Join(' ', request.CommandAsWritten);
        Row(text, plan.LongestRun, $"at the latest: {command}");
        if (request.Grace is { } grace)
        {
            Row(text, grace, "the grace period ends: SIGKILL");
        }

        return GraceWarning.For(request) is { } warning ? $"{text}warning: {warning}\n" : text.ToString();
    }

    private static string AtMost(TimeSpan longest) => longest == TimeSpan.MaxValue ? "for as long as it takes" : $"at most {TextForm.Length(longest)}";

    private static void Row(StringBuilder text, TimeSpan at, string what) =>
        text.Append((at == TimeSpan.MaxValue ? "never" : TextForm.Length(at)).PadLeft(8)).Append("  ").Append(OneLine.Of(what)).Append('\n');
}
