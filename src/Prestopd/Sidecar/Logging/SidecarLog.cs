using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Prestopd.Sidecar;

/// <summary>
/// The log. As text, a line is the original's. As JSON it is an object with <c>time</c> (UTC, RFC 3339), <c>level</c> (<c>info</c>,
/// <c>warning</c>), <c>event</c>, <c>message</c> (the text form) and, where the event has them, <c>path</c>, <c>remote</c>,
/// <c>status</c>, <c>hits</c> and <c>seconds</c>.
/// </summary>
/// <param name="lines">Where lines go.</param>
/// <param name="time">The wall clock.</param>
/// <param name="format">Their form.</param>
/// <param name="everything">False: warnings only.</param>
/// <param name="interval">The length of the window.</param>
internal sealed class SidecarLog(LineWriter lines, TimeProvider time, LogFormat format, bool everything, TimeSpan interval) : IDrainObserver
{
    // The layout of Go's log package: LstdFlags.
    private const string TextTime = "yyyy/MM/dd HH:mm:ss ";

    private static readonly JsonWriterOptions Json = new() { SkipValidation = true };

    /// <summary>Whether anything but warnings is logged.</summary>
    public bool IsOn => everything;

    /// <summary>The length of the window as Go prints it.</summary>
    public string Interval { get; } = GoDuration.Text(interval);

    /// <summary>The listener is open.</summary>
    public void Started() => Info("started", "k8s-prestop-sidecar started");

    /// <summary>A request was answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="text">Its text, with a line feed.</param>
    public void Answered(in AccessLogEntry request, ReadOnlySpan<byte> text)
    {
        if (!everything)
        {
            return;
        }

        if (format is LogFormat.Json)
        {
            WriteJson("info", NameOf(request.Kind), text[..^1], request, null, null);
            return;
        }

        WriteText(text);
    }

    /// <summary>A caller of <c>/waitz</c> begins to wait.</summary>
    public void Waits(in AccessLogEntry request) => OfWaiter("waitz", $"/waitz from {request.Remote} current rate {request.Hits} requests in {Interval}", request);

    /// <summary>A caller of <c>/waitz</c> hung up.</summary>
    public void WaiterLeft(in AccessLogEntry request) => OfWaiter("waitz_gone", "/waitz gone", request);

    /// <summary>A caller of <c>/waitz</c> was sent away, because too many wait already.</summary>
    public void WaiterRefused(in AccessLogEntry request) => OfWaiter("waitz_refused", $"/waitz from {request.Remote} status 503", request);

    /// <inheritdoc/>
    public void SignalReceived(string name) => Info("signal", $"received signal {name}");

    /// <inheritdoc/>
    public void StartedByWaitz() => Info("waitz_trigger", "received /waitz that stays");

    /// <inheritdoc/>
    public void ServesAgain() => Info("serving_again", "the last /waitz is gone and no signal came: serving again");

    /// <inheritdoc/>
    public void Draining(long hits) => Info("draining", $"shutdown current rate {hits} requests in {Interval}", hits: hits);

    /// <inheritdoc/>
    public void CoolingDown(TimeSpan length) =>
        Info("cooldown", $"cooldown for {GoDuration.Text(length)} before releasing /waitz", length: length);

    /// <inheritdoc/>
    public void CutShort() => Info("cut_short", "signal ends the drain now");

    /// <inheritdoc/>
    public void MaxWaitOver(TimeSpan length, long hits) => Warning(
        "max_wait_over", $"MAX_WAIT {GoDuration.Text(length)} is over with {hits} requests in the last {Interval}: releasing /waitz all the same");

    /// <inheritdoc/>
    public void Completed() => Info("completed", "completed");

    /// <summary>The listener closes.</summary>
    public void Exiting() => Info("exiting", "exiting");

    /// <summary>The last line.</summary>
    public void Bye() => Info("bye", "bye");

    /// <summary>Health checks come too seldom for the window; see <see cref="CheckPeriod"/>.</summary>
    /// <param name="gap">The time between two of them.</param>
    public void IntervalTooShort(TimeSpan gap)
    {
        var seen = TimeSpan.FromSeconds(Math.Round(gap.TotalSeconds, 1));
        var enough = TimeSpan.FromSeconds(Math.Ceiling(gap.TotalSeconds * 2));
        Warning(
            "interval_too_short",
            $"INTERVAL {Interval} is not above the check period: requests came {GoDuration.Text(seen)} apart, so a drain would end between two of them; set INTERVAL={GoDuration.Text(enough)}");
    }

    /// <summary>Something that is probably not meant.</summary>
    /// <param name="message">One line that names the value, the limit and the fix.</param>
    public void Doubtful(string message) => Warning("settings", message);

    private static string NameOf(RequestKind kind) => kind switch
    {
        RequestKind.Hit => "hit",
        RequestKind.Ignored => "ignored",
        RequestKind.Healthz => "healthz",
        RequestKind.Readyz => "readyz",
        RequestKind.Waitz => "waitz",
        _ => "metrics",
    };

    private void OfWaiter(string name, string message, in AccessLogEntry request)
    {
        if (everything)
        {
            Write("info", name, message, request, null, null);
        }
    }

    private void Info(string name, string message, long? hits = null, TimeSpan? length = null)
    {
        if (everything)
        {
            Write("info", name, message, null, hits, length);
        }
    }

    private void Warning(string name, string message) => Write("warning", name, message, null, null, null);

    private void Write(string level, string name, string message, AccessLogEntry? request, long? hits, TimeSpan? length)
    {
        if (format is LogFormat.Json)
        {
            WriteJson(level, name, Encoding.UTF8.GetBytes(message), request, hits, length);
            return;
        }

        WriteText(Encoding.UTF8.GetBytes(level is "warning" ? $"warning: {message}\n" : $"{message}\n"));
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        ReportDropped();
        var line = ArrayPool<byte>.Shared.Rent(TextTime.Length + text.Length);
        time.GetLocalNow().TryFormat(line, out var length, TextTime, CultureInfo.InvariantCulture);
        text.CopyTo(line.AsSpan(length));
        lines.Write(line.AsSpan(0, length + text.Length));
        ArrayPool<byte>.Shared.Return(line);
    }

    private void WriteJson(string level, string name, ReadOnlySpan<byte> message, AccessLogEntry? request, long? hits, TimeSpan? length)
    {
        ReportDropped();
        var line = new ArrayBufferWriter<byte>(256 + message.Length);
        using (var json = new Utf8JsonWriter(line, Json))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, time.GetUtcNow().UtcDateTime);
            json.WriteString("level"u8, level);
            json.WriteString("event"u8, name);
            json.WriteString("message"u8, message);
            if (request is { } answered)
            {
                json.WriteString("path"u8, answered.Path);
                json.WriteString("remote"u8, answered.Remote);
                if (answered.Status != 0)
                {
                    json.WriteNumber("status"u8, answered.Status);
                    json.WriteNumber("hits"u8, answered.Hits);
                }
            }

            if (hits is { } number)
            {
                json.WriteNumber("hits"u8, number);
            }

            if (length is { } span)
            {
                json.WriteNumber("seconds"u8, span.TotalSeconds);
            }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lines.Write(line.WrittenSpan);
    }

    private void ReportDropped()
    {
        if (lines.TakeDropped() is > 0 and var dropped)
        {
            Warning("log_dropped", $"{dropped} log lines were dropped: stderr is read too slowly");
        }
    }
}
