using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Prestopd.Tests.Controller.Model;
using Xunit;

namespace Prestopd.Tests.Controller.Cluster;

/// <summary>The informers of a replica, against an API server that keeps the real one's semantics.</summary>
public sealed class ClusterWatchTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly LoopbackCluster _cluster;

    public ClusterWatchTests() => _cluster = new LoopbackCluster(_clock, (_, _) => throw new HttpRequestException("connection refused"));

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
}
