using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Cluster;
using Prestopd.Controller.Http;
using Prestopd.Controller.Indexes;
using Prestopd.Controller.Isolation;
using Prestopd.Hosting;
using Prestopd.Tests.Controller.Injection;
using Prestopd.Tests.Controller.Isolation;

namespace Prestopd.Tests.Controller;

/// <summary>One replica of the controller on fake time, without sockets: reviews go straight to it, and what it asks of the API server straight to a handler.</summary>
internal sealed class ControllerRig : IAsyncDisposable
{
    private readonly LineWriter _lines;
    private readonly Removals _removals;
    private readonly LoadBalancerEvidence? _evidence;

    /// <param name="clock">The clock.</param>
    /// <param name="server">The API server; null: there is none.</param>
    /// <param name="elb">AWS, as with <c>--elb</c>; null: without it.</param>
    /// <param name="mostSearches">How many pods it is asked about at a time.</param>
    public ControllerRig(FakeClock clock, HttpMessageHandler? server = null, IElbApi? elb = null, int mostSearches = 100)
    {
        _lines = new LineWriter(new MemoryStream(), clock);
        Clock = clock;
        Log = new ServerLog(_lines, clock, LogFormat.Text, everything: true);
        Api = new ApiClient(
            new ClusterAccess { Address = new Uri("http://cluster.test/"), Authorities = null, Credentials = new Nobody() }, new HttpMessageInvoker(server ?? new NoServer()), clock);
        Later = new BackgroundCalls(Metrics, Log, clock);
        var recorder = new Recorder(Log, Metrics, new PodEvents(Api, Later, "prestopd-0", clock));
        var wakes = new Wakes(Api, Later, clock);
        if (elb is not null)
        {
            var feed = new TargetHealthFeed(elb, TimeSpan.FromSeconds(5), clock, new Random(1));
            var waits = new DrainWaits(new TargetGroupSearch(new NoInstances(), elb, clock), new NoInstances(), feed, clock, new Random(1));
            _evidence = new LoadBalancerEvidence(Indexes, Task.CompletedTask, waits, settle: null, recorder, clock, mostSearches);
        }

        Drains = new Drains(Indexes, Api, wakes, new Replacements(Api, clock), _evidence, recorder, clock);
        var webhooks = new Webhooks(Indexes, Pods.NativeSleep, Views.Rules);
        _removals = new Removals(Views.Rules, webhooks, Api, new Owners(Api), wakes, Drains, recorder, clock);
        Shutdown = new GracefulShutdown(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), Log, clock);
        Application = new ControllerApplication(webhooks, _removals, recorder, Shutdown);
    }

    public FakeClock Clock { get; }

    public ServerLog Log { get; }

    public ApiClient Api { get; }

    public ControllerMetrics Metrics { get; } = new();

    public ClusterIndexes Indexes { get; } = new(Views.Policy);

    public BackgroundCalls Later { get; }

    public Drains Drains { get; }

    public GracefulShutdown Shutdown { get; }

    public ControllerApplication Application { get; }

    public async ValueTask DisposeAsync()
    {
        await Drains.DisposeAsync();
        if (_evidence is not null)
        {
            await _evidence.DisposeAsync();
        }

        _removals.Dispose();
        Shutdown.Dispose();
        Api.Dispose();
    }

    private sealed class Nobody : IApiCredentials
    {
        public ApiCredential Current { get; } = new(null);

        public Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class NoServer : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException(HttpRequestError.ConnectionError, "no route", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused));
    }
}
