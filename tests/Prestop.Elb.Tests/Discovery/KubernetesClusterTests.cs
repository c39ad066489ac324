using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Prestop.Elb.Discovery;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Discovery;

/// <summary>What is read from the API server's answers, over a real connection.</summary>
public sealed class KubernetesClusterTests : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HttpReply> _answers = new();
    private readonly LoopbackHttp _server;
    private readonly ApiClient _client;
    private readonly KubernetesCluster _cluster;

    public KubernetesClusterTests()
    {
        _server = new LoopbackHttp(call => _answers.GetValueOrDefault(call.Target, Refusal(404, "NotFound", "not found")));
        var access = new ClusterAccess { Address = _server.Address, Authorities = null, Credentials = new FixedCredentials(new ApiCredential(null)) };
        _client = new ApiClient(access, TimeSpan.FromMinutes(1), TimeProvider.System);
        _cluster = new KubernetesCluster(_client);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    public static TheoryData<string, string, string, string> Objects => new()
    {
        {
            "Ingress", "apis/networking.k8s.io/v1/namespaces/shop/ingresses/web",
            """{"status":{"loadBalancer":{"ingress":[{"hostname":"a.elb.amazonaws.com","ports":[{"port":80}]},{"ip":"192.0.2.1"},{"hostname":"b.elb.amazonaws.com"}]}},"metadata":{"name":"web"}}""",
            "a.elb.amazonaws.com b.elb.amazonaws.com |"
        },
        { "Ingress", "apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", """{"metadata":{"name":"web"},"status":{"loadBalancer":{}}}""", " |" },
        { "Ingress", "apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", """{"metadata":{"name":"web"},"status":{"loadBalancer":{"ingress":null}}}""", " |" },
        {
            "Service", "api/v1/namespaces/shop/services/web",
            """{"kind":"Service","metadata":{"name":"web"},"spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"hostname":"n.elb.eu-central-1.amazonaws.com"}]}}}""",
            "n.elb.eu-central-1.amazonaws.com |"
        },
        {
            "Gateway", "apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/web",
            """{"metadata":{"name":"web"},"status":{"addresses":[{"type":"IPAddress","value":"192.0.2.1"},{"type":"Hostname","value":"g.elb.amazonaws.com"},{"value":"192.0.2.2"}]}}""",
            "g.elb.amazonaws.com |"
        },
        {
            "TargetGroupBinding", "apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/web",
            """{"metadata":{"name":"web"},"spec":{"targetGroupARN":"arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1","targetGroupName":"","serviceRef":{"name":"web","port":80}}}""",
            " |arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1"
        },
        {
            "TargetGroupBinding", "apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/web",
            """{"metadata":{"name":"web"},"spec":{"targetGroupName":"x"}}""", " |x"
        },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task Hostnames_and_groups_are_read(string kind, string path, string json, string expected)
    {
        Answer(path, json);

        var (found, error) = await BalancersAsync(Enum.Parse<BalancedKind>(kind));

        Assert.Null(error);
        Assert.Equal(expected.Replace(" |", "|", StringComparison.Ordinal), $"{string.Join(' ', found!.Hostnames)}|{string.Join(' ', found.TargetGroups)}");
    }

    public static TheoryData<int, string, string, ClusterFault, string> Refusals => new()
    {
        { 404, "NotFound", "ingresses.networking.k8s.io \"web\" not found", ClusterFault.NotFound, "there is no ingress/web in shop" },
        { 403, "Forbidden", "User \"u\" cannot get", ClusterFault.Refused, "the API server answers 403 to get ingresses.networking.k8s.io in namespace shop: User \"u\" cannot get" },
        { 401, "Unauthorized", "Unauthorized", ClusterFault.Refused, "the API server answers 401 to get ingresses.networking.k8s.io in namespace shop: Unauthorized" },
        { 503, "ServiceUnavailable", "later", ClusterFault.Unavailable, "the API server answers 503 to get ingresses.networking.k8s.io in namespace shop: later" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_is_told(int code, string reason, string message, ClusterFault fault, string words)
    {
        _answers["/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"] = Refusal(code, reason, message);

        var (found, error) = await BalancersAsync(BalancedKind.Ingress);

        Assert.Null(found);
        Assert.Equal(new ClusterError(fault, words), error);
    }

    [Fact]
    public async Task A_kind_that_is_not_installed_is_told_from_an_object_that_is_not_there()
    {
        _answers["/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/web"] = new HttpReply(404, "404 page not found\n") { ContentType = "text/plain" };

        Assert.Equal(
            new ClusterError(ClusterFault.NotFound, "the cluster has no gateways.gateway.networking.k8s.io"), (await BalancersAsync(BalancedKind.Gateway)).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"metadata":{}}""")]
    [InlineData("""{"metadata":{"name":"web"},"status":{"loadBalancer":{"ingress":[{"hostname":"\ud800"}]}}}""")]
    public async Task An_answer_that_makes_no_sense_may_pass(string json)
    {
        Answer("apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", json);

        Assert.Equal(ClusterFault.Unavailable, (await BalancersAsync(BalancedKind.Ingress)).Error?.Fault);
    }

    [Theory]
    [InlineData("aws:///eu-central-1a/i-0123456789abcdef0", "i-0123456789abcdef0")]
    [InlineData("aws:///eu-central-1a/fargate-ip-10-0-1-7.eu-central-1.compute.internal", "")]
    [InlineData("gce://project/zone/i-0123", "")]
    [InlineData("", "")]
    public async Task The_instance_is_the_one_of_the_pods_node(string providerId, string instance)
    {
        Answer("api/v1/namespaces/shop/pods?fieldSelector=status.podIP%3D10.0.1.7&limit=500", """
            {"metadata":{"resourceVersion":"1"},"items":[
              {"metadata":{"name":"old"},"spec":{"nodeName":"elsewhere"},"status":{"phase":"Succeeded"}},
              {"metadata":{"name":"web"},"spec":{"nodeName":"node-1"},"status":{"phase":"Running","podIPs":[{"ip":"10.0.1.7"}]}}]}
            """);
        Answer("api/v1/nodes/node-1", $$$"""{"metadata":{"name":"node-1"},"spec":{"providerID":"{{{providerId}}}"}}""");

        var (found, error) = await InstanceAsync();

        Assert.Equal(instance, found ?? "");
        Assert.Equal(instance.Length > 0 ? null : new ClusterError(ClusterFault.NotFound, $"node node-1 is no EC2 instance: its spec.providerID is '{providerId}'"), error);
    }

    [Fact]
    public async Task A_pod_that_is_not_there_has_no_instance()
    {
        Answer("api/v1/namespaces/shop/pods?fieldSelector=status.podIP%3D10.0.1.7&limit=500", """{"metadata":{"resourceVersion":"1"},"items":[]}""");

        Assert.Equal(new ClusterError(ClusterFault.NotFound, "no running pod has the address 10.0.1.7 in shop"), (await InstanceAsync()).Error);
    }

    private static HttpReply Refusal(int code, string reason, string message)
    {
        var status = new JsonObject { ["kind"] = "Status", ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = message, ["reason"] = reason, ["code"] = code };
        return new HttpReply(code, status.ToJsonString()) { ContentType = "application/json" };
    }

    private void Answer(string path, string json) => _answers["/" + path] = new HttpReply(200, json) { ContentType = "application/json" };

    private Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersAsync(BalancedKind kind) =>
        _cluster.BalancersOfAsync(new BalancedObject(kind, "shop", "web"), TestContext.Current.CancellationToken);

    private Task<(string? Found, ClusterError? Error)> InstanceAsync() =>
        _cluster.InstanceOfAsync("shop", IPAddress.Parse("10.0.1.7"), TestContext.Current.CancellationToken);
}
