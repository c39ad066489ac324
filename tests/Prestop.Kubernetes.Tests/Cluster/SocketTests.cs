using System.Net;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Xunit;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>The cluster on its sockets: clients that come to it, and webhooks that it goes to.</summary>
public sealed class SocketTests : IAsyncDisposable
{
    private const string Host = "prestopd.prestop.svc";

    /// <summary>Certificates are made by the system's.</summary>
    private readonly FakeClock _clock = new(DateTimeOffset.UtcNow);
    private readonly LoopbackCluster _cluster;
    private readonly ApiClient _client;

    public SocketTests()
    {
        _cluster = new LoopbackCluster(_clock);
        _client = Client("admin-token");
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "web-1", "namespace": "rec", "labels": {"app": "web"} }, "spec": {"nodeName": "node-1"}, "status": {"phase": "Running"} }""");
    }

    [Fact]
    public async Task An_informer_follows_what_happens()
    {
        var informer = new Informer<Pod>(_client, Prestop.Kubernetes.Objects.Pod.Resource, new Selection { Namespace = "rec", LabelSelector = "app in (web, db)", PageSize = 1 });
        Assert.Null(await informer.ListAsync(CancellationToken.None));
        var seen = new List<(ChangeType, string)>();
        Task<ApiError?> FollowAsync(int changes) => informer.WatchAsync(
            change =>
            {
                seen.Add((change.Type, change.Subject.Metadata.Name));
                return seen.Count < changes;
            },
            CancellationToken.None);

        var following = FollowAsync(3);
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "web-2", "namespace": "rec", "labels": {"app": "db"} } }""");
        var patched = await _client.PatchAsync(
            Prestop.Kubernetes.Objects.Pod.Resource, "rec", "web-1", Patch.Merge(JsonFields.Object("""{"metadata": {"labels": {"app": null} } }""")), new WriteOptions(), CancellationToken.None);
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "other", "namespace": "rec", "labels": {"app": "other"} } }""");
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "web-3", "namespace": "rec", "labels": {"app": "web"} } }""");

        Assert.Null(await following);
        Assert.Empty(patched.Value!.Labels);
        Assert.Equal([(ChangeType.Added, "web-2"), (ChangeType.Deleted, "web-1"), (ChangeType.Added, "web-3")], seen);
        Assert.Equal(["web-2", "web-3"], informer.Snapshot().Select(pod => pod.Metadata.Name).Order());

        _cluster.Store.Forget();
        _cluster.Change(ApiKind.Pod, "rec", "web-3", pod => pod["metadata"]!["labels"]!["a"] = "b");
        _cluster.Store.Forget();
        Assert.Equal(ApiFault.Expired, (await FollowAsync(9))?.Fault);
        Assert.False(informer.IsCurrent);
    }

    [Fact]
    public async Task A_token_is_a_user_and_a_user_may_what_his_roles_say()
    {
        var rules = JsonNode.Parse("""[{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["prestop"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]""")!.AsArray();
        _cluster.Users["token"] = ApiUser.ServiceAccount("rec", "default") with { Grants = [new Grant("rec", rules)] };
        using var client = Client("token");
        using var stranger = Client("nobody's");

        var list = await client.ListAsync(Service.Resource, new Selection(), CancellationToken.None);
        var eviction = await client.EvictAsync("rec", "web-1", new DeleteOptions(), CancellationToken.None);
        var pod = await client.GetAsync(Prestop.Kubernetes.Objects.Pod.Resource, "rec", "web-1", CancellationToken.None);
        var unknown = await stranger.GetAsync(Prestop.Kubernetes.Objects.Pod.Resource, "rec", "web-1", CancellationToken.None);

        Assert.Equal((string)JsonNode.Parse(Recording.Load("error-403-list").Answer)!["message"]!, list.Error!.Status!.Message);
        Assert.Contains("cannot create resource \"pods/eviction\" in API group \"\" in the namespace \"rec\"", eviction.Error!.Status!.Message, StringComparison.Ordinal);
        Assert.True(pod.Succeeded);
        Assert.Equal((ApiFault.Unauthorized, "Unauthorized"), (unknown.Error!.Fault, unknown.Error.Status!.Message));
        Assert.Contains(_cluster.Requests, request => request is { Status: 403, User.Name: "system:serviceaccount:rec:default" });
    }

    [Theory]
    [InlineData("the webhook's authority", ApiFault.Forbidden)]
    [InlineData("another authority", null)]
    [InlineData("no certificate", null)]
    [InlineData("another name", null)]
    public async Task A_webhook_is_called_over_TLS_that_its_configuration_vouches_for(string bundle, ApiFault? fault)
    {
        using var authority = CertificateMaker.Authority("webhook-ca");
        using var other = CertificateMaker.Authority("webhook-ca");
        using var certificate = CertificateMaker.Issue(authority, bundle == "another name" ? "elsewhere.test" : Host, [], DateTimeOffset.UtcNow.AddDays(1));
        HttpCall? seen = null;
        await using var webhook = new LoopbackHttp(
            call =>
            {
                seen = call;
                return Answer(call, """{"allowed": false, "status": {"code": 403, "message": "no"} }""");
            },
            tls: new SslServerAuthenticationOptions { ServerCertificate = certificate });
        Configure(webhook, bundle switch
        {
            "another authority" => other.ExportCertificatePem(),
            "no certificate" => "ABC",
            _ => authority.ExportCertificatePem(),
        });

        var deleted = await DeleteAsync();

        Assert.Equal(fault, deleted.Succeeded ? null : deleted.Error!.Fault);
        Assert.Equal(fault is null, seen is null);
        Assert.Equal(fault is not null, _cluster.Admission.Reviews.Single().Response is not null);
        if (seen is not null)
        {
            // Recorded: path, query and header fields of a call.
            Assert.Equal(
                ("POST", "/validate-pods?timeout=5s", Host, "kube-apiserver-admission", "application/json"),
                (seen.Method, seen.Target, seen.ServerName, seen.Headers["user-agent"], seen.Headers["content-type"]));
        }
    }

    [Fact]
    public async Task A_webhook_that_is_too_slow_is_passed_over()
    {
        using var authority = CertificateMaker.Authority("webhook-ca");
        using var certificate = CertificateMaker.Issue(authority, Host, [], DateTimeOffset.UtcNow.AddDays(1));
        var called = new TaskCompletionSource();
        await using var webhook = new LoopbackHttp(
            _ =>
            {
                called.SetResult();
                return new HttpReply(200, "") { Hangs = true };
            },
            tls: new SslServerAuthenticationOptions { ServerCertificate = certificate });
        Configure(webhook, authority.ExportCertificatePem());

        var deleting = DeleteAsync();
        await called.Task;
        _clock.Advance(4.9);
        Assert.False(deleting.IsCompleted);
        _clock.Advance(0.1);

        Assert.True((await deleting).Succeeded);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    private static HttpReply Answer(HttpCall call, string response)
    {
        var answer = JsonFields.Object(response);
        answer["uid"] = JsonNode.Parse(call.Body).Text("request", "uid");
        return new HttpReply(200, new JsonObject { ["response"] = answer }.ToJsonString()) { ContentType = "application/json" };
    }

    private void Configure(LoopbackHttp webhook, string bundle)
    {
        _cluster.Backends[Host] = [new IPEndPoint(IPAddress.Loopback, webhook.Port)];
        _cluster.Put($$"""
            {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "prestop"}, "webhooks": [{"name": "pods.prestop.example", "failurePolicy": "Ignore", "timeoutSeconds": 5,
              "clientConfig": {"service": {"namespace": "prestop", "name": "prestopd", "path": "/validate-pods"}, "caBundle": "{{Convert.ToBase64String(Encoding.UTF8.GetBytes(bundle))}}"},
              "rules": [{"operations": ["DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}] }]}
            """);
    }

    private Task<ApiResult<Accepted>> DeleteAsync() =>
        _client.DeleteAsync(Prestop.Kubernetes.Objects.Pod.Resource, "rec", "web-1", new DeleteOptions(), CancellationToken.None);

    // On a clock of its own: a client's patience is no part of these tests.
    private ApiClient Client(string token) => new(
        new ClusterAccess
        {
            Address = _cluster.Https,
            Authorities = ClusterAccess.AuthoritiesIn(LoopbackCluster.AuthorityPem),
            Credentials = new FixedCredentials(new ApiCredential(token)),
            UserAgent = "prestopd",
        },
        TimeSpan.FromSeconds(60),
        new FakeClock());
}
