using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary><c>prestopd sidecar</c>: its command line and its life.</summary>
internal static class SidecarCommand
{
    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "sidecar",
        "Answers a pod's health checks, fails them when the pod is to go, and lets /waitz return once they have stopped.",
        SidecarNames.Options,
        options =>
        {
            var sidecar = SidecarOptionsReader.Read(options);
            return process => RunAsync(sidecar, process);
        });

    private static async Task<int> RunAsync(SidecarOptions options, ThisProcess process)
    {
        using var server = new Server(options.Server, process);
        var log = new SidecarLog(server.Log, options.Interval);
        foreach (var warning in options.Warnings)
        {
            log.Doubtful(warning);
        }

        var window = new RateWindow(options.Interval, process.Time);
        using var drain = new Drain(options.Drain, window, process.Time, log);
        using var upstream = options.Upstream is { } address ? new Upstream(address, options.UpstreamTimeout, process.Time) : null;
        var waiters = new TwoLanes(options.MaxWaiters);
        var requests = new RequestCounts();
        var metrics = new SidecarMetrics(options, window, drain, requests, waiters, server.Connections, upstream);
        var application = new SidecarApplication(options, drain, window, log, requests, waiters, upstream, metrics, process.Time);
        return await server.RunAsync(application, drain);
    }
}
