using System.Runtime.InteropServices;
using System.Text;
using Prestop.Core;
using Prestop.Linux.Processes;

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
    /// <param name="time">The clock.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SidecarOptions options, Stream stderr, TimeProvider time)
    {
        var lines = new LineWriter(stderr);
        var log = new SidecarLog(lines, time, options.LogFormat, options.Log, options.Interval);
        var window = new RateWindow(options.Interval, time);
        using var drain = new Drain(options.Drain, window, time, log);
        using var upstream = options.Upstream is { } address ? new Upstream(address, options.UpstreamTimeout, time) : null;
        var openFiles = OpenFileLimit.Raise();
        var mostConnections = ConnectionLimit.Fitting(options.MaxConnections, openFiles);
        var connections = new ConnectionLimit(mostConnections);
        var waiters = new Waiters(options.MaxWaiters);
        var requests = new RequestCounts();
        var metrics = new SidecarMetrics(options, window, drain, requests, waiters, connections, upstream);
        var application = new SidecarApplication(options, drain, window, log, requests, waiters, upstream, metrics);
        using var server = new SidecarServer(options.Port, connections);
        using var terminated = OnSignal(PosixSignal.SIGTERM, "terminated", drain);
        using var interrupted = OnSignal(PosixSignal.SIGINT, "interrupt", drain);

        foreach (var warning in options.Warnings)
        {
            log.Doubtful(warning);
        }

        if (mostConnections < options.MaxConnections)
        {
            log.Doubtful(
                $"MAX_CONNECTIONS={options.MaxConnections}: only {mostConnections} fit the limit of {openFiles} open files; raise that limit, or set a lower number");
        }

        if (await server.OpenAsync(application) is { } refusal)
        {
            lines.Write(Encoding.UTF8.GetBytes(
                $"prestopd sidecar: PORT={options.Port}: cannot listen: {refusal}; stop what listens there, or choose another port\n"));
            await lines.FlushAsync().WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCodes.Usage;
        }

        log.Started();
        await drain.Released;
        log.Exiting();
        await server.CloseAsync(ClosePatience, time);
        drain.Leave();
        log.Bye();
        await lines.FlushAsync().WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCodes.Done;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, string name, Drain drain) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            drain.Signal(name);
        });
}
