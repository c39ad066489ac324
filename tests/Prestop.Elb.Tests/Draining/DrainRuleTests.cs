using Prestop.Elb.Client;
using Prestop.Elb.Draining;
using Xunit;

namespace Prestop.Elb.Tests.Draining;

/// <summary>The decision as a table: what was seen one second after the other, and what is then thought.</summary>
public class DrainRuleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Every state of the API with every reason that it gives, seen for longer than any settle time.</summary>
    public static TheoryData<string, string, bool> States => new()
    {
        { "Initial", "Elb.RegistrationInProgress", false },
        { "Initial", "Elb.InitialHealthChecking", false },
        { "Healthy", "", false },
        { "Unhealthy", "Target.ResponseCodeMismatch", false },
        { "Unhealthy", "Target.Timeout", false },
        { "Unhealthy", "Target.FailedHealthChecks", false },
        { "Unhealthy", "Elb.InternalError", false },
        { "UnhealthyDraining", "Target.FailedHealthChecks", false },
        { "Unavailable", "Target.HealthCheckDisabled", false },
        { "Unavailable", "Elb.InternalError", false },
        { "Unknown", "", false },
        { "Unused", "Target.NotRegistered", true },
        { "Unused", "Target.NotInUse", true },
        { "Unused", "Target.InvalidState", true },
        { "Unused", "Target.IpUnusable", true },
        { "Unused", "", true },
        { "Unused", "Target.SomethingNew", true },
        { "Draining", "Target.DeregistrationInProgress", true },
        { "Absent", "", true },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void After_a_long_time_a_target_is_out_when_nothing_can_be_sent_to_it(string state, string reason, bool isOut)
    {
        Assert.Equal(isOut, Judged(BalancerKind.Application, null, 1000, (0, state, reason)).IsOut);
        Assert.Equal(isOut, Judged(BalancerKind.Network, null, 1000, (0, "Healthy", ""), (1, state, reason)).IsOut);
    }

    [Theory]
    [InlineData("Target.NotInUse")]
    [InlineData("Target.InvalidState")]
    [InlineData("Target.IpUnusable")]
    public void What_no_load_balancer_can_reach_is_out_at_once(string reason) =>
        Assert.True(Judged(BalancerKind.Network, null, 0, (0, "Unused", reason)).IsOut);

    /// <summary>The moment from which a target is out, in seconds; the looks before.</summary>
    public static TheoryData<string, BalancerKind, double> Moments => new()
    {
        { "0 Draining", BalancerKind.Application, 20 },
        { "0 Draining", BalancerKind.Network, 120 },
        { "0 Draining", BalancerKind.Gateway, 120 },
        { "0 Healthy, 5 Draining", BalancerKind.Application, 25 },
        { "0 Initial, 5 Draining", BalancerKind.Application, 25 },
        { "0 Unhealthy, 3 UnhealthyDraining, 8 Draining", BalancerKind.Application, 28 },

        // A deregistration delay that is shorter than the settle time.
        { "0 Healthy, 5 Draining, 10 Absent", BalancerKind.Application, 25 },
        { "0 Healthy, 5 Absent", BalancerKind.Network, 125 },
        { "0 Healthy, 5 Draining, 10 Unused Target.NotRegistered", BalancerKind.Application, 25 },
        { "0 Healthy, 5 Unused Target.NotRegistered, 10 Absent", BalancerKind.Application, 25 },

        // What a later API may bring.
        { "0 Healthy, 5 Unused Target.SomethingNew", BalancerKind.Application, 25 },

        // Never seen.
        { "0 Absent", BalancerKind.Application, 20 },
        { "3 Unused Target.NotRegistered", BalancerKind.Application, 23 },
        { "0 Absent, 5 Initial, 8 Healthy, 9 Draining", BalancerKind.Application, 29 },

        // Registered again.
        { "0 Draining, 15 Healthy, 30 Draining", BalancerKind.Application, 50 },
        { "0 Draining, 15 Absent, 18 Initial, 30 Absent", BalancerKind.Application, 50 },
    };

    [Theory]
    [MemberData(nameof(Moments))]
    public void It_is_out_once_it_has_left_for_the_settle_time(string looks, BalancerKind kind, double from)
    {
        (double, string, string)[] seen = [.. looks.Split(", ").Select(look => look.Split(' ')).Select(look => (double.Parse(look[0]), look[1], look.Length > 2 ? look[2] : ""))];

        Assert.False(Judged(kind, null, from - 0.001, seen).IsOut);
        Assert.True(Judged(kind, null, from, seen).IsOut);
    }

    [Fact]
    public void The_settle_time_may_be_given()
    {
        Assert.False(Judged(BalancerKind.Network, 3 * Second, 7.9, (5, "Draining", "")).IsOut);
        Assert.True(Judged(BalancerKind.Network, 3 * Second, 8, (5, "Draining", "")).IsOut);
        Assert.True(Judged(BalancerKind.Network, TimeSpan.Zero, 5, (5, "Draining", "")).IsOut);
    }

    [Fact]
    public void A_look_that_was_begun_before_the_target_left_proves_nothing() =>
        Assert.False(Judged(BalancerKind.Network, 3 * Second, 4, (5, "Draining", "")).IsOut);

    [Theory]
    [InlineData("0 Healthy", "healthy")]
    [InlineData("0 Draining Target.DeregistrationInProgress", "draining (Target.DeregistrationInProgress), left 10s ago, settled after 20s")]
    [InlineData("0 Absent", "never registered, left 10s ago, settled after 20s")]
    [InlineData("0 Healthy, 2 Absent", "deregistered, left 8s ago, settled after 20s")]
    [InlineData("0 Unused Target.NotInUse", "unused (Target.NotInUse)")]
    public void The_verdict_says_why(string looks, string words)
    {
        (double, string, string)[] seen = [.. looks.Split(", ").Select(look => look.Split(' ')).Select(look => (double.Parse(look[0]), look[1], look.Length > 2 ? look[2] : ""))];

        Assert.Equal(words, Judged(BalancerKind.Application, null, 10, seen).ToString());
    }

    private static DrainVerdict Judged(BalancerKind kind, TimeSpan? settle, double asked, params (double At, string State, string Reason)[] looks)
    {
        TargetSighting? sighting = null;
        foreach (var (at, state, reason) in looks)
        {
            sighting = TargetSighting.After(sighting, Enum.Parse<TargetState>(state), reason, at * Second);
        }

        return DrainRule.Judge(sighting!.Value, kind, settle, asked * Second);
    }
}
