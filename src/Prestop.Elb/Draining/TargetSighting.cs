using Prestop.Elb.Client;

namespace Prestop.Elb.Draining;

/// <summary>What has been seen of one target of one group up to now. Moments are on one clock, from any origin.</summary>
/// <param name="State">Its state in the last look.</param>
/// <param name="Reason">The API's reason for it; empty when it gave none.</param>
/// <param name="StateSince">When it was first seen in this state, without another between.</param>
/// <param name="FirstSeen">When it was first seen in the group; null when it never was.</param>
/// <param name="LeftSince">
/// When it was first seen draining, absent or unused, without another state between; null when it is none of them now.
/// </param>
public readonly record struct TargetSighting(TargetState State, string Reason, TimeSpan StateSince, TimeSpan? FirstSeen, TimeSpan? LeftSince)
{
    /// <summary>The reason of a target that a group does not hold (any more).</summary>
    public const string NotRegistered = "Target.NotRegistered";

    /// <summary>Whether the load balancer has been told to let go of it: how soon it does so is another matter.</summary>
    public bool HasLeft => LeftSince is not null;

    /// <summary>What is known after one more look.</summary>
    /// <param name="before">What was known before it; null when nothing was.</param>
    /// <param name="state">The state that it showed.</param>
    /// <param name="reason">The reason that it gave.</param>
    /// <param name="at">When the answer was there: what it tells was so by then.</param>
    public static TargetSighting After(TargetSighting? before, TargetState state, string reason, TimeSpan at)
    {
        var isThere = state is not TargetState.Absent && reason != NotRegistered;
        var hasLeft = state is TargetState.Absent or TargetState.Draining or TargetState.Unused;
        return new TargetSighting(
            state,
            reason,
            before is { } same && same.State == state && same.Reason == reason ? same.StateSince : at,
            before?.FirstSeen ?? (isThere ? at : null),
            hasLeft ? before?.LeftSince ?? at : null);
    }
}
