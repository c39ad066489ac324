using System.Buffers;
using System.Text;
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
