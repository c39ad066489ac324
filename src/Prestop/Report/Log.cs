using System.Buffers;
using System.Text;
using Prestop.Core.Waiting;
using Prestop.Linux.Streams;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>Where log lines go, and in which form.</summary>
internal sealed class Log
{
    private const string EraseLine = "\r\e[K";

    private readonly LogTarget _target = LogTarget.StandardError;
    private readonly LogTarget? _reasons;
    private readonly bool _asJson;
    private readonly TimeProvider _time;
    private bool _live;

    /// <summary>Opens the log.</summary>
    /// <param name="settings">Where and how.</param>
    /// <param name="time">The clock of the lines.</param>
    public Log(LogSettings settings, TimeProvider time)
    {
        (_asJson, _time) = (settings.AsJson, time);
        if (settings.ToFirstProcess)
        {
            if (LogTarget.OpenFirstProcess(out var isOwn, out var problem) is { } first)
            {
                // The kubelet shows what a hook that failed wrote to its own standard error.
                (_target, _reasons) = (first, isOwn ? null : LogTarget.StandardError);
            }
            else
            {
                Problem = $"{OptionTable.LogTo.Name} pid1: {problem}; this log goes to standard error";
            }
        }

        IsLive = !settings.AsJson && settings.Detail is LogDetail.Changes && _target.IsTerminal;
    }

    /// <summary>Why the lines do not go where they should; null when they do.</summary>
    public string? Problem { get; }

    /// <summary>Whether a wait is shown as one line that changes in place.</summary>
    public bool IsLive { get; }

    /// <summary>Writes a line.</summary>
    /// <param name="entry">What it tells.</param>
    public void Write(in LogEntry entry)
    {
        if (_asJson)
        {
            var line = new ArrayBufferWriter<byte>(256);
            JsonForm.Write(entry, _time.GetUtcNow(), line);
            line.Write("\n"u8);
            Write(line.WrittenSpan, entry.Event);
        }
        else
        {
            Write(Encoding.UTF8.GetBytes((_live ? EraseLine : "") + TextForm.Words(entry) + "\n"), entry.Event);
            _live = false;
        }
    }

    /// <summary>Replaces the live line.</summary>
    /// <param name="words">The new one; cut to the terminal's width.</param>
    public void WriteLive(string words)
    {
        var width = Math.Max(_target.TerminalColumns - 1, 1);
        _target.TryWrite(Encoding.UTF8.GetBytes(EraseLine + Columns.Cut(words, width)));
        _live = true;
    }

    private void Write(ReadOnlySpan<byte> line, LogEvent entry)
    {
        _target.TryWrite(line);
        if (entry is LogEvent.Failed or LogEvent.WentOn)
        {
            _reasons?.TryWrite(line);
        }
    }
}

/// <summary>What a log line tells of. The names are part of the JSON schema: docs/prestop.md, "Log lines".</summary>
internal enum LogEvent
{
    /// <summary>A step begins.</summary>
    Started,

    /// <summary>A condition was looked at.</summary>
    Looked,

    /// <summary>A step goes on; a sign of life.</summary>
    Waiting,

    /// <summary>A step is over.</summary>
    Ended,

    /// <summary>The steps are over and the least time is not.</summary>
    Holding,

    /// <summary>All is done.</summary>
    Done,

    /// <summary>Not all is done, and what stands behind the plan follows all the same: by the fallback, or since failures are passed over.</summary>
    WentOn,

    /// <summary>The plan has failed.</summary>
    Failed,

    /// <summary>A signal ended the wait.</summary>
    Interrupted,

    /// <summary>Something was taken for what it seems to be; nothing is wrong.</summary>
    Noted,

    /// <summary>Something in the plan is likely to disappoint.</summary>
    Warning,
}

/// <summary>One log line before it has a form.</summary>
/// <param name="Event">What it tells of.</param>
internal readonly record struct LogEntry(LogEvent Event)
{
    /// <summary>The step as the user wrote it; null where the line is about the whole plan, or there is but one step.</summary>
    public string? Step { get; init; }

    /// <summary>Whether the step is a plain pause.</summary>
    public bool IsPause { get; init; }

    /// <summary>What was found; null where nothing was looked at.</summary>
    public Finding? Finding { get; init; }

    /// <summary>How a wait ended; null while it goes on.</summary>
    public WaitEnd? End { get; init; }

    /// <summary>What was seen, or what there is to say, in words.</summary>
    public string? Seen { get; init; }

    /// <summary>Who keeps the step waiting, the busiest first.</summary>
    public IReadOnlyList<Caller> Callers { get => field ?? []; init; }

    /// <summary>The time since the step, or for the whole plan the plan, began.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>The longest that the step can take; <see cref="TimeSpan.MaxValue"/> means for ever.</summary>
    public TimeSpan? Longest { get; init; }
}
