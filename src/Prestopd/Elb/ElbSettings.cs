using Prestop.Core.Options;
using Prestop.Elb.Access;
using Prestop.Kubernetes.Access;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>How the AWS account and the cluster are reached, for the service and for a single wait.</summary>
internal sealed record ElbSettings
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);
    private const int MostCalls = 1000;

    /// <summary>From one look at a target group to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>The most calls to AWS in a second.</summary>
    public required int CallsPerSecond { get; init; }

    /// <summary>The way to AWS.</summary>
    public required ElbAccessOptions Aws { get; init; }

    /// <summary>The way to the API server; null when there is none.</summary>
    public required ClusterAccess? Cluster { get; init; }

    /// <summary>Why there is no way to the API server, in one line; else empty.</summary>
    public required string ClusterProblem { get; init; }

    /// <summary>Reads the options that both have. What is wrong is added to the reader's problems, but for <see cref="ClusterProblem"/>.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The settings; null when there are problems.</returns>
    public static ElbSettings? Read(OptionReader options)
    {
        var interval = options.Length(ElbNames.Interval, ShortestInterval, LongestInterval) ?? TimeSpan.FromSeconds(5);
        var calls = options.Number(ElbNames.AwsQps, 1, MostCalls) ?? 10;
        var aws = ElbAccessOptions.Read(options.Text(ElbNames.AwsRegion), options.Text(ElbNames.AwsProfile), options.Environment, out var problems);
        foreach (var one in problems)
        {
            options.Add(one);
        }

        var cluster = ClusterChoice.Find(options, context: null, out var problem)?.Access;
        return options.Problems.Count > 0 || aws is null ? null : new ElbSettings
        {
            Interval = interval,
            CallsPerSecond = calls,
            Aws = aws,
            Cluster = cluster,
            ClusterProblem = problem,
        };
    }
}
