using System.Globalization;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Core.Waiting;

namespace Prestop.Report;

/// <summary>Log lines for people.</summary>
internal static class TextForm
{
    /// <summary>The words of an entry, without a line end.</summary>
    /// <param name="entry">The entry.</param>
    public static string Words(in LogEntry entry) => OneLine.Of("prestop: " + entry.Event switch
    {
        LogEvent.Started when entry.IsPause => $"sleeping {Length(entry.Longest)}",
        LogEvent.Started => $"waiting for {entry.Step}{AtMost(entry.Longest)}",
        LogEvent.Looked => $"{entry.Step}: {entry.Seen}",
        LogEvent.Waiting => $"{Subject(entry)}{Seen(entry)} ({Progress(entry)}){Callers(entry)}",
        LogEvent.Ended => $"{Subject(entry)}: {Ending(entry.End)}{Seen(entry)} after {Length(entry.Elapsed)}",
        LogEvent.Holding => $"steps done; holding {Length(entry.Longest)} more, until --min{Condition(entry)}",
        LogEvent.Done => $"done after {Length(entry.Elapsed)}{Seen(entry)}",
        LogEvent.WentOn => $"went on after {Length(entry.Elapsed)}: {Culprit(entry)}{Ending(entry.End)}{Seen(entry)}",
        LogEvent.Failed => $"{Culprit(entry)}{Ending(entry.End)} after {Length(entry.Elapsed)}{Seen(entry)}{Callers(entry)}",
        LogEvent.Noted => $"{entry.Step}: {entry.Seen}",
        LogEvent.Interrupted => $"ended by {entry.Seen} after {Length(entry.Elapsed)}",
        _ => $"warning: {(entry.Step is null ? "" : entry.Step + ": ")}{entry.Seen}",
    });

    /// <summary>Elapsed time, and what it is measured against.</summary>
    /// <param name="entry">An entry with both.</param>
    public static string Progress(in LogEntry entry) =>
        entry.Longest == TimeSpan.MaxValue ? Length(entry.Elapsed) : $"{Length(entry.Elapsed)} of {Length(entry.Longest)}";

    /// <summary>A length of time as people read it, to about three figures.</summary>
    /// <param name="span">Any length; null is none.</param>
    public static string Length(TimeSpan? span) => span switch
    {
        null => "0s",
        { } value when value == TimeSpan.MaxValue => "for ever",
        { } value when value < TimeSpan.FromMilliseconds(100) => Rounded(value, TimeSpan.TicksPerMillisecond),
        { } value when value < TimeSpan.FromSeconds(10) => Rounded(value, 10 * TimeSpan.TicksPerMillisecond),
        { } value => Rounded(value, 100 * TimeSpan.TicksPerMillisecond),
    };

    private static string Rounded(TimeSpan span, long unit) =>
        Duration.FromTimeSpan(new TimeSpan((Math.Min(span.Ticks, long.MaxValue - unit) + (unit / 2)) / unit * unit)).ToString();

    private static string Subject(in LogEntry entry) => entry.IsPause ? $"sleep {entry.Step}" : entry.Step!;

    private static string Condition(in LogEntry entry) => entry.Step is null ? "" : $"; {entry.Step} must hold then";

    private static string Culprit(in LogEntry entry) => entry.Step is null ? "" : $"{Subject(entry)}: ";

    private static string AtMost(TimeSpan? longest) => longest == TimeSpan.MaxValue ? "" : $", at most {Length(longest)}";

    private static string Seen(in LogEntry entry) => string.IsNullOrEmpty(entry.Seen) ? "" : $": {entry.Seen}";

    private static string Callers(in LogEntry entry) =>
        entry.Callers.Count == 0 ? "" : $"; busiest: {string.Join("; ", entry.Callers.Select(caller => $"{caller.Address}: {Activity(caller)}"))}";

    private static string Activity(Caller caller)
    {
        var open = caller.OpenConnections == 1 ? "1 connection" : $"{caller.OpenConnections} connections";
        string?[] parts =
        [
            caller.RequestsPerSecond > 0 ? $"{Rate(caller.RequestsPerSecond, "request")} on {open}" : null,
            caller.NewConnectionsPerSecond > 0 ? Rate(caller.NewConnectionsPerSecond, "connection") : null,
        ];
        return string.Join(", ", parts.OfType<string>()) is { Length: > 0 } activity ? activity : open;
    }

    private static string Rate(double perSecond, string what) => perSecond >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Round(perSecond)} {what}{(perSecond < 1.5 ? "" : "s")}/s")
        : string.Create(CultureInfo.InvariantCulture, $"a {what} every {1 / perSecond:0.#} s");

    private static string Ending(WaitEnd? end) => end switch
    {
        WaitEnd.Met => "done",
        WaitEnd.DeadlineExceeded => "deadline exceeded",
        WaitEnd.Broken => "broken",
        WaitEnd.FellBack => "could not be judged until --fallback",
        _ => "called off",
    };
}
