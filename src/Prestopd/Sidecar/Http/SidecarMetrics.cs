using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>What <c>/metrics</c> answers.</summary>
internal sealed class SidecarMetrics(
    SidecarOptions options,
    RateWindow window,
    Drain drain,
    RequestCounts requests,
    TwoLanes waiters,
    ConnectionTable connections,
    Upstream? upstream)
{
    private static readonly (RequestKind Kind, string Route)[] Routes =
    [
        (RequestKind.Hit, "hit"),
        (RequestKind.Ignored, "ignored"),
        (RequestKind.Healthz, "healthz"),
        (RequestKind.Readyz, "readyz"),
        (RequestKind.Waitz, "waitz"),
        (RequestKind.Metrics, "metrics"),
    ];

    private static readonly (DrainState State, string Name)[] States =
    [
        (DrainState.Serving, "serving"),
        (DrainState.Draining, "draining"),
        (DrainState.CoolingDown, "cooldown"),
        (DrainState.Released, "released"),
    ];

    /// <summary>The values now.</summary>
    public HttpResponse Response()
    {
        var text = new MetricsText();
        text.Counter(SidecarNames.Metrics.Hits, "Health checks that were counted.").Add(requests[RequestKind.Hit]);
        var counts = text.Counter(SidecarNames.Metrics.Requests, "Requests by what they were taken for.");
        foreach (var (kind, route) in Routes)
        {
            counts.Add(requests[kind], ("route", route));
        }

        text.Gauge(SidecarNames.Metrics.HitsInWindow, "Health checks in the window now.").Add(window.Count);
        text.Gauge(SidecarNames.Metrics.Window, "Length of the window.").Add(options.Interval.TotalSeconds);

        var states = text.Gauge(SidecarNames.Metrics.State, "1 for the state of the drain.");
        var state = drain.State;
        foreach (var (one, name) in States)
        {
            states.Add(one == state ? 1 : 0, ("state", name));
        }

        text.Gauge(SidecarNames.Metrics.Drain, "Time since the drain began; 0 while serving.").Add(drain.Lasted.TotalSeconds);
        text.Gauge(SidecarNames.Metrics.Waiters, "Callers of /waitz that wait.").Add(waiters.Taken);
        text.Counter(SidecarNames.Metrics.WaitersRefused, "Callers of /waitz that were sent away with 503.").Add(waiters.Refused);
        text.Gauge(SidecarNames.Metrics.Connections, "Open connections.").Add(connections.Open);
        text.Counter(SidecarNames.Metrics.ConnectionsRefused, "New connections closed at once, because all others were being answered.").Add(connections.Refused);
        text.Counter(SidecarNames.Metrics.ConnectionsEvicted, "Idle connections closed to make room for new ones.").Add(connections.Evicted);

        if (upstream is not null)
        {
            text.Counter(SidecarNames.Metrics.UpstreamRequests, "Questions to UPSTREAM by outcome.")
                .Add(upstream.Answered, ("outcome", "answered"))
                .Add(upstream.Failed, ("outcome", "failed"))
                .Add(upstream.TimedOut, ("outcome", "timeout"));
        }

        return text.Response();
    }
}
