using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>Drains from their beginning to their end, against an API server that keeps the real one's semantics.</summary>
public sealed class DrainsTests : IAsyncDisposable
{
    private readonly ControlledCluster _cluster = new(2);

    [Fact]
    public void Who_was_put_off_and_comes_again_deletes_the_pod_at_the_end_of_its_drain() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        var tries = 0;
        ApiAnswer answer;
        while ((answer = await cluster.DeleteAsync("web-1")).Status == 429)
        {
            tries++;
            await cluster.WaitAsync(int.Parse(answer.Header("Retry-After")!));
        }

        Assert.Equal(200, answer.Status);
        Assert.InRange(tries, 1, 10);
        Assert.InRange(cluster.Clock.Now.TotalSeconds, 45, 50);
        Assert.Equal(30, cluster.Pod("web-1")!.Number("metadata", "deletionGracePeriodSeconds"));
    });

    [Fact]
    public void A_pod_that_nobody_comes_for_is_deleted_once_and_not_early() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.DeleteAsync("web-1", ApiUser.Controller("replicaset-controller"));

        await cluster.WaitAsync(44.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(2);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
        Assert.Equal(["DrainStarted", "Drained"], cluster.Events);
    });

    [Fact]
    public void A_replica_that_comes_anew_takes_over() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(20);
        await cluster.StopAsync(cluster.Replicas[0]);
        await cluster.StopAsync(cluster.Replicas[0]);
        await cluster.WaitAsync(10);
        cluster.Start();
        await cluster.WaitAsync(14.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(2);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_drain_that_is_called_off_gives_the_labels_back() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(10);
        cluster.ChangePod("web-1", pod => pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true");
        await cluster.WaitAsync(1);

        Assert.Equal("""{"app":"web"}""", cluster.Pod("web-1")!.Labels()!.ToJsonString());
        Assert.Empty(cluster.Pod("web-1").At("metadata", "annotations")?.AsObject() ?? []);
        await cluster.WaitAsync(60);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        Assert.Contains("DrainCancelled", cluster.Events);
    });

    [Fact]
    public void A_Deployments_pod_leaves_its_Services_when_its_replacement_is_ready() => _cluster.Run(async cluster =>
    {
        var set = cluster.Put("""{"kind": "ReplicaSet", "metadata": {"name": "web-5d8c", "namespace": "rec"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d8c"} } } }""");
        var owned = $$"""{"metadata": {"labels": {"pod-template-hash": "5d8c"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8c", "uid": "{{set.Uid()}}", "controller": true}]} }""";
        cluster.PutPod("web-1", owned);

        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));
        Assert.Null(cluster.Pod("web-1")!.Labels().Text("pod-template-hash"));
        await cluster.WaitAsync(5);
        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));

        cluster.PutPod("web-2", owned);
        await cluster.WaitAsync(2);

        Assert.Null(cluster.Pod("web-1")!.Labels().Text("app"));
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(46);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
        Assert.False(cluster.Pod("web-2")!.IsTerminating());
        Assert.Equal(["SurgeStarted", "LeftServices", "Drained"], cluster.Events);
    });

    [Fact]
    public void A_replacement_that_is_to_go_itself_does_not_count_as_its_own() => _cluster.Run(async cluster =>
    {
        var set = cluster.Put("""{"kind": "ReplicaSet", "metadata": {"name": "web-5d8c", "namespace": "rec"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d8c"} } } }""");
        var owned = $$"""{"metadata": {"labels": {"pod-template-hash": "5d8c"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8c", "uid": "{{set.Uid()}}", "controller": true}]} }""";
        cluster.PutPod("web-1", owned);
        await cluster.EvictAsync("web-1");
        cluster.PutPod("web-2", owned);
        while (cluster.Pod("web-1")!.Labels().Text("app") is not null)
        {
            await cluster.WaitAsync(0.05);
        }

        await cluster.DeleteAsync("web-2");
        await cluster.WaitAsync(10);

        Assert.Equal("web", cluster.Pod("web-2")!.Labels().Text("app"));
    });

    [Fact]
    public void A_pod_that_has_its_labels_back_and_not_yet_its_owner_has_its_replacement_made_first_all_the_same() => _cluster.Run(async cluster =>
    {
        var set = cluster.Put("""{"kind": "ReplicaSet", "metadata": {"name": "web-5d8c", "namespace": "rec"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d8c"} } } }""");
        cluster.PutPod("web-1", $$"""{"metadata": {"labels": {"pod-template-hash": "5d8c"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8c", "uid": "{{set.Uid()}}", "controller": true}]} }""");
        await cluster.EvictAsync("web-1");
        cluster.ChangePod("web-1", pod =>
        {
            pod["metadata"]!.AsObject().Remove("ownerReferences");
            pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true";
        });
        await cluster.WaitAsync(1);
        Assert.Null(cluster.Annotation("web-1", ControllerNames.State.DrainUntil));

        await cluster.EvictAsync("web-1");

        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));
        Assert.Null(cluster.Pod("web-1")!.Labels().Text("pod-template-hash"));
    });

    [Fact]
    public void A_StatefulSet_is_woken_when_the_pod_whose_name_it_needs_is_gone() => _cluster.Run(async cluster =>
    {
        var owner = cluster.Put("""{"kind": "StatefulSet", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"} } } }""");
        cluster.PutPod("web-0", $$"""{"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "{{owner.Uid()}}", "controller": true}]} }""");
        await cluster.DeleteAsync("web-0", ApiUser.Controller("statefulset-controller"));
        await cluster.WaitAsync(48);
        Assert.True(cluster.Pod("web-0")!.IsTerminating());
        Assert.Null(Woken());

        cluster.RemovePod("web-0");
        await cluster.WaitAsync(1);

        Assert.NotNull(Woken());

        string? Woken() => cluster.Api.Store.Find(ApiKind.StatefulSet, "rec", "web").At("metadata", "annotations").Text(ControllerNames.Woken);
    });

    [Fact]
    public void A_budget_that_covers_the_pod_all_the_while_is_kept_informed() => _cluster.Run(async cluster =>
    {
        cluster.Put("""{"kind": "PodDisruptionBudget", "metadata": {"name": "set", "namespace": "rec"}, "spec": {"selector": {"matchLabels": {"set": "web"} } }, "status": {"observedGeneration": 1, "disruptionsAllowed": 1} }""");
        cluster.PutPod("web-1", """{"metadata": {"labels": {"set": "web"}, "annotations": {"prestop/drain": "5m"} } }""");
        await cluster.EvictAsync("web-1");
        var granted = Entry();

        await cluster.WaitAsync(119);

        Assert.True(DateTimeOffset.Parse(Entry()) - DateTimeOffset.Parse(granted) > TimeSpan.FromSeconds(59));
        Assert.Equal(0, cluster.Api.Store.Find(ApiKind.Budget, "rec", "set").Number("status", "disruptionsAllowed"));

        string Entry() => cluster.Api.Store.Find(ApiKind.Budget, "rec", "set").At("status", "disruptedPods").Text("web-1")!;
    });

    [Fact]
    public void A_step_that_fails_is_taken_again() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.EvictAsync("web-1");
        var isDown = true;
        foreach (var replica in cluster.Replicas)
        {
            replica.Handler.Before = request => request.Method == HttpMethod.Delete && isDown ? ClusterHandler.Refusal(503, "ServiceUnavailable") : null;
        }

        await cluster.WaitAsync(60);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        isDown = false;
        await cluster.WaitAsync(6);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_drain_that_waits_asks_the_API_server_nothing() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        await cluster.EvictAsync("web-1");
        var sent = cluster.First.Handler.Sent.Count;
        await cluster.WaitAsync(40);

        Assert.InRange(cluster.First.Handler.Sent.Count - sent, 0, 2);
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
