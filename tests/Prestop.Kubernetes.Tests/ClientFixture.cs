using System.Net;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.ApiServer;

namespace Prestop.Kubernetes.Tests;

/// <summary>A client in a pod, the server that it talks to, and the clock of both.</summary>
internal sealed class ClientFixture : IAsyncDisposable
{
    public const int Patience = 60_000;

    public static readonly Selection Web = new()
    {
        Namespace = "shop",
        LabelSelector = "kubernetes.io/service-name=web",
        PageSize = 2,
    };

    public ClientFixture(IPAddress? address = null, ServerIdentity? identity = null, string? trusted = null)
    {
        Server = new LoopbackApiServer(address, identity);
        Pod = PodDirectory.For(Server);
        if (trusted is not null)
        {
            Pod.WriteAccount("ca.crt", trusted);
        }

        var environment = new ContainerEnvironment(Pod.Variables.GetValueOrDefault, Pod.Root);
        Client = new ApiClient(
            InCluster.Find(environment, Time, out var problem) ?? throw new InvalidOperationException(problem),
            TimeSpan.FromMilliseconds(Patience),
            Time);
    }

    public LoopbackApiServer Server { get; }

    public PodDirectory Pod { get; }

    public FakeClock Time { get; } = new();

    public ApiClient Client { get; }

    public Task<ApiResult<ResourceList<EndpointSlice>>> ListAsync(CancellationToken cancellation) =>
        Client.ListAsync(EndpointSlice.Resource, Web, cancellation);

    public async Task<Watch<EndpointSlice>> WatchAsync(int version, CancellationToken cancellation)
    {
        var opened = await Client.WatchAsync(EndpointSlice.Resource, Web, $"{version}", cancellation);
        return opened.Value ?? throw new InvalidOperationException(opened.Error!.Message);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Pod.Dispose();
    }
}
