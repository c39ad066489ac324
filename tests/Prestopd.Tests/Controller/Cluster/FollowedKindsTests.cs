using System.Text;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Prestopd.Controller.Cluster;
using Xunit;

namespace Prestopd.Tests.Controller.Cluster;

/// <summary>Which kinds are followed, against an API server on a socket; the clock of the informers is moved by hand.</summary>
public sealed class FollowedKindsTests : IAsyncDisposable
{
    private readonly LoopbackCluster _cluster = new(TimeProvider.System);
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    [Fact]
    public async Task Kinds_that_are_not_installed_hold_nothing_up_and_are_noticed_when_they_are()
    {
        _cluster.Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "web"} } }""");
        await using var rig = new ControllerRig(_clock, exposure: Exposure.LoadBalancer);
        using var api = NewClient();
        var watch = new ClusterWatch(api, rig.Indexes, rig.Recorder, hasBindings: true);
        var running = watch.RunAsync(rig.Drains, new InformerSettings { Time = _clock, Random = new Random(1) }, _stop.Token);

        await UntilAsync(() => watch.IsSynced);
        Assert.False(IsExposed());

        _cluster.Install(ApiKind.HttpRoute);
        _cluster.Put("""{"kind": "HTTPRoute", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "web"}]}]} }""");
        await UntilAsync(IsExposed);

        _cluster.Uninstall(ApiKind.HttpRoute);
        _cluster.Install(ApiKind.TargetGroupBinding);
        _cluster.Put("""{"kind": "TargetGroupBinding", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"serviceRef": {"name": "web"}, "targetGroupARN": "arn"} }""");
        await UntilAsync(() => rig.Indexes.Bindings.Naming(new("rec", "web")).Count == 1);
        await _stop.CancelAsync();
        await running;

        bool IsExposed() => rig.Indexes.View(
            Pod.Resource.Parse(Encoding.UTF8.GetBytes("""{"metadata": {"name": "web-1", "namespace": "rec", "labels": {"app": "web"} } }""")), null, null).IsExposed;
    }

    [Theory]
    [InlineData(Exposure.Service, false, "")]
    [InlineData(Exposure.Service, true, "v1beta1/targetgroupbindings")]
    [InlineData(
        Exposure.LoadBalancer,
        true,
        "v1/grpcroutes v1/httproutes v1/ingresses v1beta1/targetgroupbindings v1/tcproutes v1alpha2/tcproutes v1/tlsroutes v1alpha2/tlsroutes")]
    internal async Task What_nobody_asked_for_is_not_looked_at(Exposure exposure, bool hasBindings, string more)
    {
        await using var rig = new ControllerRig(_clock, exposure: exposure);
        using var api = NewClient();
        var watch = new ClusterWatch(api, rig.Indexes, rig.Recorder, hasBindings);
        var running = watch.RunAsync(rig.Drains, new InformerSettings { Time = _clock, Random = new Random(1) }, _stop.Token);
        await UntilAsync(() => watch.IsSynced);
        await _stop.CancelAsync();
        await running;

        string[] basics = ["v1/namespaces", "v1/poddisruptionbudgets", "v1/pods", "v1/services"];
        Assert.Equal(
            basics.Concat(more.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Order(),
            _cluster.Requests.Select(request => string.Join('/', request.Call.Path.Split('?')[0].Split('/')[^2..])).Distinct().Order());
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        await _cluster.DisposeAsync();
    }

    /// <summary>Moves the clock until something holds.</summary>
    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private ApiClient NewClient() => new(new ClusterAccess { Address = _cluster.Http, Authorities = null, Credentials = new FixedCredentials(new ApiCredential("admin-token")) }, TimeSpan.FromSeconds(5), TimeProvider.System);
}
