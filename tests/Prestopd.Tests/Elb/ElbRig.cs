using System.Net;
using System.Text;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Elb.Tests.Discovery;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Prestopd.Elb;
using Prestopd.Hosting;

namespace Prestopd.Tests.Elb;

/// <summary>
/// The service on fake time, without sockets: requests go straight to the application. There are an Ingress <c>web</c> behind an Application Load Balancer and a Service
/// <c>net</c> behind a Network Load Balancer, both in the namespace <c>shop</c>.
/// </summary>
internal sealed class ElbRig : IDisposable
{
    public const string Pod = "10.0.1.7";

    private readonly MemoryStream _stderr = new();
    private readonly LineWriter _lines;
    private readonly TargetHealthFeed _feed;
    private readonly TargetGroupSearch _search;
    private readonly IRequestHandler _application;

    public ElbRig(int seed = 1, double interval = 5, int maxWaits = 100, double longestShutdown = 290, double maxDelayCap = 900)
    {
        var random = new Random(seed);
        Model = new ElbModel(Clock);
        Api = new ModelElb(Model);
        Web = AddObject(BalancedKind.Ingress, "web", "application");
        Net = AddObject(BalancedKind.Service, "net", "network");
        _feed = new TargetHealthFeed(Api, TimeSpan.FromSeconds(interval), Clock, random);
        _search = new TargetGroupSearch(Cluster, Api, Clock);
        _lines = new LineWriter(_stderr, TimeProvider.System);
        var log = new ServerLog(_lines, Clock, LogFormat.Text, everything: true);
        Shutdown = new GracefulShutdown(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(longestShutdown), log, Clock);
        Places = new TwoLanes(maxWaits);
        _application = new ElbApplication(
            TimeSpan.FromSeconds(maxDelayCap), new DrainWaits(_search, Cluster, _feed, Clock, random), Places, Shutdown, log, Metrics, Clock);
    }

    public FakeClock Clock { get; } = new();

    public ElbModel Model { get; }

    public ModelElb Api { get; }

    public FakeCluster Cluster { get; } = new();

    public ModelGroup Web { get; }

    public ModelGroup Net { get; }

    public TwoLanes Places { get; }

    public GracefulShutdown Shutdown { get; }

    public ElbMetrics Metrics { get; } = new();

    /// <summary>What is told of a wait, in order, without times.</summary>
    public async Task<string[]> LogAsync()
    {
        await _lines.FlushAsync();
        return [.. Encoding.UTF8.GetString(_stderr.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line["2006/01/02 15:04:05 ".Length..])];
    }

    public void At(double seconds, Action action) => Clock.At(TimeSpan.FromSeconds(seconds), action);

    /// <summary>Asks, and moves the clock until the answer is there.</summary>
    public Answer Ask(string query, string accept = "*/*", CancellationToken aborted = default) => Clock.Run(() => AskAsync(query, accept, aborted));

    public async Task<Answer> AskAsync(string query, string accept = "*/*", CancellationToken aborted = default)
    {
        var start = Clock.Now;
        var client = new Client(new IPEndPoint(IPAddress.Parse("10.0.9.9"), 4711), aborted);
        var response = await _application.AnswerAsync(
            new HttpRequest("GET", "/drain-delay", query, Encoding.ASCII.GetBytes($"Host: elb\r\nAccept: {accept}\r\n"), client));
        return new Answer(
            response.Status, response.ContentType, Encoding.UTF8.GetString(response.Body.Span), response.RetryAfter, (Clock.Now - start).TotalSeconds);
    }

    public ModelGroup AddObject(BalancedKind kind, string name, string type)
    {
        var balancer = Model.AddBalancer(name, type);
        Cluster.Objects[new BalancedObject(kind, "shop", name)] = new BalancerAddresses([balancer.DnsName], []);
        var group = Model.AddGroup($"k8s-{name}", balancer);
        group.Set(Pod, "healthy");
        return group;
    }

    public void Dispose()
    {
        _feed.Dispose();
        _search.Dispose();
        Shutdown.Dispose();
    }

    /// <summary>What the client gets, and after how many seconds.</summary>
    internal sealed record Answer(int Status, string? ContentType, string Body, int? RetryAfter, double Seconds);

    private sealed record Client(IPEndPoint Address, CancellationToken Aborted) : HttpRequest.IClient
    {
        public ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync() => throw new NotSupportedException("no route reads a body");
    }
}
