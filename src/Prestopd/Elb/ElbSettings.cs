using Prestop.Core.Options;
using Prestop.Elb;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>How the AWS account and the cluster are reached, for the service and for a single wait.</summary>
/// <param name="Aws">The way to AWS.</param>
/// <param name="Cluster">The way to the API server; null when there is none.</param>
/// <param name="ClusterProblem">Why there is no way to the API server, in one line; else empty.</param>
internal sealed record ElbSettings(AwsChoice Aws, ClusterAccess? Cluster, string ClusterProblem)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads the options that both have. What is wrong is added to the reader's problems, but for <see cref="ClusterProblem"/>.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The settings; null when there are problems.</returns>
    public static ElbSettings? Read(OptionReader options)
    {
        var aws = AwsChoice.Read(options);
        var cluster = ClusterChoice.Find(options, context: null, out var problem)?.Access;
        return options.Problems.Count > 0 || aws is null ? null : new ElbSettings(aws, cluster, problem);
    }

    /// <summary>The way to the API server as a client; null when there is none.</summary>
    /// <param name="time">The clock.</param>
    public ApiClient? Client(TimeProvider time) => Cluster is null ? null : new ApiClient(Cluster, ConnectTimeout, time);

    /// <summary>The load balancers. Nothing is connected yet.</summary>
    /// <param name="api">What <see cref="Client"/> has given.</param>
    /// <param name="observer">Is told of calls to AWS.</param>
    /// <param name="time">The clock.</param>
    public LoadBalancers Connect(ApiClient? api, IElbObserver observer, TimeProvider time) =>
        Aws.Connect(api is null ? new NoCluster(new ClusterError(ClusterFault.Refused, ClusterProblem)) : new KubernetesCluster(api), observer, time);
}
