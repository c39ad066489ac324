using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>What is to be done to a pod that drains, now or later.</summary>
internal abstract record DrainStep
{
    /// <summary>Nothing before this time, unless the pod changes or evidence comes.</summary>
    /// <param name="At">The time.</param>
    public sealed record Wait(DateTimeOffset At) : DrainStep;

    /// <summary>Nothing ever: it does not drain, or it is on its way.</summary>
    public sealed record Done : DrainStep;

    /// <summary>Its replacement is there, or has been waited for long enough: it leaves its Services.</summary>
    /// <param name="Patch">The merge patch of the pod.</param>
    /// <param name="Reserve">The budget whose status has to take the disruption in first; null for none.</param>
    public sealed record TakeOff(JsonObject Patch, PodDisruptionBudget? Reserve) : DrainStep;

    /// <summary>It gets its labels back.</summary>
    /// <param name="Patch">The merge patch of the pod.</param>
    public sealed record Restore(JsonObject Patch) : DrainStep;

    /// <summary>
    /// Nobody comes for it any more: it is deleted by ourselves, as it was to be deleted when its drain began. In this version only: somebody may have joined
    /// who is to be waited for, or have called the drain off.
    /// </summary>
    /// <param name="Options">How, and which one exactly.</param>
    public sealed record Delete(DeleteOptions Options) : DrainStep;
}

/// <summary>
/// Takes drains to their ends. A function of the pod, the indexes and the time: whichever replica comes first does what is to be done, and for the others the
/// pod has changed then.
/// </summary>
internal static class DrainCourse
{
    /// <summary>The next step.</summary>
    /// <param name="view">The pod and what is known of it; of the Services those that select it still.</param>
    /// <param name="isReplaced">Whether its owner has as many ready pods as it wants without this one.</param>
    /// <param name="now">The time.</param>
    public static DrainStep Next(PodInView view, bool isReplaced, DateTimeOffset now)
    {
        var pod = view.Pod;
        if (pod.DeletionTimestamp is not null || DrainState.Of(pod) is not { } drain)
        {
            return new DrainStep.Done();
        }

        if (drain.IsCancelled)
        {
            return new DrainStep.Restore(PodPatches.Restore(pod, drain, surgeFailed: null));
        }

        return drain.SurgeUntil is { } surgeUntil ? Surge(view, drain, surgeUntil, isReplaced, now) : End(view, drain, now);
    }

    /// <summary>Whether a pod stands in for those of its ReplicaSet that drain.</summary>
    /// <param name="owner">The ReplicaSet's uid.</param>
    /// <param name="pod">The pod.</param>
    public static bool IsReplacement(string owner, Pod pod) =>
        pod.Controller?.Uid == owner && pod is { IsReady: true, DeletionTimestamp: null } && !pod.Labels.ContainsKey(ControllerNames.Draining);

    private static DrainStep Surge(PodInView view, DrainState drain, DateTimeOffset surgeUntil, bool isReplaced, DateTimeOffset now)
    {
        var isOver = now >= surgeUntil;
        if (!isReplaced && !isOver)
        {
            return new DrainStep.Wait(surgeUntil);
        }

        // Somebody who evicts has to keep to the budget, which counts the replacement by now.
        var budget = drain.Beginning is Beginning.Eviction ? BudgetPatches.Needed(view.Budgets) : null;
        if (budget is { IsCurrent: false } or { DisruptionsAllowed: 0 } && !budget.DisruptedPods.Contains(view.Pod.Metadata.Name))
        {
            return isOver ? new DrainStep.Restore(PodPatches.Restore(view.Pod, drain, now)) : new DrainStep.Wait(surgeUntil);
        }

        var until = now + view.Policy.Drain;
        if (drain.Beginning is Beginning.Delete && Retries.EarliestEnd(drain.Until) is var earliest && until < earliest)
        {
            until = earliest;
        }

        var labels = view.Services.SelectMany(service => service.Selector!.Labels).Select(label => label.Key).Distinct().Order(StringComparer.Ordinal);
        return new DrainStep.TakeOff(PodPatches.TakeOff(view.Pod, labels, drain with { Until = until, SurgeUntil = null }), budget);
    }

    private static DrainStep End(PodInView view, DrainState drain, DateTimeOffset now)
    {
        var ended = view.DrainedSince is { } since && since < drain.Until ? since : drain.Until;
        var delete = drain.Beginning is Beginning.Delete ? Retries.AllBack(ended, drain.Until) : ended;
        return now >= delete
            ? new DrainStep.Delete(drain.Options with { Uid = view.Pod.Metadata.Uid, ResourceVersion = view.Pod.Metadata.ResourceVersion })
            : new DrainStep.Wait(delete);
    }
}
