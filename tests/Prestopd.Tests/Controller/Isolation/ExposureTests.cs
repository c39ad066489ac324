using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>With <c>--expose load-balancer</c>: pods that get requests from outside are drained, and no others.</summary>
public sealed class ExposureTests : IAsyncDisposable
{
    private readonly ControlledCluster _cluster = new(1, hasBalancers: true, exposure: Exposure.LoadBalancer);

    [Theory]
    [InlineData("""{"kind": "Service", "metadata": {"name": "public", "namespace": "rec"}, "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]} }""")]
    [InlineData("""{"kind": "TargetGroupBinding", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": "arn"} }""")]
    [InlineData("""{"kind": "Ingress", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80} } } } }""")]
    [InlineData("""{"kind": "Ingress", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"rules": [{"host": "a"}, {"http": {"paths": [{"backend": {"resource": {"kind": "Bucket", "name": "s"} } }, {"path": "/", "backend": {"service": {"name": "web"} } }]} }]} }""")]
    [InlineData("""{"kind": "HTTPRoute", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"parentRefs": [{"name": "public"}], "rules": [{}, {"backendRefs": [{"name": "web", "port": 80}]}]} }""")]
    [InlineData("""{"kind": "HTTPRoute", "metadata": {"name": "b", "namespace": "edge"}, "spec": {"parentRefs": [{"kind": "Gateway", "name": "public"}], "rules": [{"backendRefs": [{"group": "", "kind": "Service", "namespace": "rec", "name": "web"}]}]} }""")]
    public void A_pod_behind_a_load_balancer_is_drained(string exposed) => _cluster.Run(async cluster =>
    {
        cluster.Api.Install(ApiKind.HttpRoute);
        cluster.Put(exposed);
        cluster.PutPod("web-1");

        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        await cluster.WaitAsync(1);
        Assert.Contains("DrainStarted", cluster.Events);
    });

    [Theory]
    [InlineData("""{"kind": "Service", "metadata": {"name": "other", "namespace": "rec"}, "spec": {"type": "LoadBalancer", "selector": {"app": "other"} } }""")]
    [InlineData("""{"kind": "TargetGroupBinding", "metadata": {"name": "b", "namespace": "edge"}, "spec": {"serviceRef": {"name": "web"}, "targetGroupARN": "arn"} }""")]
    [InlineData("""{"kind": "Ingress", "metadata": {"name": "b", "namespace": "edge"}, "spec": {"defaultBackend": {"service": {"name": "web"} } } }""")]
    [InlineData("""{"kind": "HTTPRoute", "metadata": {"name": "b", "namespace": "edge"}, "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "web"}]}]} }""")]
    [InlineData("""{"kind": "HTTPRoute", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"kind": "Bucket", "group": "s3", "name": "web"}]}]} }""")]
    [InlineData("""{"kind": "HTTPRoute", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": [{"backendRefs": [{"name": "web"}]}]} }""")]
    public void Another_pod_goes_as_ever(string other) => _cluster.Run(async cluster =>
    {
        cluster.Api.Install(ApiKind.HttpRoute);
        cluster.Put(other);
        cluster.PutPod("web-1");
        cluster.PutPod("web-2");

        Assert.Equal(201, (await cluster.EvictAsync("web-1")).Status);
        Assert.Equal(200, (await cluster.DeleteAsync("web-2")).Status);
        Assert.All(cluster.Api.Store.All(ApiKind.Pod, "rec"), pod => Assert.True(pod.IsTerminating()));
        await cluster.WaitAsync(1);
        Assert.Equal(["NotExposed", "NotExposed"], cluster.Events);
    });

    [Fact]
    public void A_pod_that_drains_goes_on_whatever_becomes_of_its_load_balancer() => _cluster.Run(async cluster =>
    {
        var ingress = cluster.Put("""{"kind": "Ingress", "metadata": {"name": "b", "namespace": "rec"}, "spec": {"defaultBackend": {"service": {"name": "web"} } } }""");
        cluster.PutPod("web-1");
        cluster.PutPod("web-2");
        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        cluster.Api.Store.Replace(ApiKind.Ingress, ingress, null);

        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        Assert.Equal(201, (await cluster.EvictAsync("web-2")).Status);
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
