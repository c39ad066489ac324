using System.Net;
using Prestop.Elb.Access;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Http;
using Prestop.Http.Trust;
using Prestop.Kubernetes.Client;

namespace Prestopd.Elb;

/// <summary>The load balancers of an account as a cluster knows them: what waits are made on.</summary>
internal sealed class LoadBalancers : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker _http;
    private readonly ApiClient? _cluster;

    /// <param name="settings">How they are reached. Nothing is connected yet.</param>
    /// <param name="observer">Is told of calls to AWS.</param>
    /// <param name="time">The clock.</param>
    public LoadBalancers(ElbSettings settings, IElbObserver observer, TimeProvider time)
    {
        // One decision about trust, and one about proxies: those of the environment, as every AWS SDK has it.
        var connections = SafeConnections.Through(new TlsClient(Authorities.OfImage));
        connections.UseProxy = true;
        _http = new HttpMessageInvoker(connections);
        _cluster = settings.Cluster is { } access ? new ApiClient(access, ConnectTimeout, time) : null;
        ICluster cluster = _cluster is not null ? new KubernetesCluster(_cluster) : new NoCluster(settings.ClusterProblem);
        var budget = new CallBudget(settings.CallsPerSecond, settings.CallsPerSecond, time);
        var client = new ElbClient(new AwsSdkAccess(settings.Aws, connections), _http, budget, new ElbClientRules(), observer, time, Random.Shared);
        Search = new TargetGroupSearch(cluster, client, time);
        Feed = new TargetHealthFeed(client, settings.Interval, time, Random.Shared);
        Waits = new DrainWaits(Search, cluster, Feed, time, Random.Shared);
    }

    /// <summary>Finds target groups.</summary>
    public TargetGroupSearch Search { get; }

    /// <summary>Looks at target groups.</summary>
    public TargetHealthFeed Feed { get; }

    /// <summary>The waits.</summary>
    public DrainWaits Waits { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Search.Dispose();
        Feed.Dispose();
        _cluster?.Dispose();
        _http.Dispose();
    }

    /// <summary>A cluster that cannot be asked, for waits that need not ask it.</summary>
    private sealed class NoCluster(string problem) : ICluster
    {
        private readonly ClusterError _error = new(ClusterFault.Refused, problem);

        public Task<(BalancerAddresses? Found, ClusterError? Error)> BalancersOfAsync(BalancedObject balanced, CancellationToken cancellation) =>
            Task.FromResult<(BalancerAddresses?, ClusterError?)>((null, _error));

        public Task<(string? Found, ClusterError? Error)> InstanceOfAsync(string? podNamespace, IPAddress podAddress, CancellationToken cancellation) =>
            Task.FromResult<(string?, ClusterError?)>((null, _error));
    }
}
