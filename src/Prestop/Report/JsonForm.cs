using System.Buffers;
using System.Text.Json;
using Prestop.Core.Waiting;

namespace Prestop.Report;

/// <summary>Log lines for machines: one JSON object a line. The members are documented in docs/prestop.md.</summary>
internal static class JsonForm
{
    /// <summary>Writes an entry, without a line end.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="now">The wall-clock time of the line.</param>
    /// <param name="output">Where to.</param>
    public static void Write(in LogEntry entry, DateTimeOffset now, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("time", now.UtcDateTime);
        json.WriteString("level", LevelOf(entry.Event));
        json.WriteString("event", NameOf(entry.Event));
        if (entry.Step is { } step)
        {
            json.WriteString("step", step);
        }

        if (entry.Finding is { } finding)
        {
            json.WriteString("finding", NameOf(finding));
        }

        if (entry.End is { } end)
        {
            json.WriteString("end", NameOf(end));
        }

        if (!string.IsNullOrEmpty(entry.Seen))
        {
            json.WriteString("seen", entry.Seen);
        }

        WriteSeconds(json, "elapsed_seconds", entry.Elapsed);
        WriteSeconds(json, "max_seconds", entry.Longest);
        if (entry.Callers.Count > 0)
        {
            json.WriteStartArray("busiest");
            foreach (var caller in entry.Callers)
            {
                json.WriteStartObject();
                json.WriteString("address", caller.Address);
                json.WriteNumber("open_connections", caller.OpenConnections);
                json.WriteNumber("requests_per_second", Math.Round(caller.RequestsPerSecond, 3));
                json.WriteNumber("new_connections_per_second", Math.Round(caller.NewConnectionsPerSecond, 3));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a length of time; nothing for one that is not given or for ever.</summary>
    /// <param name="json">Where to, inside an object.</param>
    /// <param name="name">The member's name.</param>
    /// <param name="span">The length.</param>
    public static void WriteSeconds(Utf8JsonWriter json, string name, TimeSpan? span)
    {
        if (span is { } value && value != TimeSpan.MaxValue)
        {
            json.WriteNumber(name, Math.Round(value.TotalSeconds, 3));
        }
    }

    private static string LevelOf(LogEvent entry) => entry switch
    {
        LogEvent.Failed => "error",
        LogEvent.Warning or LogEvent.Interrupted or LogEvent.WentOn => "warning",
        _ => "info",
    };

    private static string NameOf(LogEvent entry) => entry switch
    {
        LogEvent.Started => "started",
        LogEvent.Looked => "looked",
        LogEvent.Waiting => "waiting",
        LogEvent.Ended => "ended",
        LogEvent.Holding => "holding",
        LogEvent.Done => "done",
        LogEvent.WentOn => "went-on",
        LogEvent.Failed => "failed",
        LogEvent.Interrupted => "interrupted",
        LogEvent.Noted => "noted",
        _ => "warning",
    };

    private static string NameOf(Finding finding) => finding switch
    {
        Finding.Met => "met",
        Finding.NotMet => "not-met",
        Finding.Absent => "absent",
        Finding.Unclear => "unclear",
        _ => "broken",
    };

    private static string NameOf(WaitEnd end) => end switch
    {
        WaitEnd.Met => "met",
        WaitEnd.DeadlineExceeded => "deadline-exceeded",
        WaitEnd.Broken => "broken",
        WaitEnd.FellBack => "fell-back",
        _ => "cancelled",
    };
}
