using System.Buffers;
using System.Text;
using System.Text.Json;
using Prestop.Core.Messages;
using Prestop.Core.Plans;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>A plan and when each part of it happens at the latest, as <c>--dry-run</c> prints it.</summary>
internal static class Timeline
{
    /// <summary>Draws a plan for people.</summary>
    /// <param name="invocation">The plan and what follows it.</param>
    /// <param name="flaws">What it cannot do.</param>
    public static string Draw(Invocation.Wait invocation, IReadOnlyList<string> flaws)
    {
        var plan = invocation.Plan;
        var text = new StringBuilder();
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            var step = plan.Steps[i];
            var longest = plan.LongestOf(step);
            Row(text, plan.LatestBegin(i), step is PauseStep ? $"sleep {TextForm.Length(longest)}" : $"wait for {step.Text}, {AtMost(longest)}");
        }

        if (plan.Order is not StepOrder.InOrder)
        {
            Row(text, null, plan.Order is StepOrder.Any ? "side by side; the first that is done ends the wait" : "side by side; all must be done");
        }

        if (plan.Min > TimeSpan.Zero)
        {
            Row(text, plan.Min, "not finished before this (--min)");
        }

        if (plan.Fallback is { } fallback)
        {
            Row(text, fallback, "what cannot be judged until now is passed over (--fallback)");
        }

        var left = invocation.Command.Count > 0 && invocation.Grace > plan.LongestRun ? $", with {TextForm.Length(invocation.Grace - plan.LongestRun)} left" : "";
        Row(text, plan.LongestRun, $"at the latest: {Next(invocation)}{left}");
        foreach (var name in invocation.UnsetInCommand)
        {
            Row(text, null, $"$({name}) is not set: COMMAND gets these words");
        }

        Row(text, null, plan.ContinueOnFailure ? "after a deadline or a broken condition: goes on all the same" : "after a deadline: exit 124; after a broken condition: exit 125");
        if (invocation.Grace is { } grace)
        {
            Row(text, grace, "the grace period ends: SIGKILL");
        }

        foreach (var flaw in flaws)
        {
            text.Append(OneLine.Of($"warning: {flaw}")).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The same as a JSON object on one line. The members are documented in docs/prestop.md.</summary>
    /// <param name="invocation">The plan and what follows it.</param>
    /// <param name="flaws">What it cannot do.</param>
    public static string Json(Invocation.Wait invocation, IReadOnlyList<string> flaws)
    {
        var plan = invocation.Plan;
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("order", plan.Order switch { StepOrder.Any => "any", StepOrder.All => "all", _ => "in-order" });
            json.WriteStartArray("steps");
            for (var i = 0; i < plan.Steps.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("step", plan.Steps[i].Text);
                JsonForm.WriteSeconds(json, "begin_seconds", plan.LatestBegin(i));
                JsonForm.WriteSeconds(json, "max_seconds", plan.LongestOf(plan.Steps[i]));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            JsonForm.WriteSeconds(json, "min_seconds", plan.Min);
            JsonForm.WriteSeconds(json, "fallback_seconds", plan.Fallback);
            json.WriteString("on_failure", plan.ContinueOnFailure ? "continue" : "stop");
            JsonForm.WriteSeconds(json, "end_seconds", plan.LongestRun);
            JsonForm.WriteSeconds(json, "grace_seconds", invocation.Grace);
            WriteTexts(json, "command", invocation.CommandAsWritten);
            WriteTexts(json, "unset", invocation.UnsetInCommand);
            WriteTexts(json, "warnings", flaws);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan) + "\n";
    }

    private static string Next(Invocation.Wait invocation) => invocation.Command.Count == 0 ? "exit" : "run " + string.Join(' ', invocation.CommandAsWritten.Select(Quoted));

    /// <summary>A word of a command so that its ends can be seen.</summary>
    private static string Quoted(string word) =>
        word.Length == 0 || word.Any(symbol => char.IsWhiteSpace(symbol) || symbol is '\'' or '"' or '\\')
            ? $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"
            : word;

    private static string AtMost(TimeSpan longest) => longest == TimeSpan.MaxValue ? "for as long as it takes" : $"at most {TextForm.Length(longest)}";

    private static void Row(StringBuilder text, TimeSpan? at, string what) =>
        text.Append((at is null ? "" : at == TimeSpan.MaxValue ? "never" : TextForm.Length(at)).PadLeft(8)).Append("  ").Append(OneLine.Of(what)).Append('\n');

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
