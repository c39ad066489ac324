using Prestop.Core.Options;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>Every name of the sidecar that somebody outside relies on: options and their variables, routes, metrics.</summary>
internal static class SidecarNames
{
    public static readonly OptionSpec Log = new("--log", "yes|no", "no",
        "log requests and the course of the drain to stderr; warnings are always logged");

    public static readonly OptionSpec Interval = new("--interval", "D", "10s",
        "how long a request counts; set it well above the period of the health checks");

    public static readonly OptionSpec Cooldown = new("--cooldown", "D", "10s", "wait between the last counted request and the release of /waitz");

    public static readonly OptionSpec MaxWait = new("--max-wait", "D", "15m", "longest drain, cooldown included; inf for no limit");

    public static readonly OptionSpec Trigger = new("--trigger", "both|signal|waitz", "both",
        "what starts the drain: a signal; a /waitz from loopback that stays 1 s, or else a signal; or whichever comes first");

    public static readonly OptionSpec WaitzToken = new("--waitz-token", "TEXT", "none",
        "only /waitz?token=TEXT starts the drain, wherever it comes from, and no other from loopback; for pods with a mesh")
    {
        IsSecret = true,
    };

    public static readonly OptionSpec WaitzStatus = new("--waitz-status", "STATUS", "200", "status of /waitz when the drain has ended");

    public static readonly OptionSpec MaxWaiters = new("--max-waiters", "N", "100",
        "callers of /waitz at a time, counted apart for loopback and for all others; more get 503");

    public static readonly OptionSpec Upstream = new("--upstream", "URL", "none",
        "health check of the application, whose status answers health checks until the drain starts");

    public static readonly OptionSpec UpstreamTimeout = new("--upstream-timeout", "D", "2s", "longest wait for the application; then 504");

    public static readonly OptionSpec Ignore = new("--ignore", "LIST", "none",
        "requests that do not count: addresses (10.0.0.0/8) and beginnings of User-Agent (kube-probe/), separated by commas");

    /// <summary>All options, in the order of help and README.</summary>
    public static IReadOnlyList<OptionSpec> Options { get; } =
    [
        Log, ServerOptions.LogFormat, Interval, Cooldown, ServerOptions.Port, MaxWait, Trigger, WaitzToken, WaitzStatus, MaxWaiters,
        ServerOptions.MaxConnections, Upstream, UpstreamTimeout, Ignore,
    ];

    /// <summary>The paths that do not count as health checks; every other path does.</summary>
    public static class Routes
    {
        public const string Waitz = "/waitz";
        public const string Readyz = "/readyz";
        public const string Healthz = "/healthz";
        public const string Metrics = "/metrics";

        /// <summary>The target of <c>OPTIONS *</c>, which asks for the server and not for a page.</summary>
        public const string Server = "*";
    }

    /// <summary>Prometheus metric families.</summary>
    public static class Metrics
    {
        public const string Hits = "prestopd_sidecar_hits_total";
        public const string Requests = "prestopd_sidecar_requests_total";
        public const string HitsInWindow = "prestopd_sidecar_window_hits";
        public const string Window = "prestopd_sidecar_window_seconds";
        public const string State = "prestopd_sidecar_state";
        public const string Drain = "prestopd_sidecar_drain_seconds";
        public const string Waiters = "prestopd_sidecar_waiters";
        public const string WaitersRefused = "prestopd_sidecar_waiters_refused_total";
        public const string Connections = "prestopd_sidecar_connections";
        public const string ConnectionsEvicted = "prestopd_sidecar_connections_evicted_total";
        public const string ConnectionsRefused = "prestopd_sidecar_connections_refused_total";
        public const string UpstreamRequests = "prestopd_sidecar_upstream_requests_total";
    }
}
