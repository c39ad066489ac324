using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Prestopd.Tests.Controller.Model;
using Xunit;

namespace Prestopd.Tests.Controller.Cluster;

/// <summary>What a replica hears of the cluster, with lists and watches as they are.</summary>
public sealed class ClusterWatchTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly LoopbackCluster _cluster;
    private readonly ControllerRig _rig;
    private readonly ModelHandler _handler;

    public ClusterWatchTests()
    {
        _cluster = new LoopbackCluster(_clock);
        _handler = new ModelHandler(_cluster, ApiUser.ServiceAccount("prestop", "prestopd"), _clock, new Faults(_clock, new Random(1)));
        _rig = new ControllerRig(_clock, _handler);
    }

    [Theory]
    [InlineData("/api/v1/namespaces")]
    [InlineData("/api/v1/services")]
    [InlineData("/apis/policy/v1/poddisruptionbudgets")]
    [InlineData("/api/v1/pods")]
    public void It_is_synced_when_all_kinds_have_been_listed(string path)
    {
        var isUp = false;
        _handler.Refuses = call => !isUp && call.Path == path;
        Run(async () =>
        {
            await WaitAsync(10);
            Assert.False(_rig.Watch.IsSynced);

            isUp = true;
            await WaitAsync(31);
            Assert.True(_rig.Watch.IsSynced);
        });
    }

    [Fact]
    public void It_follows_what_decisions_are_made_from() => Run(async () =>
    {
        await WaitAsync(1);
        Assert.Empty(Selecting("a"));

        _cluster.Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "a"} } }""");
        _cluster.Put("""{"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"matchLabels": {"app": "a"} } } }""");
        await WaitAsync(1);
        Assert.Equal(["Service web", "PodDisruptionBudget web"], Selecting("a"));

        _cluster.Change(ApiKind.Service, "rec", "web", service => service["spec"]!["selector"]!["app"] = "b");
        _cluster.Change(ApiKind.Budget, "rec", "web", budget => budget["spec"]!["selector"]!["matchLabels"]!["app"] = "b");
        _cluster.Change(ApiKind.Namespace, "", "rec", home => home.Child("metadata", "annotations")[ControllerNames.Wishes.Mode] = "off");
        await WaitAsync(1);
        Assert.Empty(Selecting("a"));
        Assert.Equal(["Service web", "PodDisruptionBudget web"], Selecting("b"));
        Assert.Equal(DrainMode.Off, _rig.Indexes.PolicyOf("rec", new Dictionary<string, string>(), []).Mode);

        foreach (var kind in (ApiKind[])[ApiKind.Service, ApiKind.Budget])
        {
            _cluster.Store.Replace(kind, _cluster.Store.Find(kind, "rec", "web")!, null);
        }

        await WaitAsync(1);
        Assert.Empty(Selecting("b"));
    });

    [Fact]
    public void Of_pods_it_follows_those_that_drain() => Run(async () =>
    {
        await WaitAsync(1);
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "web-1", "namespace": "rec", "labels": {"prestop/draining": "true"} } }""");
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "web-2", "namespace": "rec", "labels": {"app": "web"} } }""");
        await WaitAsync(1);
        Assert.Equal(1, _rig.Watch.Draining);

        _cluster.Change(ApiKind.Pod, "rec", "web-2", pod => pod["metadata"]!["labels"]![ControllerNames.Draining] = "true");
        await WaitAsync(1);
        Assert.Equal(2, _rig.Watch.Draining);

        _cluster.Change(ApiKind.Pod, "rec", "web-1", pod => pod["metadata"]!["labels"]!.AsObject().Remove(ControllerNames.Draining));
        await WaitAsync(1);
        Assert.Equal(1, _rig.Watch.Draining);

        _cluster.Store.Replace(ApiKind.Pod, _cluster.Store.Find(ApiKind.Pod, "rec", "web-2")!, null);
        await WaitAsync(1);
        Assert.Equal(0, _rig.Watch.Draining);
    });

    [Fact]
    public void No_drain_goes_on_before_all_Services_are_known() => _clock.Run(async () =>
    {
        _cluster.Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "web"} } }""");
        _cluster.Put("""
            {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "rec", "labels": {"app": "web", "prestop/draining": "true"},
              "annotations": {"prestop/surge-until": "2026-01-01T00:00:01Z", "prestop/drain-until": "2026-01-01T00:01:00Z", "prestop/labels": "{}", "prestop/mode": "intercept"} },
             "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
            """);
        var replica = new ModelReplica(_clock, _cluster, new Faults(_clock, new Random(1)), new Random(1));
        var isUp = false;
        replica.Handler.Refuses = call => !isUp && call.Path.EndsWith("/services", StringComparison.Ordinal);

        await Task.Delay(TimeSpan.FromSeconds(20), _clock);
        Assert.NotNull(Annotation(ControllerNames.State.SurgeUntil));
        isUp = true;
        await Task.Delay(TimeSpan.FromSeconds(60), _clock);

        Assert.Null(Annotation(ControllerNames.State.SurgeUntil));
        Assert.Null(_cluster.Store.Find(ApiKind.Pod, "rec", "web-1")!.Labels().Text("app"));
        await replica.DisposeAsync();
        return true;

        string? Annotation(string name) => _cluster.Store.Find(ApiKind.Pod, "rec", "web-1").At("metadata", "annotations").Text(name);
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>What is known to select the pods of an app.</summary>
    private string[] Selecting(string app)
    {
        var labels = new Dictionary<string, string> { ["app"] = app };
        return
        [
            .. _rig.Indexes.Services.Selecting("rec", labels).Select(service => $"Service {service.Metadata.Name}"),
            .. _rig.Indexes.Budgets.Selecting("rec", labels).Select(budget => $"PodDisruptionBudget {budget.Metadata.Name}"),
        ];
    }

    private Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), _clock);

    private void Run(Func<Task> test) => _clock.Run(async () =>
    {
        using var stop = new CancellationTokenSource();
        var running = _rig.Watch.RunAsync(_rig.Drains, new InformerSettings { Time = _clock, Random = new Random(1) }, stop.Token);
        await test();

        // On this thread: the clock knows no other.
#pragma warning disable CA1849
        stop.Cancel();
#pragma warning restore CA1849
        await running;
        await _rig.DisposeAsync();
        return true;
    });
}
