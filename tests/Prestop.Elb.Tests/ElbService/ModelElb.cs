using Prestop.Elb.Client;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>The model as the client shows it, with neither network nor XML, for tests about what is done with it.</summary>
internal sealed class ModelElb(ElbModel model) : IElbApi
{
    private readonly Lock _lock = new();
    private readonly List<(string Call, TimeSpan At)> _calls = [];
    private readonly long _start = model.Time.GetTimestamp();

    /// <summary>How long an answer takes: what it shows is of some moment within.</summary>
    public Func<TimeSpan> Latency { get; set; } = () => TimeSpan.FromMilliseconds(20);

    /// <summary>An error in the place of an answer, for the calls that it gives one for.</summary>
    public Func<string, ElbError?> Fault { get; set; } = _ => null;

    public IReadOnlyList<(string Call, TimeSpan At)> Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    public IEnumerable<TimeSpan> LooksAt(ModelGroup group) => Calls.Where(call => call.Call == group.Arn).Select(call => call.At);

    public int Count(string call) => Calls.Count(made => made.Call == call);

    public Task<ElbResult<IReadOnlyList<LoadBalancer>>> DescribeLoadBalancersAsync(CancellationToken cancellation) => AnswerAsync<LoadBalancer>(
        "DescribeLoadBalancers", () => [.. model.Balancers.Select(balancer => new LoadBalancer(balancer.Arn, balancer.DnsName))], cancellation);

    public Task<ElbResult<IReadOnlyList<TargetGroup>>> DescribeTargetGroupsAsync(CancellationToken cancellation) => AnswerAsync<TargetGroup>(
        "DescribeTargetGroups",
        () =>
        [
            .. model.Groups.Select(group => new TargetGroup(
                group.Arn,
                group.Name,
                group.TargetType switch { "ip" => TargetType.Ip, "instance" => TargetType.Instance, "alb" => TargetType.Alb, _ => TargetType.Other },
                group.Protocol == "HTTP" ? BalancerKind.Application : BalancerKind.Network,
                group.Balancers)),
        ],
        cancellation);

    public Task<ElbResult<IReadOnlyList<TargetHealth>>> DescribeTargetHealthAsync(string groupArn, CancellationToken cancellation) => AnswerAsync<TargetHealth>(
        groupArn,
        () => model.Groups.FirstOrDefault(group => group.Arn == groupArn)?.Targets
            .Select(target => new TargetHealth(target.Id, target.Port, Enum.Parse<TargetState>(target.State.Replace(".", "", StringComparison.Ordinal), ignoreCase: true), target.Reason))
            .ToList(),
        cancellation);

    private async Task<ElbResult<IReadOnlyList<T>>> AnswerAsync<T>(string call, Func<IReadOnlyList<T>?> read, CancellationToken cancellation)
    {
        lock (_lock)
        {
            _calls.Add((call, model.Time.GetElapsedTime(_start)));
        }

        var latency = Latency();
        await Task.Delay(latency / 2, model.Time, cancellation);
        var found = read();
        await Task.Delay(latency / 2, model.Time, cancellation);
        return Fault(call) is { } error
            ? error
            : found is null
                ? new ElbError(ElbFault.NotFound, "DescribeTargetHealth", "One or more target groups not found")
                : new ElbResult<IReadOnlyList<T>>(found, null);
    }
}
