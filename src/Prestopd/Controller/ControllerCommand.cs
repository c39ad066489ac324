using Prestop.Core;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Certificates;
using Prestopd.Controller.Cluster;
using Prestopd.Controller.Http;
using Prestopd.Controller.Indexes;
using Prestopd.Controller.Isolation;
using Prestopd.Hosting;

namespace Prestopd.Controller;

/// <summary><c>prestopd controller</c>: its command line and its life.</summary>
internal static class ControllerCommand
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A review is answered within 4 s.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(1);

    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "controller",
        "Has pods drained before they end, with no change to their manifests: adds preStop hooks when they are created, or holds up their deletion while they serve on.",
        ControllerNames.Server.Options,
        options =>
        {
            var settings = ControllerSettings.Read(options);
            return process => RunAsync(settings!, process);
        });

    private static async Task<int> RunAsync(ControllerSettings settings, ThisProcess process)
    {
        var time = process.Time;
        using var server = new Server(settings.Server, process);
        using var shutdown = new GracefulShutdown(settings.Notice, settings.Notice + LongestAnswer, server.Log, time);
        using var api = new ApiClient(settings.Cluster, ConnectTimeout, time);
        var metrics = new ControllerMetrics();
        var background = new BackgroundCalls(metrics, server.Log, time, Random.Shared);
        var recorder = new Recorder(server.Log, metrics, new PodEvents(api, background, settings.Instance, time));
        var indexes = new ClusterIndexes(settings.Policy, settings.Exposure);
        var wakes = new Wakes(api, background, time);
        var watch = new ClusterWatch(api, indexes, recorder, hasBindings: settings.Aws is not null || settings.Exposure is Exposure.LoadBalancer);
        using var balancers = settings.Aws?.Connect(LoadBalancerEvidence.Cluster, metrics.Aws, time);
        await using var evidence = balancers is null ? null : new LoadBalancerEvidence(indexes, watch.Listed, balancers.Waits, settings.Settle, recorder, time);
        await using var drains = new Drains(indexes, api, wakes, new Replacements(api, time), evidence, recorder, time, Random.Shared);
        var interception = new Interception(settings.User, settings.SurgeTimeout);
        var webhooks = new Webhooks(indexes, settings.Hooks, interception);
        await using var removals = new Removals(interception, webhooks, api, new Owners(api), wakes, drains, recorder, time, Random.Shared);
        var certificate = new ServingCertificate(SourceOf(settings, api, time), server.Log, time);
        var verification = new WebhookVerification(api, settings.Namespace, settings.WebhookConfiguration, certificate, server.Log, time);
        var routes = new HealthRoutes(
            new HealthPaths(ControllerNames.Routes.Health, ControllerNames.Routes.Ready, ControllerNames.Routes.Metrics),
            () => shutdown.IsReady && watch.IsSynced && certificate.IsThere,
            text => metrics.AddTo(text, watch.Draining, background.Dropped, certificate.Left, verification.Webhooks),
            new ControllerApplication(webhooks, removals, recorder, shutdown));

        using var stop = new CancellationTokenSource();
        var calls = background.RunAsync(CancellationToken.None);
        var work = WorkAsync(
            [certificate.RunAsync(stop.Token), verification.RunAsync(stop.Token), watch.RunAsync(drains, new InformerSettings { Time = time, Random = Random.Shared }, stop.Token)], shutdown, server.Log);
        var code = await server.RunAsync(routes, shutdown, () => certificate.Context);
        await stop.CancelAsync();
        background.Complete();
        await calls.WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await work ? code : ExitCodes.Broken;
    }

    /// <summary>What is done beside the answers. Should it ever fail, the whole program ends, and is started anew: half a controller is none.</summary>
    /// <param name="work">What it is; it ends when it is cancelled.</param>
    /// <param name="shutdown">Ends the server.</param>
    /// <param name="log">Where a failure is told.</param>
    /// <returns>False when it has failed.</returns>
    internal static async Task<bool> WorkAsync(Task[] work, GracefulShutdown shutdown, ServerLog log)
    {
        try
        {
            await await Task.WhenAny(work);
            await Task.WhenAll(work);
            return true;
        }
        catch (Exception unforeseen)
        {
            log.Error("broken", $"{unforeseen.GetType().Name}: {unforeseen.Message}", new LogMember("error", unforeseen.GetType().Name));
            shutdown.Drop();
            return false;
        }
    }

    private static ICertificateSource SourceOf(ControllerSettings settings, ApiClient api, TimeProvider time) => settings.TlsDir is { } folder
        ? new CertificateFolder(folder)
        : new CertificateSecret(api, settings.Namespace, settings.Secret, settings.Service, new TrustBundle(api, settings.WebhookConfiguration), time);
}
