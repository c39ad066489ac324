namespace Prestop.Elb.Client;

/// <summary>What kind of load balancer it is; how long the data plane goes on after a target has left differs between them.</summary>
public enum BalancerKind
{
    /// <summary>Application Load Balancer.</summary>
    Application,

    /// <summary>Network Load Balancer.</summary>
    Network,

    /// <summary>Gateway Load Balancer.</summary>
    Gateway,
}

/// <summary>A load balancer.</summary>
/// <param name="Arn">Its ARN.</param>
/// <param name="DnsName">Its DNS name, as AWS writes it.</param>
public sealed record LoadBalancer(string Arn, string DnsName);

/// <summary>How the targets of a group are named.</summary>
public enum TargetType
{
    /// <summary>By EC2 instance.</summary>
    Instance,

    /// <summary>By IP address.</summary>
    Ip,

    /// <summary>An Application Load Balancer behind a Network Load Balancer, by ARN.</summary>
    Alb,

    /// <summary>A Lambda function, or what a later API may bring: never a pod.</summary>
    Other,
}

/// <summary>A target group.</summary>
/// <param name="Arn">Its ARN.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its targets are named.</param>
/// <param name="Kind">The kind of load balancer that can send to it, which its protocol tells.</param>
/// <param name="LoadBalancerArns">The load balancers that send to it.</param>
public sealed record TargetGroup(string Arn, string Name, TargetType Type, BalancerKind Kind, IReadOnlyList<string> LoadBalancerArns);

/// <summary>The state of a target, in the API's words.</summary>
public enum TargetState
{
    /// <summary>Not in the answer, which lists all targets of the group.</summary>
    Absent,

    /// <summary>Being registered, or not checked often enough yet.</summary>
    Initial,

    /// <summary>Receives traffic.</summary>
    Healthy,

    /// <summary>Fails its checks; receives traffic all the same when no target is healthy.</summary>
    Unhealthy,

    /// <summary>Fails its checks, keeps its connections for a while and gets no new ones; still registered.</summary>
    UnhealthyDraining,

    /// <summary>Deregistered; connections may go on.</summary>
    Draining,

    /// <summary>Gets nothing; the reason tells why.</summary>
    Unused,

    /// <summary>Its health is not known, for example because checks are off; it receives traffic.</summary>
    Unavailable,

    /// <summary>A state that this program does not know: taken for one that receives traffic.</summary>
    Unknown,
}

/// <summary>The health of one target.</summary>
/// <param name="Id">Instance, IP address or ARN.</param>
/// <param name="Port">Its port; 0 when it has none.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">The API's reason code; empty when it gave none.</param>
public readonly record struct TargetHealth(string Id, int Port, TargetState State, string Reason);
