using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller;

public sealed class DrainPolicyTests
{
    private static readonly DrainPolicy Cluster = new(DrainMode.Inject, TimeSpan.FromSeconds(45), SurgeWish.Unsaid);

    [Fact]
    public void The_nearest_wish_counts()
    {
        var problems = new List<string>();
        var policy = Cluster
            .With(new Dictionary<string, string> { ["prestop/mode"] = "intercept", ["prestop/drain"] = "2m" }, problems)
            .With(new Dictionary<string, string> { ["prestop/drain"] = "90s", ["prestop/surge"] = "off" }, problems);

        Assert.Equal(new DrainPolicy(DrainMode.Intercept, TimeSpan.FromSeconds(90), SurgeWish.Off), policy);
        Assert.Empty(problems);
    }

    [Fact]
    public void Nothing_said_changes_nothing() => Assert.Equal(Cluster, Cluster.With(new Dictionary<string, string> { ["app"] = "web" }, []));

    [Theory]
    [InlineData("prestop/mode", "Inject", "prestop/mode: 'Inject': not a mode, so nothing is done; write inject, intercept or off")]
    [InlineData("prestop/drain", "1:30", "prestop/drain: '1:30': write 1m30s")]
    [InlineData("prestop/drain", "0", "prestop/drain: '0': a drain takes longer than 0; write prestop/mode: off for none")]
    [InlineData("prestop/drain", "61m", "prestop/drain: '61m': longer than 1h, the most there is")]
    [InlineData("prestop/drain", "inf", "prestop/drain: 'inf': longer than 1h, the most there is")]
    [InlineData("prestop/surge", "true", "prestop/surge: 'true': write on or off")]
    public void What_cannot_be_read_is_told_and_changes_nothing_but_a_mode(string name, string value, string problem)
    {
        var problems = new List<string>();

        var policy = Cluster.With(new Dictionary<string, string> { [name] = value }, problems);

        Assert.Equal([problem], problems);
        Assert.Equal(name == "prestop/mode" ? Cluster with { Mode = DrainMode.Off } : Cluster, policy);
    }
}
