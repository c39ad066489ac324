using Prestop.Elb.Access;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Http;
using Prestop.Http.Trust;

namespace Prestop.Elb;

/// <summary>The load balancers of an account as a cluster knows them: what waits are made on.</summary>
public sealed class LoadBalancers : IDisposable
{
    private readonly HttpMessageInvoker _http;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="aws">How the account is reached.</param>
    /// <param name="interval">From one look at a target group to the next; above zero.</param>
    /// <param name="callsPerSecond">The most calls to AWS in a second; 1 or more.</param>
    /// <param name="cluster">Tells of objects and nodes.</param>
    /// <param name="observer">Is told of calls to AWS.</param>
    /// <param name="time">The clock.</param>
    public LoadBalancers(ElbAccessOptions aws, TimeSpan interval, int callsPerSecond, ICluster cluster, IElbObserver observer, TimeProvider time)
    {
        // One decision about trust, and one about proxies: those of the environment, as every AWS SDK has it.
        var connections = SafeConnections.Through(new TlsClient(Authorities.OfImage));
        connections.UseProxy = true;
        _http = new HttpMessageInvoker(connections);
        var budget = new CallBudget(callsPerSecond, callsPerSecond, time);
        var client = new ElbClient(new AwsSdkAccess(aws, connections), _http, budget, new ElbClientRules(), observer, time, Random.Shared);
        Search = new TargetGroupSearch(cluster, client, time);
        Feed = new TargetHealthFeed(client, interval, time, Random.Shared);
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
        _http.Dispose();
    }
}
