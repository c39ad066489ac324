using System.Globalization;
using System.Text;
using Prestop.Core;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>Writes <c>/metrics</c> in the Prometheus text format, version 0.0.4.</summary>
internal sealed class SidecarMetrics(
    SidecarOptions options,
    RateWindow window,
    Drain drain,
    RequestCounts requests,
    TwoLanes waiters,
    ConnectionTable connections,
    Upstream? upstream)
{
    /// <summary>The media type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

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
    public string Text()
    {
        var text = new StringBuilder(2048);
        Counter(text, SidecarNames.Metrics.Hits, "Health checks that were counted.", requests[RequestKind.Hit]);

        Family(text, SidecarNames.Metrics.Requests, "counter", "Requests by what they were taken for.");
        foreach (var (kind, route) in Routes)
        {
            Line(text, SidecarNames.Metrics.Requests, $"{{route=\"{route}\"}}", requests[kind]);
        }

        Gauge(text, SidecarNames.Metrics.HitsInWindow, "Health checks in the window now.", window.Count);
        Gauge(text, SidecarNames.Metrics.Window, "Length of the window.", options.Interval.TotalSeconds);

        Family(text, SidecarNames.Metrics.State, "gauge", "1 for the state of the drain.");
        var state = drain.State;
        foreach (var (one, name) in States)
        {
            Line(text, SidecarNames.Metrics.State, $"{{state=\"{name}\"}}", one == state ? 1 : 0);
        }

        Gauge(text, SidecarNames.Metrics.Drain, "Time since the drain began; 0 while serving.", drain.Lasted.TotalSeconds);
        Gauge(text, SidecarNames.Metrics.Waiters, "Callers of /waitz that wait.", waiters.Taken);
        Counter(text, SidecarNames.Metrics.WaitersRefused, "Callers of /waitz that were sent away with 503.", waiters.Refused);
        Gauge(text, SidecarNames.Metrics.Connections, "Open connections.", connections.Open);
        Counter(text, SidecarNames.Metrics.ConnectionsRefused, "New connections closed at once, because all others were being answered.", connections.Refused);
        Counter(text, SidecarNames.Metrics.ConnectionsEvicted, "Idle connections closed to make room for new ones.", connections.Evicted);

        if (upstream is not null)
        {
            Family(text, SidecarNames.Metrics.UpstreamRequests, "counter", "Questions to UPSTREAM by outcome.");
            Line(text, SidecarNames.Metrics.UpstreamRequests, "{outcome=\"answered\"}", upstream.Answered);
            Line(text, SidecarNames.Metrics.UpstreamRequests, "{outcome=\"failed\"}", upstream.Failed);
            Line(text, SidecarNames.Metrics.UpstreamRequests, "{outcome=\"timeout\"}", upstream.TimedOut);
        }

        Family(text, SidecarNames.Metrics.Build, "gauge", "1, labelled with the version.");
        Line(text, SidecarNames.Metrics.Build, $"{{version=\"{ProductVersion.Text}\"}}", 1);
        return text.ToString();
    }

    private static void Counter(StringBuilder text, string name, string help, double value)
    {
        Family(text, name, "counter", help);
        Line(text, name, "", value);
    }

    private static void Gauge(StringBuilder text, string name, string help, double value)
    {
        Family(text, name, "gauge", help);
        Line(text, name, "", value);
    }

    private static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");
}
