using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestop.Testing.Cluster.ControlPlane;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>What pod-graceful-drain shows on a real cluster, in one that has budgets, endpoints and kubelets as recorded.</summary>
public sealed class ForerunnerBehaviourTests : IAsyncDisposable
{
    private readonly ControlledCluster _cluster = new();

    [Fact]
    public void A_pod_that_is_deleted_leaves_its_Service_and_its_budget_at_once_and_ends_when_it_has_drained() => Run(async cluster =>
    {
        Budget(0);
        cluster.PutPod("web-1", """{"status": {"podIP": "10.0.0.1"} }""");
        await cluster.WaitAsync(1);
        Assert.Equal((1L, 1), (Healthy, Endpoints));

        var deleting = new ClusterClient(cluster.Api, ApiUser.Admin).SendAsync("DELETE", "/api/v1/namespaces/rec/pods/web-1", null, CancellationToken.None);
        await cluster.WaitAsync(1);
        Assert.Equal((0L, 0), (Healthy, Endpoints));
        Assert.NotNull(cluster.Api.Store.Find(ApiKind.Budget, "rec", "web").At("metadata", "annotations").Text(ControllerNames.Woken));
        Assert.Equal(429, (await cluster.DeleteAsync("web-1")).Status);

        await cluster.WaitAsync(43.5);
        Assert.False(deleting.IsCompleted);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());

        Assert.Equal(200, (await deleting).Status);
        await cluster.WaitAsync(2);
        Assert.Null(cluster.Pod("web-1"));
        Assert.Equal(["DrainStarted", "Drained"], cluster.Events);
    });

    [Fact]
    public void An_eviction_waits_for_its_budget_with_the_pod_as_it_was_and_drains_it_then() => Run(async cluster =>
    {
        Budget(1);
        cluster.PutPod("web-1", """{"status": {"podIP": "10.0.0.1"} }""");
        await cluster.WaitAsync(1);
        var before = cluster.Pod("web-1")!.Version();
        for (var tries = 0; tries < 3; tries++)
        {
            Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
            await cluster.WaitAsync(5);
        }

        Assert.Equal((before, 1L, 1), (cluster.Pod("web-1")!.Version(), Healthy, Endpoints));

        await cluster.Api.SendAsync(ApiUser.Admin, "PATCH", ApiKind.Budget.Path("rec", "web"), JsonFields.Object("""{"spec": {"minAvailable": 0} }"""));
        await cluster.WaitAsync(1);
        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        await cluster.WaitAsync(1);
        Assert.Equal((0L, 0), (Healthy, Endpoints));
        Assert.Equal("true", cluster.Pod("web-1")!.Labels().Text(ControllerNames.Draining));

        // Once more says nothing new.
        var draining = cluster.Pod("web-1")!.Version();
        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        Assert.Equal(draining, cluster.Pod("web-1")!.Version());

        await cluster.WaitAsync(42.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(5);
        Assert.Null(cluster.Pod("web-1"));
    });

    [Fact]
    public void A_Service_without_a_selector_sends_to_no_pod() => Run(async cluster =>
    {
        cluster.Put("""{"kind": "Service", "metadata": {"name": "external", "namespace": "rec"}, "spec": {"type": "ExternalName", "externalName": "db.example"} }""");
        cluster.Put("""{"kind": "Service", "metadata": {"name": "manual", "namespace": "rec"}, "spec": {"selector": {}, "ports": [{"port": 80}]} }""");
        foreach (var pod in (string[])["db-1", "db-2"])
        {
            cluster.PutPod(pod, """{"metadata": {"labels": {"app": "db"} } }""");
        }

        Assert.Equal(200, (await cluster.DeleteAsync("db-1")).Status);
        Assert.Equal(201, (await cluster.EvictAsync("db-2")).Status);
        Assert.All((string[])["db-1", "db-2"], pod => Assert.Equal("""{"app":"db"}""", cluster.Pod(pod)!.Labels()!.ToJsonString()));
    });

    /// <summary>NetworkPolicies, meshes and monitoring go by labels too: those that no Service and no owner looks at stay.</summary>
    [Fact]
    public void A_pod_that_drains_keeps_the_labels_that_send_it_nothing() => Run(async cluster =>
    {
        cluster.PutPod("web-1", """{"metadata": {"labels": {"team": "shop", "version": "v2", "security.istio.io/tlsMode": "istio"} } }""");

        await cluster.EvictAsync("web-1");

        Assert.Equal(["prestop/draining", "security.istio.io/tlsMode", "team", "version"], cluster.Pod("web-1")!.Labels()!.AsObject().Select(label => label.Key).Order(StringComparer.Ordinal));
    });

    /// <summary>The cluster autoscaler keeps a node for the sake of a pod without an owner, unless the pod says that it may go.</summary>
    [Theory]
    [InlineData(null, "true", null)]
    [InlineData("false", "false", "false")]
    [InlineData("true", "true", "true")]
    public void A_pod_that_drains_does_not_keep_its_node_and_one_that_is_restored_says_what_it_said(string? before, string during, string? after) => Run(async cluster =>
    {
        cluster.PutPod("web-1", before is null ? "{}" : $$"""{"metadata": {"annotations": {"{{ControllerNames.SafeToEvict}}": "{{before}}"} } }""");
        await cluster.EvictAsync("web-1");
        Assert.Equal(during, cluster.Annotation("web-1", ControllerNames.SafeToEvict));

        cluster.ChangePod("web-1", pod => pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true");
        await cluster.WaitAsync(1);

        Assert.Equal(after, cluster.Annotation("web-1", ControllerNames.SafeToEvict));
        Assert.Null(cluster.Annotation("web-1", ControllerNames.State.MadeEvictable));
    });

    [Fact]
    public void What_somebody_says_of_evictions_while_a_pod_drains_stays_when_it_is_restored() => Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.EvictAsync("web-1");

        cluster.ChangePod("web-1", pod => (pod["metadata"]!["annotations"]![ControllerNames.SafeToEvict], pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel]) = ("false", "true"));
        await cluster.WaitAsync(1);

        Assert.Equal("false", cluster.Annotation("web-1", ControllerNames.SafeToEvict));
    });

    /// <summary>A webhook that says <c>sideEffects: None</c> is asked about dry runs, and what it does then is real.</summary>
    [Fact]
    public void What_is_only_tried_changes_nothing() => Run(async cluster =>
    {
        Budget(0);
        cluster.PutPod("web-1");
        await cluster.WaitAsync(1);
        var before = (cluster.Pod("web-1")!.Version(), cluster.Api.Store.Find(ApiKind.Budget, "rec", "web")!.Version());

        Assert.Equal(200, (await cluster.Api.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec/pods/web-1?dryRun=All")).Status);
        foreach (var (query, options) in ((string, string)[])[("?dryRun=All", "{}"), ("", """{"dryRun": ["All"]}""")])
        {
            var eviction = JsonFields.Object($$"""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web-1"}, "deleteOptions": {{options}} }""");
            Assert.Equal(201, (await cluster.Api.SendAsync(ApiUser.Admin, "POST", $"/api/v1/namespaces/rec/pods/web-1/eviction{query}", eviction)).Status);
        }

        Assert.Equal(before, (cluster.Pod("web-1")!.Version(), cluster.Api.Store.Find(ApiKind.Budget, "rec", "web")!.Version()));
        Assert.Empty(cluster.Events);
    });

    [Fact]
    public void Webhooks_that_change_things_say_so() => Assert.Equal(
        3, File.ReadAllText(Repository.PathTo("deploy", "controller", "webhooks.yaml")).Split("sideEffects: NoneOnDryRun").Length - 1);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private long? Healthy => _cluster.Api.Store.Find(ApiKind.Budget, "rec", "web").Number("status", "currentHealthy");

    private int Endpoints => _cluster.Api.Store.Find(ApiKind.EndpointSlice, "rec", "web").Items("endpoints").Count();

    private void Run(Func<ControlledCluster, Task> test) => _cluster.Run(async cluster =>
    {
        await using var controllers = new Controllers(cluster.Api);
        await test(cluster);
    });

    private void Budget(int least) => _cluster.Put($$"""
        {"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"matchLabels": {"app": "web"} }, "minAvailable": {{least}} } }
        """);
}
