using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Discovery;

public sealed class TargetGroupSearchTests : IDisposable
{
    private static readonly BalancedObject Web = new(BalancedKind.Ingress, "shop", "web");

    private readonly FakeClock _clock = new();
    private readonly FakeCluster _cluster = new();
    private readonly ElbModel _model;
    private readonly ModelElb _elb;
    private readonly TargetGroupSearch _search;

    public TargetGroupSearchTests()
    {
        _model = new ElbModel(_clock);
        _elb = new ModelElb(_model);
        _search = new TargetGroupSearch(_cluster, _elb, _clock);
    }

    public void Dispose() => _search.Dispose();

    [Fact]
    public void Every_hostname_of_an_object_counts_and_every_group_behind_it()
    {
        var (one, other, foreign) = (_model.AddBalancer("one"), _model.AddBalancer("other", "network"), _model.AddBalancer("foreign"));
        _model.AddGroup("a", one);
        _model.AddGroup("b", one, "instance");
        _model.AddGroup("c", other);
        _model.AddGroup("d", foreign);
        _model.AddGroup("e", null);
        _cluster.Objects[Web] = new BalancerAddresses([one.DnsName, other.DnsName], []);

        Assert.Equal(["a", "b", "c"], Names(new DrainSource(Web, [])));
    }

    [Theory]
    [InlineData("WEB-1234567890.EU-CENTRAL-1.ELB.AMAZONAWS.COM")]
    [InlineData("web-1234567890.eu-central-1.elb.amazonaws.com.")]
    [InlineData("dualstack.web-1234567890.eu-central-1.elb.amazonaws.com")]
    public void A_hostname_may_be_spelt_in_several_ways(string hostname)
    {
        _model.AddGroup("a", _model.AddBalancer("web"));
        _cluster.Objects[Web] = new BalancerAddresses([hostname], []);

        Assert.Equal(["a"], Names(new DrainSource(Web, [])));
    }

    [Fact]
    public void An_application_load_balancer_behind_a_network_load_balancer_is_followed()
    {
        var (front, back) = (_model.AddBalancer("front", "network"), _model.AddBalancer("back"));
        _model.AddGroup("to-alb", front, "alb").Set(back.Arn, "healthy", port: 80);
        _model.AddGroup("pods", back);
        _cluster.Objects[Web] = new BalancerAddresses([front.DnsName], []);

        Assert.Equal(["pods"], Names(new DrainSource(Web, [])));
    }

    [Fact]
    public void A_group_may_be_named_by_its_arn_or_by_its_name()
    {
        var group = _model.AddGroup("web", null);
        var binding = Web with { Kind = BalancedKind.TargetGroupBinding };

        Assert.Equal(["web"], Names(new DrainSource(null, [group.Arn])));
        _cluster.Objects[binding] = new BalancerAddresses([], [group.Arn]);
        Assert.Equal(["web"], Names(new DrainSource(binding, [])));
        _cluster.Objects[binding with { Name = "by-name" }] = new BalancerAddresses([], ["web"]);
        Assert.Equal(["web"], Names(new DrainSource(binding with { Name = "by-name" }, [])));
    }

    [Fact]
    public void What_leads_nowhere_is_not_found()
    {
        var balancer = _model.AddBalancer("empty");
        _model.AddGroup("function", balancer, "lambda");
        Add("no-status", []);
        Add("unknown", ["unknown.eu-central-1.elb.amazonaws.com"]);
        Add("half", [balancer.DnsName, "unknown.eu-central-1.elb.amazonaws.com"]);
        Add("empty", [balancer.DnsName]);

        NotFound("there is no ingress/missing in shop", "missing");
        NotFound("ingress/no-status in shop has no load balancer's hostname in its status", "no-status");
        NotFound("no load balancer of this account and region has the name unknown.eu-central-1.elb.amazonaws.com, which ingress/unknown in shop gives; is it a Classic Load Balancer, or another region's?", "unknown");
        NotFound("no load balancer of this account and region has the name unknown.eu-central-1.elb.amazonaws.com, which ingress/half in shop gives; is it a Classic Load Balancer, or another region's?", "half");
        NotFound("ingress/empty in shop leads to no target group that a pod could be in", "empty");
        var (groups, error) = Find(new DrainSource(null, ["arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1"]));
        Assert.Null(groups);
        Assert.Equal("there is no target group 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1' in this account and region", error?.Message);

        void Add(string name, string[] hostnames) => _cluster.Objects[Web with { Name = name }] = new BalancerAddresses(hostnames, []);

        void NotFound(string words, string name)
        {
            var (found, missing) = Find(new DrainSource(Web with { Name = name }, []));
            Assert.Null(found);
            Assert.Equal(new SearchError(SearchFault.NotFound, false, words), missing);
        }
    }

    [Theory]
    [InlineData(ElbFault.Throttled, true)]
    [InlineData(ElbFault.Denied, false)]
    public void What_AWS_does_not_tell_is_no_empty_list(ElbFault fault, bool isTransient)
    {
        var group = _model.AddGroup("to-alb", _model.AddBalancer("front", "network"), "alb");
        foreach (var call in new[] { "DescribeLoadBalancers", "DescribeTargetGroups", group.Arn })
        {
            _elb.Fault = made => made == call ? new ElbError(fault, call, "no") : null;

            Assert.Equal(new SearchError(SearchFault.Aws, isTransient, "no"), Find(new DrainSource(null, [group.Arn])).Error);
            _clock.Run(() => Later(6));
        }
    }

    [Theory]
    [InlineData(ClusterFault.Unavailable, true)]
    [InlineData(ClusterFault.Refused, false)]
    public void What_the_cluster_does_not_tell_is_told(ClusterFault fault, bool isTransient)
    {
        _cluster.Fault = new ClusterError(fault, "no");

        Assert.Equal(new SearchError(SearchFault.Cluster, isTransient, "no"), Find(new DrainSource(Web, [])).Error);
        Assert.Empty(_elb.Calls);
    }

    [Fact]
    public void Any_number_of_searches_cost_one_list()
    {
        var balancer = _model.AddBalancer("web");
        _model.AddGroup("a", balancer);
        _cluster.Objects[Web] = new BalancerAddresses([balancer.DnsName], []);

        _clock.Run(async () => (await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => FindAsync(new DrainSource(Web, []), 60)))).Length);
        _clock.Run(() => Later(30));
        Names(new DrainSource(Web, []));

        Assert.Equal(2, _elb.Calls.Count);
        Assert.Equal(1, _cluster.Asked);
        Assert.Equal(30.04, _search.Age!.Value.TotalSeconds, 3);

        _clock.Run(() => Later(31));
        Names(new DrainSource(Web, []));
        Assert.Equal(4, _elb.Calls.Count);
    }

    [Fact]
    public void A_load_balancer_that_is_younger_than_the_list_is_found_by_a_newer_one()
    {
        _model.AddGroup("old", _model.AddBalancer("old"));
        Find(new DrainSource(null, [_model.Groups[0].Arn]));
        _clock.Run(() => Later(10));

        var balancer = _model.AddBalancer("new");
        _model.AddGroup("new", balancer);
        _cluster.Objects[Web] = new BalancerAddresses([balancer.DnsName], []);

        Assert.Equal(["new"], Names(new DrainSource(Web, [])));
    }

    [Fact]
    public void Searches_that_fail_again_and_again_do_not_ask_again_and_again()
    {
        _elb.Fault = _ => new ElbError(ElbFault.Denied, "DescribeLoadBalancers", "no");
        for (var i = 0; i < 100; i++)
        {
            Find(new DrainSource(null, ["arn"]));
            _clock.Run(() => Later(0.1));
        }

        Assert.InRange(_elb.Calls.Count, 2, 3);
    }

    private async Task<int> Later(double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), _clock);
        return 0;
    }

    private IEnumerable<string> Names(DrainSource source)
    {
        var (groups, error) = Find(source);
        Assert.Null(error);
        return groups!.Select(group => group.Name).Order();
    }

    private (IReadOnlyList<TargetGroup>? Groups, SearchError? Error) Find(DrainSource source) => _clock.Run(() => FindAsync(source, 60));

    private Task<(IReadOnlyList<TargetGroup>? Groups, SearchError? Error)> FindAsync(DrainSource source, double oldest) =>
        _search.FindAsync(source, _clock.GetTimestamp() - TimeSpan.FromSeconds(oldest).Ticks, TestContext.Current.CancellationToken);
}
