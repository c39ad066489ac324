using System.Text.Json.Nodes;
using Prestop.Testing.Cluster;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>What people type, with the real kubectl, against <c>prestopd controller</c> as it is deployed.</summary>
public sealed class KubectlTests
{
    [Fact]
    public async Task Delete_waits_for_the_replacement_and_the_drain_and_says_deleted()
    {
        await using var cluster = await KubectlCluster.StartAsync(1);
        var pod = cluster.Pods.Single();

        var (code, stdout, stderr) = await cluster.KubectlAsync("delete", "pod", pod);

        Assert.Equal((0, ""), (code, stderr));
        Assert.StartsWith($"pod \"{pod}\" deleted", stdout, StringComparison.Ordinal);
        cluster.HasDrained(pod);
        Assert.Equal((1, 1), (cluster.FewestEndpoints, cluster.Endpoints.Length));
        Assert.DoesNotContain(pod, cluster.Pods);
    }

    [Fact]
    public async Task Delete_by_label_drains_one_after_the_other()
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        var pods = cluster.Pods;

        var (code, stdout, stderr) = await cluster.KubectlAsync("delete", "pod", "-l", "app=web");

        Assert.Equal((0, ""), (code, stderr));
        Assert.All(pods, pod => Assert.Contains($"pod \"{pod}\" deleted", stdout, StringComparison.Ordinal));
        Assert.All(pods, cluster.HasDrained);
        Assert.InRange(cluster.FewestEndpoints, 2, 2);
    }

    [Fact]
    public async Task What_is_forced_is_done_at_once_and_without_a_review()
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        var pod = cluster.Pods[0];

        var (code, _, stderr) = await cluster.KubectlAsync("delete", "pod", pod, "--force", "--grace-period=0");

        Assert.True(code == 0, stderr);
        Assert.Empty(cluster.Reviews);
        Assert.DoesNotContain(pod, cluster.Pods);
    }

    /// <summary>The requests of <c>kubectl delete</c> and <c>kubectl drain</c> with <c>--dry-run=server</c>, as they were recorded: before 1.21, kubectl asks for a schema first.</summary>
    [Theory]
    [InlineData("DELETE", "?dryRun=All", """{"propagationPolicy": "Background", "dryRun": ["All"]}""")]
    [InlineData("POST", "/eviction", """{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "POD", "namespace": "rec"}, "deleteOptions": {"dryRun": ["All"]} }""")]
    public async Task What_is_only_tried_is_not_held_up(string method, string target, string body)
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        var pod = cluster.Pods[0];

        var answer = await cluster.SendAsync(method, $"/api/v1/namespaces/rec/pods/{pod}{target}", JsonFields.Object(body.Replace("POD", pod, StringComparison.Ordinal)));

        Assert.InRange(answer.Status, 200, 201);
        Assert.Empty(cluster.Reviews);
        Assert.Contains(pod, cluster.Pods);
        Assert.All(cluster.Store.All(ApiKind.Pod), each => Assert.Null(each.Labels().Text("prestop/draining")));
    }

    [Fact]
    public async Task Drain_empties_the_node_and_the_service_is_never_without_an_endpoint()
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        cluster.Put("""{"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"} } } }""");
        await cluster.UntilAsync(() => cluster.Store.Find(ApiKind.Budget, "rec", "web").Number("status", "currentHealthy") == 2);
        var pod = cluster.Store.All(ApiKind.Pod).Single(each => each.Text("spec", "nodeName") == "node-1").Name();

        // The budget alone would block this for ever.
        var (code, stdout, stderr) = await cluster.KubectlAsync("drain", "node-1", "--ignore-daemonsets", "--timeout=60s");

        Assert.True(code == 0, stderr);
        Assert.Contains($"evicting pod rec/{pod}", stdout, StringComparison.Ordinal);
        Assert.Contains("will retry after 5s", stderr, StringComparison.Ordinal);
        cluster.HasDrained(pod);
        Assert.Equal(2, cluster.FewestEndpoints);
        Assert.True(cluster.Store.Find(ApiKind.Node, "", "node-1").IsTrue("spec", "unschedulable"));
        Assert.All(cluster.Store.All(ApiKind.Pod), each => Assert.Equal("node-2", each.Text("spec", "nodeName")));
    }

    [Fact]
    public async Task Drain_without_evictions_drains_as_well()
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        var pod = cluster.Store.All(ApiKind.Pod).Single(each => each.Text("spec", "nodeName") == "node-1").Name();

        var (code, stdout, stderr) = await cluster.KubectlAsync("drain", "node-1", "--ignore-daemonsets", "--disable-eviction", "--timeout=60s");

        Assert.True(code == 0, stderr);
        Assert.Contains($"pod/{pod} deleted", stdout, StringComparison.Ordinal);
        cluster.HasDrained(pod);
        Assert.Equal(2, cluster.FewestEndpoints);
    }

    [Fact]
    public async Task Scale_returns_at_once_and_the_pod_that_is_too_many_drains()
    {
        await using var cluster = await KubectlCluster.StartAsync(3);

        var (code, stdout, stderr) = await cluster.KubectlAsync("scale", "deployment/web", "--replicas=2");

        Assert.True(code == 0, stderr);
        Assert.StartsWith("deployment.apps/web scaled", stdout, StringComparison.Ordinal);
        await cluster.UntilAsync(() => cluster.Pods.Length == 2);
        cluster.HasDrained(Assert.Single(cluster.Ends.Keys));
        Assert.Equal(2, cluster.FewestEndpoints);
    }

    [Fact]
    public async Task Rollout_restart_replaces_all_pods_and_each_of_them_drains()
    {
        await using var cluster = await KubectlCluster.StartAsync(2);
        var pods = cluster.Pods;

        Assert.Equal(0, (await cluster.KubectlAsync("rollout", "restart", "deployment/web")).Code);
        var (code, stdout, stderr) = await cluster.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
        await cluster.UntilAsync(() => cluster.Pods is { Length: 2 } now && !now.Intersect(pods).Any());

        Assert.True(code == 0, stderr);
        Assert.Contains("successfully rolled out", stdout, StringComparison.Ordinal);
        Assert.All(pods, cluster.HasDrained);
        Assert.Equal(2, cluster.FewestEndpoints);
    }

    [Fact]
    public async Task A_pod_that_has_opted_out_goes_at_once()
    {
        await using var cluster = await KubectlCluster.StartAsync(1);
        var pod = cluster.Pods.Single();

        Assert.Equal(0, (await cluster.KubectlAsync("annotate", "pod", pod, "prestop/mode=off")).Code);
        Assert.Equal(0, (await cluster.KubectlAsync("delete", "pod", pod)).Code);

        Assert.Empty(cluster.Reviews);
        Assert.Null(cluster.Ends[pod].Pod.Text("metadata", "annotations", "prestop/drain-until"));
    }

    [Fact]
    public async Task A_drain_that_is_called_off_gives_the_pod_its_labels_back()
    {
        await using var cluster = await KubectlCluster.StartAsync(1, "--drain", "60s");
        var pod = cluster.Pods.Single();
        var labels = cluster.Store.Find(ApiKind.Pod, "rec", pod)!.Labels()!.DeepClone();
        Assert.Equal(1, (await cluster.KubectlAsync("drain", "node-1", "node-2", "--timeout=1s")).Code);
        await cluster.UntilAsync(() => cluster.Store.Find(ApiKind.Pod, "rec", pod)!.Labels().Text("prestop/draining") is not null);

        Assert.Equal(0, (await cluster.KubectlAsync("annotate", "pod", pod, "prestop/cancel=true")).Code);
        await cluster.UntilAsync(() => JsonNode.DeepEquals(cluster.Store.Find(ApiKind.Pod, "rec", pod)!.Labels(), labels));

        Assert.Empty(cluster.Ends);
    }
}
