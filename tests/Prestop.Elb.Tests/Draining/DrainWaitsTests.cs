using System.Net;
using Prestop.Core.Waiting;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Elb.Tests.Discovery;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Draining;

/// <summary>Whole waits on fake time: the search, the feed and the rule together. The interval is 5 s, an answer takes 20 ms.</summary>
public sealed class DrainWaitsTests : IDisposable
{
    private const string Pod = "10.0.1.7";
    private static readonly BalancedObject Web = new(BalancedKind.Ingress, "shop", "web");

    private readonly FakeClock _clock = new();
    private readonly FakeCluster _cluster = new();
    private readonly ElbModel _model;
    private readonly ModelElb _elb;
    private readonly TargetHealthFeed _feed;
    private readonly TargetGroupSearch _search;
    private readonly DrainWaits _waits;
    private readonly WaitDiary _diary = new();
    private readonly ModelBalancer _balancer;
    private readonly ModelGroup _group;

    public DrainWaitsTests()
    {
        _model = new ElbModel(_clock);
        _elb = new ModelElb(_model);
        _feed = new TargetHealthFeed(_elb, TimeSpan.FromSeconds(5), _clock, new Random(1));
        _search = new TargetGroupSearch(_cluster, _elb, _clock);
        _waits = new DrainWaits(_search, _cluster, _feed, _clock, new Random(1));
        _balancer = _model.AddBalancer("web");
        _group = _model.AddGroup("pods", _balancer);
        _group.Set(Pod, "healthy");
        _cluster.Objects[Web] = new BalancerAddresses([_balancer.DnsName], []);
    }

    public void Dispose()
    {
        _feed.Dispose();
        _search.Dispose();
    }

    [Fact]
    public void It_ends_once_the_pod_has_drained_for_the_settle_time()
    {
        At(7, () => _group.Set(Pod, "draining", "Target.DeregistrationInProgress"));

        var result = Wait(60);

        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 27, 27 + 11.2);
        Assert.Matches(@"^10\.0\.1\.7:8080 in pods: draining \(Target\.DeregistrationInProgress\), left 2\d(\.\d)?s ago, settled after 20s$", result.Seen);
        Assert.Collection(
            _diary.Changes,
            change => Assert.Equal("10.0.1.7:8080 in pods: healthy", change),
            change => Assert.Equal("10.0.1.7:8080 in pods: draining (Target.DeregistrationInProgress), left 0s ago, settled after 20s", change));
    }

    [Fact]
    public void A_pod_that_was_never_there_is_out_after_the_settle_time()
    {
        _group.Set(Pod, "");

        var result = Wait(60);

        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 20, 26);
        Assert.StartsWith("10.0.1.7 in pods: never registered, left 2", result.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_deadline_ends_it_and_it_says_what_was_seen()
    {
        var result = Wait(33.3);

        Assert.Equal(new DrainResult(DrainEnd.DeadlineExceeded, "10.0.1.7:8080 in pods: healthy", TimeSpan.FromSeconds(33.3)), result);
    }

    [Fact]
    public void A_caller_that_hangs_up_stops_it_and_the_looks()
    {
        using var caller = new CancellationTokenSource(TimeSpan.FromSeconds(12), _clock);

        var result = _clock.Run(() => WaitAsync(Pod, 600, caller.Token));
        _clock.Run(() => Later(600));

        Assert.Equal((DrainEnd.Cancelled, 12), (result.End, result.Elapsed.TotalSeconds));
        Assert.All(_elb.LooksAt(_group), look => Assert.True(look <= TimeSpan.FromSeconds(12)));
    }

    [Fact]
    public void Who_comes_late_has_the_time_that_others_have_seen()
    {
        _group.Set(Pod, "draining");

        var (first, late) = _clock.Run(async () =>
        {
            var early = WaitAsync("10.0.1.8", 300, default);
            _group.Set("10.0.1.8", "healthy");
            await Task.Delay(TimeSpan.FromSeconds(60), _clock);
            var wait = await WaitAsync(Pod, 300, default);
            _group.Set("10.0.1.8", "unused", "Target.NotInUse");
            return (await early, wait);
        });

        Assert.Equal((DrainEnd.Out, DrainEnd.Out), (first.End, late.End));
        Assert.InRange(late.Elapsed.TotalSeconds, 0, 5.6);
    }

    [Fact]
    public void An_address_that_was_gone_before_the_wait_may_be_another_pods_and_has_to_settle()
    {
        var late = _clock.Run(async () =>
        {
            _group.Set("10.0.1.8", "healthy");
            using var other = new CancellationTokenSource();
            var keepsLooking = WaitAsync("10.0.1.8", 3000, other.Token);
            await Task.Delay(TimeSpan.FromSeconds(10), _clock);
            _group.Set(Pod, "");
            await Task.Delay(TimeSpan.FromSeconds(300), _clock);
            var wait = await WaitAsync(Pod, 300, default);
            other.Cancel();
            await keepsLooking;
            return wait;
        });

        Assert.Equal(DrainEnd.Out, late.End);
        Assert.InRange(late.Elapsed.TotalSeconds, 20, 32);
    }

    [Fact]
    public void Every_port_and_every_group_must_be_out_at_one_time()
    {
        var other = _model.AddGroup("admin", _balancer);
        other.Set(Pod, "healthy", port: 9090);
        At(10, () => _group.Set(Pod, "unused", "Target.NotInUse"));
        At(20, () => _group.Set(Pod, "healthy"));
        At(30, () => other.Set(Pod, "unused", "Target.NotInUse", 9090));
        At(50, () => _group.Set(Pod, "unused", "Target.NotInUse"));

        var result = Wait(120);

        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 50, 56);
        Assert.All(_diary.Changes, change => Assert.Matches(@"^10\.0\.1\.7:(8080 in pods|9090 in admin): (healthy|unused \(Target\.NotInUse\))$", change));
    }

    [Fact]
    public void A_network_load_balancer_needs_longer()
    {
        _cluster.Objects[Web] = new BalancerAddresses([_model.AddBalancer("nlb", "network").DnsName], []);
        _model.AddGroup("tcp", _model.Balancers[^1]).Set(Pod, "draining");

        Assert.Equal(DrainEnd.DeadlineExceeded, Wait(119).End);
        Assert.InRange(Wait(300).Elapsed.TotalSeconds, 0, 13);
    }

    [Fact]
    public void The_ALB_behind_an_NLB_is_what_counts()
    {
        var front = _model.AddBalancer("front", "network");
        _model.AddGroup("to-alb", front, "alb").Set(_balancer.Arn, "healthy", port: 80);
        _cluster.Objects[Web] = new BalancerAddresses([_balancer.DnsName, front.DnsName], []);

        Assert.Equal("10.0.1.7:8080 in pods: healthy", Wait(30).Seen);
        _group.Set(Pod, "unused", "Target.NotInUse");
        Assert.Equal(DrainEnd.Out, Wait(30).End);
    }

    [Fact]
    public void An_instance_is_found_by_the_pods_node()
    {
        var nodes = _model.AddGroup("nodes", _model.AddBalancer("svc", "network"), "instance");
        nodes.Set("i-0123456789abcdef0", "healthy", port: 31080);
        _cluster.Objects[Web] = new BalancerAddresses([_model.Balancers[^1].DnsName], []);

        Assert.Equal((DrainEnd.NotFound, "there is no pod 10.0.1.7"), Brief(Wait(30)));

        _cluster.Instances[Pod] = "i-0123456789abcdef0";
        Assert.Equal((DrainEnd.DeadlineExceeded, "i-0123456789abcdef0:31080 in nodes: healthy"), Brief(Wait(30)));

        nodes.Set("i-0123456789abcdef0", "unused", "Target.InvalidState", 31080);
        Assert.Equal(DrainEnd.Out, Wait(30).End);
    }

    [Fact]
    public void A_group_that_came_after_the_list_was_made_counts()
    {
        _group.Set(Pod, "unused", "Target.NotInUse");
        Wait(30);
        _clock.Run(() => Later(30));
        _model.AddGroup("canary", _balancer).Set(Pod, "healthy");

        Assert.Equal((DrainEnd.DeadlineExceeded, "10.0.1.7:8080 in canary: healthy"), Brief(Wait(30)));
    }

    [Fact]
    public void A_group_that_is_deleted_is_left()
    {
        At(10, () => _model.Delete(_group));

        var result = Wait(60);

        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 30, 42);
    }

    [Fact]
    public void An_object_that_is_deleted_meanwhile_does_no_harm()
    {
        At(10, () =>
        {
            _cluster.Objects.Clear();
            _group.Set(Pod, "draining");
        });

        Assert.Equal(DrainEnd.Out, Wait(60).End);
    }

    [Theory]
    [InlineData(ElbFault.Denied)]
    [InlineData(ElbFault.Credentials)]
    [InlineData(ElbFault.ClockSkew)]
    [InlineData(ElbFault.Region)]
    [InlineData(ElbFault.Untrusted)]
    [InlineData(ElbFault.Rejected)]
    public void What_AWS_will_never_tell_ends_it_at_once(ElbFault fault)
    {
        _elb.Fault = call => call == _group.Arn ? new ElbError(fault, "DescribeTargetHealth", "no") : null;
        Assert.Equal((DrainEnd.AwsFailed, "no"), Brief(Wait(60)));

        _elb.Fault = _ => new ElbError(fault, "DescribeLoadBalancers", "never");
        _clock.Run(() => Later(120));
        Assert.Equal((DrainEnd.AwsFailed, "never"), Brief(Wait(60)));
    }

    [Theory]
    [InlineData(ElbFault.Throttled)]
    [InlineData(ElbFault.Unavailable)]
    [InlineData(ElbFault.Unreachable)]
    [InlineData(ElbFault.Garbled)]
    public void What_AWS_may_tell_later_is_waited_for(ElbFault fault)
    {
        _group.Set(Pod, "draining");
        _elb.Fault = _ => _clock.Now < TimeSpan.FromSeconds(40) ? new ElbError(fault, "DescribeTargetHealth", "not now") : null;

        Assert.Equal((DrainEnd.DeadlineExceeded, "not now"), Brief(Wait(30)));
        var result = Wait(120);
        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(_clock.Now.TotalSeconds, 60, 85);
    }

    [Theory]
    [InlineData(ClusterFault.Refused, DrainEnd.ClusterFailed)]
    [InlineData(ClusterFault.NotFound, DrainEnd.NotFound)]
    [InlineData(ClusterFault.Unavailable, DrainEnd.DeadlineExceeded)]
    public void What_the_cluster_does_not_tell_is_told(ClusterFault fault, DrainEnd end)
    {
        _cluster.Fault = new ClusterError(fault, "no");

        Assert.Equal((end, "no"), Brief(Wait(20)));
    }

    [Fact]
    public void Two_thousand_waits_cost_as_much_as_one()
    {
        var one = Cost(1);
        var many = Cost(2000);

        Assert.Equal(one.Looks, many.Looks);
        Assert.InRange(many.Lists, one.Lists, one.Lists + 4);

        (int Looks, int Lists) Cost(int waits)
        {
            _group.Set(Pod, "healthy");
            _clock.Run(() => Later(120));
            var before = _elb.Calls.Count;
            At(_clock.Now.TotalSeconds + 51, () => _group.Set(Pod, "draining"));
            var results = _clock.Run(() => Task.WhenAll(Enumerable.Range(0, waits).Select(_ => WaitAsync(Pod, 300, default))));
            Assert.All(results, result => Assert.Equal(DrainEnd.Out, result.End));
            var calls = _elb.Calls.Skip(before).ToList();
            return (calls.Count(call => call.Call == _group.Arn), calls.Count(call => call.Call != _group.Arn));
        }
    }

    private static (DrainEnd End, string Seen) Brief(DrainResult result) => (result.End, result.Seen);

    private void At(double seconds, Action action) => _clock.At(TimeSpan.FromSeconds(seconds), action);

    private async Task<int> Later(double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), _clock);
        return 0;
    }

    /// <summary>A group holds addresses of one family; that it lacks the other one proves nothing.</summary>
    [Fact]
    public void A_pod_with_two_addresses_is_in_a_group_by_one_of_them()
    {
        _group.Set(Pod, "");
        _group.Set("fd00::7", "healthy");
        At(31, () => _group.Set("fd00::7", "draining"));

        var result = _clock.Run(() => WaitAsync($"{Pod} fd00:0::7", 90, TestContext.Current.CancellationToken));

        Assert.Equal(DrainEnd.Out, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 31 + 20, 31 + 20 + 11.2);
        Assert.StartsWith("[fd00::7]:8080 in pods: draining", result.Seen, StringComparison.Ordinal);
    }

    /// <summary>Somebody else's wait has seen it leave long ago; that it came back for a moment, nobody saw.</summary>
    [Theory]
    [InlineData(false, 0, 6)]
    [InlineData(true, 20, 31.2)]
    public void A_wait_that_settles_anew_takes_nothing_from_before_it(bool settlesAnew, double atLeast, double atMost)
    {
        _group.Set(Pod, "draining");
        _group.Set("10.0.1.8", "healthy");
        var elapsed = _clock.Run(async () =>
        {
            var other = WaitAsync("10.0.1.8", 120, TestContext.Current.CancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(60), _clock);
            var result = await _waits.WaitAsync(Request(Pod) with { SettlesAnew = settlesAnew }, Deadline.After(TimeSpan.FromSeconds(60), _clock.GetTimestamp(), _clock), _diary, CancellationToken.None);
            await other;
            return result.End is DrainEnd.Out ? result.Elapsed.TotalSeconds : double.NaN;
        });

        Assert.InRange(elapsed, atLeast, atMost);
    }

    private DrainResult Wait(double max) => _clock.Run(() => WaitAsync(Pod, max, TestContext.Current.CancellationToken));

    private Task<DrainResult> WaitAsync(string pod, double max, CancellationToken cancellation) => _waits.WaitAsync(
        Request(pod), Deadline.After(TimeSpan.FromSeconds(max), _clock.GetTimestamp(), _clock), _diary, cancellation);

    private static DrainRequest Request(string addresses) => new(new DrainSource(Web, []), "shop", [.. addresses.Split(' ').Select(IPAddress.Parse)], null);
}
