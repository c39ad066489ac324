using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing;
using Prestop.Testing.ApiServer;
using Prestopd.Controller;
using Prestopd.Controller.Audit;
using Xunit;

namespace Prestopd.Tests.Controller.Audit;

/// <summary>The reading of a cluster against an API server that keeps lists, gives them in pages, and refuses what a test says.</summary>
public sealed class ClusterReaderTests : IAsyncDisposable
{
    private const string Web =
        """{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}}}""";

    private const string WebService =
        """{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}""";

    private readonly ObjectLists _objects = new();
    private readonly FakeClock _time = new();
    private readonly LoopbackHttp _server;
    private readonly ApiClient _client;

    public ClusterReaderTests()
    {
        _server = new LoopbackHttp(_objects.Answer);
        _client = new ApiClient(
            new ClusterAccess { Address = _server.Address, Authorities = null, Credentials = new FixedCredentials(new ApiCredential(null)) }, TimeSpan.FromMinutes(1), _time);
        _objects.Add("/api/v1/namespaces", """{"metadata": {"name": "shop"}}""");
        _objects.Add("/apis/apps/v1/namespaces/shop/deployments", Web);
        _objects.Add("/api/v1/namespaces/shop/services", WebService);
    }

    [Fact]
    public async Task A_cluster_is_audited_as_its_manifests_would_be()
    {
        for (var number = 0; number < 250; number++)
        {
            _objects.Add("/api/v1/namespaces/shop/pods", $$$"""
                {"metadata": {"name": "web-{{{number}}}", "namespace": "shop", "labels": {"app": "web"}, "ownerReferences": [{"kind": "ReplicaSet", "controller": true}]}, "spec": {"containers": [{"name": "app"}]}}
                """);
        }

        _objects.Add("/api/v1/namespaces/shop/pods", """{"metadata": {"name": "bare", "namespace": "shop", "labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}""");
        _objects.Add("/apis/policy/v1/namespaces/shop/poddisruptionbudgets", """{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, "maxUnavailable": 0}}""");

        var found = AuditRules.Run(await ReadAsync());

        Assert.Equal(
            ["no-hook: Deployment shop/web, container app", "no-hook: Pod shop/bare, container app", "budget-blocks: PodDisruptionBudget shop/web"],
            found.Select(finding => $"{finding.Rule}: {finding.Subject}"));
        Assert.Equal(["", "100", "200"], _objects.Calls.Where(call => call.Path.EndsWith("/pods", StringComparison.Ordinal)).Select(call => call.Query.GetValueOrDefault("continue", "")));
        Assert.All(_objects.Calls, call => Assert.Equal("GET", call.Method));
    }

    [Fact]
    public async Task All_namespaces_are_asked_for_at_once()
    {
        _objects.Add("/apis/apps/v1/deployments", Web);
        _objects.Add("/api/v1/services", WebService);
        _objects.Replies["/api/v1/namespaces"] = new HttpReply(
            200, """{"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "shop", "annotations": {"prestop/mode": "inject"}}}]}""");

        var read = await new ClusterReader(_client, null, _time).ReadAsync(DrainMode.Off, [], TestContext.Current.CancellationToken);

        Assert.Single(read.Value!.All);
        Assert.Empty(AuditRules.Run(read.Value));
        Assert.Equal(
            [
                "/api/v1/namespaces", "/api/v1/pods", "/api/v1/services", "/apis/apps/v1/daemonsets", "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets",
                "/apis/apps/v1/statefulsets", "/apis/policy/v1/poddisruptionbudgets",
            ],
            _objects.Calls.Select(call => call.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/api/v1/namespaces/shop/pods", 403, "list pods in namespace shop", "; a role with verb list on pods allows it")]
    [InlineData("/apis/policy/v1/namespaces/shop/poddisruptionbudgets", 403, "list poddisruptionbudgets.policy in namespace shop", "; a role with verb list on poddisruptionbudgets.policy allows it")]
    [InlineData("/api/v1/namespaces/shop/services", 401, "list services in namespace shop", "; log in again, or name another kubeconfig or context")]
    [InlineData("/api/v1/namespaces/shop", 404, "get namespaces", "")]
    public async Task A_refusal_names_the_verb_and_the_resource(string path, int code, string call, string advice)
    {
        _objects.Replies[path] = ObjectLists.Refusal(code);

        var read = await new ClusterReader(_client, "shop", _time).ReadAsync(DrainMode.Off, [], TestContext.Current.CancellationToken);

        Assert.Equal($"the API server answers {code} to {call}: no{advice}", read.Error!.Message + ClusterReader.AdviceOn(read.Error));
    }

    [Fact]
    public async Task Who_may_not_look_at_namespaces_is_warned_and_goes_on()
    {
        _objects.Replies["/api/v1/namespaces/shop"] = ObjectLists.Refusal(403);
        var warnings = new List<string>();

        var read = await new ClusterReader(_client, "shop", _time).ReadAsync(DrainMode.Off, warnings, TestContext.Current.CancellationToken);

        Assert.True(read.Succeeded);
        Assert.Equal(["the API server answers 403 to get namespaces: no; the annotations of namespaces do not count here"], warnings);
    }

    [Fact]
    public async Task A_server_that_is_busy_is_asked_again_and_in_the_end_given_up()
    {
        _objects.Replies["/api/v1/namespaces/shop/services"] = ObjectLists.Refusal(503) with { Headers = [("Content-Type", "application/json"), ("Retry-After", "3")] };
        var reading = new ClusterReader(_client, "shop", _time).ReadAsync(DrainMode.Off, [], TestContext.Current.CancellationToken);
        for (var again = 0; again < 3; again++)
        {
            await _time.IsWaitedForAsync(TimeSpan.FromSeconds(3));
            _time.Advance(3);
        }

        var error = (await reading).Error!;
        Assert.Equal(4, _objects.Calls.Count(call => call.Path.EndsWith("/services", StringComparison.Ordinal)));
        Assert.Equal("the API server answers 503 to list services in namespace shop: no; given up after 4 tries", error.Message + ClusterReader.AdviceOn(error));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<Manifests> ReadAsync()
    {
        var read = await new ClusterReader(_client, "shop", _time).ReadAsync(DrainMode.Off, [], TestContext.Current.CancellationToken);
        return read.Value ?? throw new InvalidOperationException(read.Error!.Message);
    }
}
