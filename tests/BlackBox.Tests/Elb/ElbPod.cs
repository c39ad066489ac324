using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Elb;

/// <summary>
/// A network with an AWS account and an API server of the test's own in it: an Ingress <c>web</c> and a Service <c>net</c> in the namespace <c>shop</c>, each
/// with a load balancer and a target group. <c>prestopd elb</c> runs in it as process 1 of an empty root, where it has its default port to itself.
/// </summary>
internal sealed class ElbPod : IAsyncDisposable
{
    public const int Port = 8080;

    /// <summary>The address of the pod that is waited for.</summary>
    public const string Ip = "10.0.1.7";

    private readonly TemporaryFolder _folder = new();
    private readonly TestNetwork _network;
    private readonly LoopbackHttp _aws;
    private readonly LoopbackHttp _cluster;
    private readonly ConcurrentQueue<string> _asked = new();
    private Child? _service;

    private ElbPod(TestNetwork network)
    {
        _network = network;
        Api = new ElbQueryService(Model);
        _aws = network.Inside(() => new LoopbackHttp(Api.Answer));
        _cluster = network.Inside(() => new LoopbackHttp(AnswerOfCluster));
        Web = AddObject("apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", "web", "application");
        Net = AddObject("api/v1/namespaces/shop/services/net", "net", "network");
        Variables = new()
        {
            ["AWS_ENDPOINT_URL"] = _aws.Address.ToString(),
            ["AWS_REGION"] = Model.Region,
            ["AWS_ACCESS_KEY_ID"] = ElbQueryService.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = ElbQueryService.Secret,
        };
        Files = new()
        {
            ["/kubeconfig"] = _folder.Write("kubeconfig", $$$"""
                {"apiVersion": "v1", "kind": "Config", "current-context": "test",
                 "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
                 "clusters": [{"name": "test", "cluster": {"server": "{{{_cluster.Address}}}"}}],
                 "users": [{"name": "test", "user": {}}]}
                """),
        };
    }

    public ElbModel Model { get; } = new(TimeProvider.System);

    public ElbQueryService Api { get; }

    /// <summary>Where everything is.</summary>
    public TestNetwork Network => _network;

    /// <summary>The target group of the Ingress <c>web</c>, with the pod in it.</summary>
    public ModelGroup Web { get; }

    /// <summary>The target group of the Service <c>net</c>, with the pod in it.</summary>
    public ModelGroup Net { get; }

    /// <summary>The objects and lists of the cluster by their path, without a query, as JSON.</summary>
    public ConcurrentDictionary<string, JsonNode> Objects { get; } = new();

    /// <summary>What the API server was asked for, in order.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>The environment of the programs.</summary>
    public Dictionary<string, string> Variables { get; }

    /// <summary>The files of their images.</summary>
    public Dictionary<string, string> Files { get; }

    public Child Service => _service ?? throw new HarnessException("start the service first");

    public static async Task<ElbPod> CreateAsync() => new(await TestNetwork.CreateAsync());

    /// <summary>A pod in which the service listens.</summary>
    public static async Task<ElbPod> StartAsync(params string[] options)
    {
        var pod = await CreateAsync();
        await pod.StartServiceAsync(options);
        return pod;
    }

    public async Task StartServiceAsync(params string[] options)
    {
        _service = Program(asPid1: true, ["elb", "--kubeconfig", "/kubeconfig", .. options]);
        await _service.WaitForLineAsync("prestopd elb started");
    }

    /// <summary>Runs <c>prestopd</c> with these words.</summary>
    public Child Program(bool asPid1, params string[] words) =>
        new EmptyRoot { AsPid1 = asPid1, Network = _network, Environment = Variables, Files = Files }.Run("prestopd", words);

    /// <summary>Runs <c>prestop</c> as a hook does.</summary>
    public Child Hook(Dictionary<string, string> environment, params string[] words) =>
        new EmptyRoot { Network = _network, Environment = environment }.Run("prestop", words);

    /// <summary>Runs a program of the system that sees the service.</summary>
    public Child OnHost(string program, params string[] arguments) => new OnHost { Network = _network }.Run(program, arguments);

    /// <summary>Asks with curl.</summary>
    public async Task<(int Status, string Body)> CurlAsync(string pathAndQuery, params string[] options)
    {
        await using var curl = OnHost(
            SystemProgram.Curl, ["--silent", "--show-error", "--write-out", "\n%{http_code}", .. options, $"http://127.0.0.1:{Port}{pathAndQuery}"]);
        await curl.ExitsWithAsync(0);
        var end = curl.Stdout.Text.LastIndexOf('\n');
        return (int.Parse(curl.Stdout.Text[(end + 1)..], CultureInfo.InvariantCulture), curl.Stdout.Text[..end]);
    }

    /// <summary>Asks on a connection of its own, which stays open until the answer has come or it is closed.</summary>
    public async Task<Socket> SendAsync(string pathAndQuery)
    {
        var socket = _network.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {pathAndQuery} HTTP/1.1\r\nHost: elb\r\n\r\n"), TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>The value of a metric.</summary>
    public async Task<double> MetricAsync(string nameAndLabels)
    {
        var (_, body) = await CurlAsync("/metrics");
        var line = body.Split('\n').FirstOrDefault(line => line.StartsWith(nameAndLabels + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[nameAndLabels.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a metric has a value.</summary>
    public async Task UntilMetricAsync(string nameAndLabels, double value)
    {
        while (await MetricAsync(nameAndLabels) != value)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Adds an object that has a load balancer, and the load balancer's group with the pod in it.</summary>
    public ModelGroup AddObject(string path, string name, string type, string targetType = "ip")
    {
        var balancer = Model.AddBalancer($"k8s-shop-{name}", type);
        Objects["/" + path] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop" },
            ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = new JsonArray(new JsonObject { ["hostname"] = balancer.DnsName }) } },
        };
        var group = Model.AddGroup($"k8s-shop-{name}", balancer, targetType);
        group.Set(Ip, "healthy");
        return group;
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        await _aws.DisposeAsync();
        await _cluster.DisposeAsync();
        _network.Dispose();
        _folder.Dispose();
    }

    private HttpReply AnswerOfCluster(HttpCall call)
    {
        _asked.Enqueue($"{call.Method} {call.Path}");
        var missing = new JsonObject
        {
            ["kind"] = "Status",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = "not found",
            ["reason"] = "NotFound",
            ["code"] = 404,
        };
        var found = Objects.GetValueOrDefault(call.Path.Split('?')[0]);
        return new HttpReply(found is null ? 404 : 200, (found ?? missing).ToJsonString()) { ContentType = "application/json" };
    }
}
