using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>
/// What the sidecar logs: the original's lines, word by word, and what the original has not. Members in JSON, where the event has them: <c>path</c>,
/// <c>remote</c>, <c>status</c>, <c>hits</c> (in the window) and <c>seconds</c>.
/// </summary>
/// <param name="log">Where to.</param>
/// <param name="interval">The length of the window.</param>
internal sealed class SidecarLog(ServerLog log, TimeSpan interval) : IDrainObserver
{
    /// <summary>The length of the window as Go prints it.</summary>
    public string Interval { get; } = GoDuration.Text(interval);

    /// <summary>A request was answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="text">Its text, with a line feed.</param>
    public void Answered(in AccessLogEntry request, ReadOnlySpan<byte> text)
    {
        if (log.IsOn)
        {
            log.Info(
                NameOf(request.Kind), text[..^1], new("path", request.Path), new("remote", request.Client), new("status", request.Status), new("hits", request.Hits));
        }
    }

    /// <summary>A caller of <c>/waitz</c> begins to wait.</summary>
    public void Waits(in AccessLogEntry request) => OfWaiter("waitz", $"/waitz from {request.Client} current rate {request.Hits} requests in {Interval}", request);

    /// <summary>A caller of <c>/waitz</c> hung up.</summary>
    public void WaiterLeft(in AccessLogEntry request) => OfWaiter("waitz_gone", "/waitz gone", request);

    /// <summary>A caller of <c>/waitz</c> was sent away, because too many wait already.</summary>
    public void WaiterRefused(in AccessLogEntry request) => OfWaiter("waitz_refused", $"/waitz from {request.Client} status 503", request);

    /// <inheritdoc/>
    public void SignalReceived(string name) => log.Info("signal", $"received signal {name}");

    /// <inheritdoc/>
    public void StartedByWaitz() => log.Info("waitz_trigger", "received /waitz that stays");

    /// <inheritdoc/>
    public void ServesAgain() => log.Info("serving_again", "the last /waitz is gone and no signal came: serving again");

    /// <inheritdoc/>
    public void Draining(long hits) => log.Info("draining", $"shutdown current rate {hits} requests in {Interval}", new LogMember("hits", hits));

    /// <inheritdoc/>
    public void CoolingDown(TimeSpan length) =>
        log.Info("cooldown", $"cooldown for {GoDuration.Text(length)} before releasing /waitz", new LogMember("seconds", length.TotalSeconds));

    /// <inheritdoc/>
    public void CutShort() => log.Info("cut_short", "signal ends the drain now");

    /// <inheritdoc/>
    public void MaxWaitOver(TimeSpan length, long hits) => log.Warning(
        "max_wait_over", $"MAX_WAIT {GoDuration.Text(length)} is over with {hits} requests in the last {Interval}: releasing /waitz all the same");

    /// <inheritdoc/>
    public void Completed() => log.Info("completed", "completed");

    /// <summary>Health checks come too seldom for the window; see <see cref="CheckPeriod"/>.</summary>
    /// <param name="gap">The time between two of them.</param>
    public void IntervalTooShort(TimeSpan gap)
    {
        var seen = TimeSpan.FromSeconds(Math.Round(gap.TotalSeconds, 1));
        var enough = TimeSpan.FromSeconds(Math.Ceiling(gap.TotalSeconds * 2));
        log.Warning(
            "interval_too_short",
            $"INTERVAL {Interval} is not above the check period: requests came {GoDuration.Text(seen)} apart, so a drain would end between two of them; set INTERVAL={GoDuration.Text(enough)}");
    }

    /// <summary>Something that is probably not meant.</summary>
    /// <param name="message">One line that names the value, the limit and the fix.</param>
    public void Doubtful(string message) => log.Warning("settings", message);

    private static string NameOf(RequestKind kind) => kind switch
    {
        RequestKind.Hit => "hit",
        RequestKind.Ignored => "ignored",
        RequestKind.Healthz => "healthz",
        RequestKind.Readyz => "readyz",
        RequestKind.Waitz => "waitz",
        _ => "metrics",
    };

    private void OfWaiter(string name, string message, in AccessLogEntry request) =>
        log.Info(name, message, new("path", request.Path), new("remote", request.Client));
}
