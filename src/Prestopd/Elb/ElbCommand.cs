using Prestop.Core.Options;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary><c>prestopd elb</c>: its command line and its life.</summary>
internal static class ElbCommand
{
    /// <summary>Room for health checks, scrapers and callers that are sent away, beside the waits.</summary>
    private const int ConnectionsBesideWaits = 200;

    private const int MostWaits = 20_000;

    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "elb",
        "Answers /drain-delay when AWS load balancers have let go of a pod, so that its preStop hook need not guess.",
        ElbNames.ServiceOptions,
        Read);

    private static Func<ThisProcess, Task<int>> Read(OptionReader options)
    {
        var maxWaits = options.Number(ElbNames.MaxWaits, 1, MostWaits) ?? 5000;
        var server = ServerOptions.Read(options, "prestopd elb", MostWaits, logsEverything: true) with { MaxConnections = maxWaits + ConnectionsBesideWaits };
        var cap = options.Length(ElbNames.MaxDelayCap, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(15);
        var notice = options.Length(ElbNames.Notice, TimeSpan.Zero, TimeSpan.FromMinutes(10)) ?? TimeSpan.FromSeconds(5);
        var shutdown = options.Length(ElbNames.Shutdown, notice, TimeSpan.FromDays(1)) ?? TimeSpan.FromSeconds(290);
        var settings = ElbSettings.Read(options);
        if (settings is { Cluster: null })
        {
            options.Add(settings.ClusterProblem);
        }

        return process => RunAsync(server, settings!, cap, maxWaits, (notice, shutdown), process);
    }

    private static async Task<int> RunAsync(
        ServerSettings settings, ElbSettings access, TimeSpan longestDelay, int maxWaits, (TimeSpan Notice, TimeSpan Longest) end, ThisProcess process)
    {
        using var server = new Server(settings, process);
        using var shutdown = new GracefulShutdown(end.Notice, end.Longest, server.Log, process.Time);
        var metrics = new ElbMetrics();
        using var api = access.Client(process.Time);
        using var balancers = access.Connect(api, metrics.Aws, process.Time);
        var places = new TwoLanes(maxWaits);
        var application = new ElbApplication(longestDelay, balancers.Waits, places, shutdown, server.Log, metrics, process.Time);
        var routes = new HealthRoutes(
            new HealthPaths(ElbNames.Routes.Health, ElbNames.Routes.Ready, ElbNames.Routes.Metrics),
            () => shutdown.IsReady,
            text => metrics.AddTo(text, places.Taken, balancers.Feed.Groups, balancers.Search.Age),
            application);
        return await server.RunAsync(routes, shutdown);
    }
}
