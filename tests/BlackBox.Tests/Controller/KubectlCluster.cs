using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using BlackBox.Tests.Elb;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestop.Testing.Cluster.ControlPlane;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>
/// A cluster with two nodes and the controllers of a real one, kubectl as it is installed, and <c>prestopd controller</c> with the webhooks, match conditions and
/// rights that <c>deploy/controller</c> gives it.
/// </summary>
internal sealed class KubectlCluster : IAsyncDisposable
{
    private const string Account = "prestop-controller";

    private const string Namespace = "rec";
    private const string Token = "token";

    private readonly LoopbackCluster _cluster = new(TimeProvider.System);
    private readonly TemporaryFolder _folder = new();
    private readonly string _kubeconfig;
    private readonly Controllers _controllers;
    private ControllerReplica? _prestopd;
    private int _fewest = int.MaxValue;

    private KubectlCluster()
    {
        Store.Changed += () =>
        {
            foreach (var pod in Store.All(ApiKind.Pod).Where(pod => pod.IsTerminating()))
            {
                Ends.TryAdd(pod.Name(), (DateTimeOffset.UtcNow, pod));
            }

            InterlockedMin(ref _fewest, Endpoints.Length);
        };
        _kubeconfig = _folder.Write("kubeconfig", _cluster.Kubeconfig());
        foreach (var kind in (ApiKind[])[ApiKind.MutatingWebhooks, ApiKind.ValidatingWebhooks])
        {
            _cluster.Put(Manifests.Of("deploy/controller/webhooks.yaml").Single(each => each.At("kind")!.Text == kind.Kind).ToJson()!.ToJsonString());
        }

        var roles = Manifests.Of("deploy/controller/rbac.yaml").Where(each => each.At("rules") is not null);
        _cluster.Users[Token] = ApiUser.ServiceAccount("prestop", Account) with
        {
            Grants = [.. roles.Select(role => new Grant(role.At("metadata", "namespace")?.Text, role.At("rules")!.ToJson()!.AsArray()))],
        };
        _cluster.Put("""{"kind": "Namespace", "metadata": {"name": "prestop"} }""");
        _cluster.Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "web"} } }""");
        foreach (var node in (string[])["node-1", "node-2"])
        {
            _cluster.Put($$"""{"kind": "Node", "metadata": {"name": "{{node}}"} }""");
        }

        _controllers = new Controllers(_cluster, new NodeSettings { ReadyAfter = TimeSpan.FromSeconds(0.5), EndsAfter = TimeSpan.FromSeconds(0.2) });
    }

    public ObjectStore Store => _cluster.Store;

    /// <summary>The pods of which somebody has got rid: when it was, and how each was then.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, (DateTimeOffset At, JsonObject Pod)> Ends { get; } = new();

    /// <summary>The ready pods of the Service.</summary>
    public string[] Endpoints =>
        [.. (Store.Find(ApiKind.EndpointSlice, Namespace, "web") ?? []).Items("endpoints").Where(each => each.IsTrue("conditions", "ready")).Select(each => each.Text("targetRef", "name")!)];

    /// <summary>The fewest that there were since <see cref="StartAsync"/>.</summary>
    public int FewestEndpoints => _fewest;

    /// <summary>The names of all pods.</summary>
    public string[] Pods => [.. Store.All(ApiKind.Pod).Select(pod => pod.Name())];

    /// <summary>The reviews of deletes and evictions that the controller was asked for.</summary>
    public IEnumerable<Review> Reviews => _cluster.Admission.Reviews.Where(review =>
        review.Request.Text("namespace") == Namespace && (review.Request.Text("operation") == "DELETE" || review.Request.Text("subResource") == "eviction"));

    /// <summary>A Deployment of so many ready pods behind a Service, and a controller that drains for two seconds.</summary>
    public static async Task<KubectlCluster> StartAsync(int replicas, params string[] options)
    {
        var cluster = new KubectlCluster();
        cluster._cluster.Put($$"""
            {"kind": "Deployment", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"replicas": {{replicas}}, "selector": {"matchLabels": {"app": "web"} },
              "template": {"metadata": {"labels": {"app": "web"} }, "spec": {"containers": [{"name": "app", "image": "app"}]} } } }
            """);
        await cluster.ControlAsync(["--mode", "intercept", "--drain", "2s", "--surge-timeout", "6s", .. options]);
        await cluster.UntilAsync(() => cluster.Endpoints.Length == replicas);
        cluster._fewest = replicas;
        return cluster;
    }

    public JsonObject Put(string manifest) => _cluster.Put(manifest);

    /// <summary>A request of the administrator's.</summary>
    public Task<ApiAnswer> SendAsync(string method, string target, JsonNode body) => _cluster.SendAsync(ApiUser.Admin, method, target, body);

    public void ChangePod(string name, Action<JsonObject> change) => _cluster.Change(ApiKind.Pod, Namespace, name, change);

    /// <summary>Waits until something holds, looking again with each change of the cluster.</summary>
    public Task UntilAsync(Func<bool> holds) => _cluster.UntilAsync(holds, TestContext.Current.CancellationToken);

    /// <summary>Runs kubectl to its end.</summary>
    public async Task<(int Code, string Stdout, string Stderr)> KubectlAsync(params string[] arguments)
    {
        await using var kubectl = Kubectl(arguments);
        var status = await kubectl.ExitAsync();
        return (status.Code ?? -1, kubectl.Stdout.Text, kubectl.Stderr.Text);
    }

    /// <summary>Starts kubectl.</summary>
    public Child Kubectl(params string[] arguments) =>
        OnHost.Start(SystemProgram.Kubectl, ["--kubeconfig", _kubeconfig, "--cache-dir", _folder.Path, "--namespace", Namespace, .. arguments]);

    /// <summary>Whether a pod was ended not before its drain's own end.</summary>
    public void HasDrained(string name)
    {
        var (at, pod) = Ends[name];
        var until = DateTimeOffset.Parse(pod.Text("metadata", "annotations", "prestop/drain-until")!, CultureInfo.InvariantCulture);
        Assert.True(at >= until, $"{name} ended at {at:O}, before {until:O}");
    }

    /// <summary>Ends all; what the controller was forbidden would be a right that its manifests lack.</summary>
    public async ValueTask DisposeAsync()
    {
        await _controllers.DisposeAsync();
        var forbidden = _cluster.Requests.Where(request => request is { Status: 401 or 403 } && request.User?.Grants is not null).Select(request => $"{request.Call.Method} {request.Call.Path}").Distinct().ToList();
        if (_prestopd is not null)
        {
            await _prestopd.DisposeAsync();
        }

        await _cluster.DisposeAsync();
        _folder.Dispose();
        Assert.Empty(forbidden);
    }

    /// <summary>Starts the controller, alone in an empty root as in its pod, and waits until the API server trusts its certificate.</summary>
    private async Task ControlAsync(string[] options)
    {
        _prestopd = ControllerReplica.Start(_cluster, _folder, Token, "prestopd-0", ["--service-account", Account, .. options]);
        _cluster.Backends["prestop-controller.prestop.svc"] = [new IPEndPoint(IPAddress.Loopback, _prestopd.Port)];
        await _prestopd.UntilReadyAsync();
    }

    private static void InterlockedMin(ref int least, int value)
    {
        int seen;
        while (value < (seen = Volatile.Read(ref least)) && Interlocked.CompareExchange(ref least, value, seen) != seen)
        {
        }
    }
}
