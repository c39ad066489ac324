using Prestop.Core.Options;
using Prestop.Elb;
using Prestop.Elb.Access;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;

namespace Prestopd.Hosting;

/// <summary>The AWS account whose load balancers a command looks at, and how often it does.</summary>
/// <param name="Access">How the account is reached.</param>
/// <param name="Interval">From one look at a target group to the next.</param>
/// <param name="CallsPerSecond">The most calls to AWS in a second.</param>
internal sealed record AwsChoice(ElbAccessOptions Access, TimeSpan Interval, int CallsPerSecond)
{
    // Without it, the variables would be others' (AWS_PROFILE), or too common for a shell (SETTLE).
    private const string Prefix = "PRESTOPD_";

    private const int MostCalls = 1000;

    /// <summary>How often a target group is looked at.</summary>
    public static readonly OptionSpec LookInterval = new("--interval", "D", "5s", "from one look at a target group to the next, however many wait on it");

    /// <summary>How often AWS is called.</summary>
    public static readonly OptionSpec Qps = new("--aws-qps", "N", "10", "calls to AWS in a second at most; looks come later where they do not fit");

    /// <summary>The region.</summary>
    public static readonly OptionSpec Region = new("--aws-region", "NAME", "AWS_REGION, the profile's, the instance's", "region of the load balancers", Prefix);

    /// <summary>The profile.</summary>
    public static readonly OptionSpec Profile = new("--aws-profile", "NAME", "none", "profile of the AWS configuration files", Prefix);

    /// <summary>How long a target must have left; not part of the choice, as each wait may have its own.</summary>
    public static readonly OptionSpec Settle = new("--settle", "D", "ALB 20s, NLB 120s",
        "how long the pod must have left: a balancer goes on sending when its API already says draining", Prefix);

    /// <summary>What a choice is read from, in the order of help and README.</summary>
    public static IReadOnlyList<OptionSpec> Options { get; } = [LookInterval, Qps, Region, Profile];

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Reads the options. What is wrong is added to the reader's problems.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isWanted">Whether AWS is asked at all; where it is not, what others have set in the environment is nobody's problem.</param>
    /// <returns>The choice; null when none is wanted, or the account cannot be reached as they say.</returns>
    public static AwsChoice? Read(OptionReader options, bool isWanted = true)
    {
        var interval = options.Length(LookInterval, ShortestInterval, LongestInterval) ?? TimeSpan.FromSeconds(5);
        var calls = options.Number(Qps, 1, MostCalls) ?? 10;
        if (!isWanted)
        {
            return null;
        }

        var access = ElbAccessOptions.Read(options.Text(Region), options.Text(Profile), options.Environment, out var problems);
        foreach (var one in problems)
        {
            options.Add(one);
        }

        return access is null ? null : new AwsChoice(access, interval, calls);
    }

    /// <summary>The load balancers. Nothing is connected yet.</summary>
    /// <param name="cluster">Tells of objects and nodes.</param>
    /// <param name="observer">Is told of calls to AWS.</param>
    /// <param name="time">The clock.</param>
    public LoadBalancers Connect(ICluster cluster, IElbObserver observer, TimeProvider time) => new(Access, Interval, CallsPerSecond, cluster, observer, time);
}
