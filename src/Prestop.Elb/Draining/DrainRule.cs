using System.Globalization;
using Prestop.Elb.Client;

namespace Prestop.Elb.Draining;

/// <summary>What is to be thought of a target.</summary>
/// <param name="IsOut">True when no load balancer sends it anything any more.</param>
/// <param name="State">Its state in words: lower case, no full stop.</param>
/// <param name="Settling">How far it has settled, in words that follow the state; empty where that does not matter.</param>
public readonly record struct DrainVerdict(bool IsOut, string State, string Settling)
{
    /// <summary>All of it in words.</summary>
    public override string ToString() => State + Settling;
}

/// <summary>Whether a load balancer has let go of a target: a function of what was seen of it and when, and of nothing else.</summary>
public static class DrainRule
{
    /// <summary>
    /// How long a load balancer's data plane may go on after its API says that a target has left. ALB: the last request was seen 19 s after, NLB: 2
    /// minutes, whatever the deregistration delay (kubernetes-sigs/aws-load-balancer-controller, issue 2366).
    /// </summary>
    /// <param name="kind">The kind of load balancer.</param>
    public static TimeSpan DefaultSettle(BalancerKind kind) =>
        TimeSpan.FromSeconds(kind is BalancerKind.Application ? 20 : 120);

    /// <summary>How long a target must have left.</summary>
    /// <param name="kind">The kind of load balancer that sends to it.</param>
    /// <param name="asked">What was asked for; null: <see cref="DefaultSettle"/>.</param>
    public static TimeSpan SettleOf(BalancerKind kind, TimeSpan? asked) => asked ?? DefaultSettle(kind);

    /// <summary>Judges one target.</summary>
    /// <param name="seen">What was seen of it, the look that is judged included.</param>
    /// <param name="kind">The kind of load balancer that sends to it.</param>
    /// <param name="settle">How long it must have left; null: <see cref="DefaultSettle"/>.</param>
    /// <param name="asked">When the look that is judged was begun.</param>
    /// <remarks>
    /// <list type="table">
    /// <item><term>initial, healthy, unhealthy, unhealthy.draining, unavailable, unknown</term><description>in: it gets traffic, or may again</description></item>
    /// <item><term>unused (Target.NotInUse, Target.InvalidState, Target.IpUnusable)</term><description>out: no load balancer can send to it</description></item>
    /// <item><term>draining, absent, unused (Target.NotRegistered, or a reason not known)</term><description>out once it has left for the settle time, in whichever
    /// of these states: a short deregistration delay ends draining, but not what the data plane does</description></item>
    /// <item><term>absent and never seen</term><description>the same, from the first look on: its registration may be on its way</description></item>
    /// </list>
    /// </remarks>
    public static DrainVerdict Judge(in TargetSighting seen, BalancerKind kind, TimeSpan? settle, TimeSpan asked)
    {
        var state = StateInWords(seen);
        if (seen is { State: TargetState.Unused, Reason: "Target.NotInUse" or "Target.InvalidState" or "Target.IpUnusable" })
        {
            return new DrainVerdict(true, state, "");
        }

        if (seen.LeftSince is not { } since)
        {
            return new DrainVerdict(false, state, "");
        }

        var needed = SettleOf(kind, settle);
        var left = asked > since ? asked - since : TimeSpan.Zero;
        return new DrainVerdict(
            left >= needed,
            state,
            string.Create(CultureInfo.InvariantCulture, $", left {left.TotalSeconds:0.#}s ago, settled after {needed.TotalSeconds:0.###}s"));
    }

    private static string StateInWords(in TargetSighting seen)
    {
        var word = seen.State switch
        {
            TargetState.Absent => seen.FirstSeen is null ? "never registered" : "deregistered",
            TargetState.Initial => "initial",
            TargetState.Healthy => "healthy",
            TargetState.Unhealthy => "unhealthy",
            TargetState.UnhealthyDraining => "unhealthy.draining",
            TargetState.Draining => "draining",
            TargetState.Unused => "unused",
            TargetState.Unavailable => "unavailable",
            _ => "in a state that is not known",
        };
        return seen.Reason.Length == 0 ? word : $"{word} ({seen.Reason})";
    }
}
