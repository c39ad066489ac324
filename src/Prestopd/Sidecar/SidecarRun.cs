using System.Text;
using Prestop.Core;
using Prestop.Linux.Processes;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>The life of the sidecar: listen, drain, answer who waits, leave.</summary>
internal static class SidecarRun
{
    /// <summary>After the release, everything must be over within a second.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromMilliseconds(600);

    private static readonly TimeSpan FlushPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the drain has ended.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="stderr">Where log lines go.</param>
    /// <param name="signals">What starts the drain, or cuts it short.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SidecarOptions options, Stream stderr, ShutdownSignals signals, TimeProvider time)
    {
        EventLoop.UseOneThread();
        var lines = new LineWriter(stderr);
        var log = new SidecarLog(lines, time, options.LogFormat, options.Log, options.Interval);
        var window = new RateWindow(options.Interval, time);
        using var drain = new Drain(options.Drain, window, time, log);
        using var upstream = options.Upstream is { } address ? new Upstream(address, options.UpstreamTimeout, time) : null;
        var openFiles = OpenFileLimit.Raise();
        var mostConnections = ConnectionTable.Fitting(options.MaxConnections, openFiles);
        using var connections = new ConnectionTable(mostConnections, time);
        var waiters = new TwoLanes(options.MaxWaiters);
        var requests = new RequestCounts();
        var metrics = new SidecarMetrics(options, window, drain, requests, waiters, connections, upstream);
        var application = new SidecarApplication(options, drain, window, log, requests, waiters, upstream, metrics, time);
        using var server = new HttpServer(application, connections, longestBody: 0, time);

        foreach (var warning in options.Warnings)
        {
            log.Doubtful(warning);
        }

        if (mostConnections < options.MaxConnections)
        {
            log.Doubtful(
                $"MAX_CONNECTIONS={options.MaxConnections}: only {mostConnections} fit the limit of {openFiles} open files; raise that limit, or set a lower number");
        }

        if (server.Start(options.Port) is { } refusal)
        {
            lines.Write(Encoding.UTF8.GetBytes(
                $"prestopd sidecar: PORT={options.Port}: cannot listen: {refusal}; stop what listens there, or choose another port\n"));
            await lines.FlushAsync().WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCodes.Usage;
        }

        log.Started();
        signals.HandTo(drain.Signal);
        await drain.Released;
        log.Exiting();
        await server.StopAsync(ClosePatience);
        drain.Leave();
        log.Bye();
        await lines.FlushAsync().WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCodes.Done;
    }
}
