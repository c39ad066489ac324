namespace Prestopd.Sidecar;

/// <summary>Every name of the sidecar that somebody outside relies on: variables, flags, routes, metrics.</summary>
internal static class SidecarNames
{
    public const string Command = "sidecar";

    public static readonly Setting Log = new(
        "LOG", "--log", "yes|no", "no", "log requests and the course of the drain to stderr; warnings are always logged");

    public static readonly Setting LogFormat = new(
        "LOG_FORMAT", "--log-format", "text|json", "text", "form of the log lines");

    public static readonly Setting Interval = new(
        "INTERVAL", "--interval", "duration", "10s", "how long a request counts; set it well above the period of the health checks");

    public static readonly Setting Cooldown = new(
        "COOLDOWN", "--cooldown", "duration", "10s", "wait between the last counted request and the release of /waitz");

    public static readonly Setting Port = new(
        "PORT", "--port", "number", "8080", "TCP port to listen on, on all addresses");

    public static readonly Setting MaxWait = new(
        "MAX_WAIT", "--max-wait", "duration", "15m", "longest drain, cooldown included; inf for no limit");

    public static readonly Setting Trigger = new(
        "TRIGGER", "--trigger", "both|signal|waitz", "both",
        "what starts the drain: a signal; a /waitz from loopback that stays 1 s, or else a signal; or whichever comes first");

    public static readonly Setting WaitzToken = new(
        "WAITZ_TOKEN", "--waitz-token", "text", "",
        "only /waitz?token=text starts the drain, wherever it comes from, and no other from loopback; for pods with a mesh");

    public static readonly Setting WaitzStatus = new(
        "WAITZ_STATUS", "--waitz-status", "status", "200", "status of /waitz when the drain has ended");

    public static readonly Setting MaxWaiters = new(
        "MAX_WAITERS", "--max-waiters", "number", "100",
        "callers of /waitz at a time, counted apart for loopback and for all others; more get 503");

    public static readonly Setting MaxConnections = new(
        "MAX_CONNECTIONS", "--max-connections", "number", "500",
        "open connections, counted apart for loopback and for all others; a new one takes the place of the longest idle");

    public static readonly Setting Upstream = new(
        "UPSTREAM", "--upstream", "URL", "", "health check of the application, whose status answers health checks until the drain starts");

    public static readonly Setting UpstreamTimeout = new(
        "UPSTREAM_TIMEOUT", "--upstream-timeout", "duration", "2s", "longest wait for UPSTREAM; then 504");

    public static readonly Setting Ignore = new(
        "IGNORE", "--ignore", "list", "",
        "requests that do not count: addresses (10.0.0.0/8) and beginnings of User-Agent (kube-probe/), separated by commas");

    /// <summary>All settings, in the order of the help text.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        Log, LogFormat, Interval, Cooldown, Port, MaxWait, Trigger, WaitzToken, WaitzStatus, MaxWaiters, MaxConnections, Upstream, UpstreamTimeout, Ignore,
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
        public const string Build = "prestopd_build_info";
    }
}
