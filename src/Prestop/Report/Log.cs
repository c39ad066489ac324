using System.Buffers;
using System.Text;
using Prestop.Linux.Streams;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>Where log lines go, and in which form.</summary>
internal sealed class Log
{
    private const string EraseLine = "\r\e[K";

    private readonly LogTarget _target;
    private readonly bool _asJson;
    private readonly TimeProvider _time;
    private bool _live;

    /// <summary>Opens the log. A first process whose stream cannot be opened is replaced by standard error without a word.</summary>
    /// <param name="settings">Where and how.</param>
    /// <param name="time">The clock of the lines.</param>
    public Log(LogSettings settings, TimeProvider time)
    {
        var first = settings.ToFirstProcess ? LogTarget.OpenFirstProcess() : null;
        (_target, _asJson, _time) = (first ?? LogTarget.StandardError, settings.AsJson, time);
        IsLive = !settings.AsJson && settings.Detail is LogDetail.Changes && _target.IsTerminal;
    }

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
            _target.TryWrite(line.WrittenSpan);
        }
        else
        {
            Write((_live ? EraseLine : "") + TextForm.Words(entry) + "\n");
            _live = false;
        }
    }

    /// <summary>Replaces the live line.</summary>
    /// <param name="words">The new one; cut to the terminal's width.</param>
    public void WriteLive(string words)
    {
        var width = Math.Max(_target.TerminalColumns - 1, 1);
        Write(EraseLine + (words.Length > width ? words[..width] : words));
        _live = true;
    }

    private void Write(string text) => _target.TryWrite(Encoding.UTF8.GetBytes(text));
}
