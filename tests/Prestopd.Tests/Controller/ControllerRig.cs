using System.Net;
using System.Text;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing.Cluster;
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
    private readonly MemoryStream _stderr = new();
    private readonly LineWriter _lines;
    private readonly Removals _removals;
    private readonly ControllerApplication _application;
    private readonly LoadBalancerEvidence? _evidence;

    /// <param name="clock">The clock.</param>
    /// <param name="server">The API server; null: there is none.</param>
    /// <param name="elb">AWS, as with <c>--elb</c>; null: without it.</param>
    /// <param name="mostSearches">How many pods it is asked about at a time.</param>
    /// <param name="random">Spreads attempts after failures; null: somehow.</param>
    /// <param name="exposure">Which pods are drained.</param>
    public ControllerRig(TimeProvider clock, HttpMessageHandler? server = null, IElbApi? elb = null, int mostSearches = 100, Random? random = null, Exposure exposure = Exposure.Service)
    {
        Indexes = new ClusterIndexes(Views.Policy, exposure);
        random ??= Random.Shared;
        _lines = new LineWriter(_stderr, TimeProvider.System);
        Log = new ServerLog(_lines, clock, LogFormat.Text, everything: true);
        Api = new ApiClient(
            new ClusterAccess { Address = new Uri("http://cluster.test/"), Authorities = null, Credentials = new FixedCredentials(new ApiCredential(null)) }, new HttpMessageInvoker(server ?? new NoServer()), clock);
        Later = new BackgroundCalls(Metrics, Log, clock, random);
        Recorder = new Recorder(Log, Metrics, new PodEvents(Api, Later, "prestopd-0", clock));
        var wakes = new Wakes(Api, Later, clock);
        if (elb is not null)
        {
            var feed = new TargetHealthFeed(elb, TimeSpan.FromSeconds(5), clock, new Random(1));
            var waits = new DrainWaits(new TargetGroupSearch(LoadBalancerEvidence.Cluster, elb, clock), LoadBalancerEvidence.Cluster, feed, clock, new Random(1));
            _evidence = new LoadBalancerEvidence(Indexes, Task.CompletedTask, waits, settle: null, Recorder, clock, mostSearches);
        }

        Drains = new Drains(Indexes, Api, wakes, new Replacements(Api, clock), _evidence, Recorder, clock, random);
        Watch = new ClusterWatch(Api, Indexes, Recorder, hasBindings: elb is not null);
        var webhooks = new Webhooks(Indexes, Pods.NativeSleep, Views.Rules);
        _removals = new Removals(Views.Rules, webhooks, Api, new Owners(Api), wakes, Drains, Recorder, clock, random);
        Shutdown = new GracefulShutdown(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), Log, clock);
        _application = new ControllerApplication(webhooks, _removals, Recorder, Shutdown);
    }

    public ServerLog Log { get; }

    public ApiClient Api { get; }

    public ControllerMetrics Metrics { get; } = new();

    public ClusterIndexes Indexes { get; }

    public Recorder Recorder { get; }

    public BackgroundCalls Later { get; }

    public Drains Drains { get; }

    /// <summary>The informers, which a test runs or takes the place of.</summary>
    public ClusterWatch Watch { get; }

    public GracefulShutdown Shutdown { get; }

    /// <summary>A request of the API server's, whose body may be longer than anything that is read: null.</summary>
    public ValueTask<HttpResponse> AnswerAsync(string method, string path, byte[]? body) => _application.AnswerAsync(new HttpRequest(method, path, "", default, new Caller(body)));

    /// <summary>The lines that were logged.</summary>
    public async Task<string[]> LoggedAsync()
    {
        await _lines.FlushAsync();
        return Encoding.UTF8.GetString(_stderr.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Answers a review.</summary>
    /// <exception cref="HttpRequestException">It is answered with something else.</exception>
    public async Task<byte[]> ReviewAsync(WebhookCall call)
    {
        var answer = await AnswerAsync("POST", call.Address.AbsolutePath, call.Body);
        return answer.Status == 200 ? answer.Body.ToArray() : throw new HttpRequestException($"{answer.Status}");
    }

    public async ValueTask DisposeAsync()
    {
        await _removals.DisposeAsync();
        await Drains.DisposeAsync();
        if (_evidence is not null)
        {
            await _evidence.DisposeAsync();
        }

        Shutdown.Dispose();
        Api.Dispose();
    }

    private sealed record Caller(byte[]? Body) : HttpRequest.IClient
    {
        public IPEndPoint Address => new(IPAddress.Loopback, 4711);

        public CancellationToken Aborted => CancellationToken.None;

        public ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync() => new(Body is null ? default(ReadOnlyMemory<byte>?) : Body);
    }

    private sealed class NoServer : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException(HttpRequestError.ConnectionError, "no route", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused));
    }
}
