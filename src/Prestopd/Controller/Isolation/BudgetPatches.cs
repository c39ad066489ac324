using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>The changes of budgets, merge patches as well.</summary>
internal static class BudgetPatches
{
    /// <summary>The budget that a disruption has to be taken out of; null when none covers the pod.</summary>
    /// <param name="budgets">The budgets that cover the pod.</param>
    public static PodDisruptionBudget? Needed(IReadOnlyList<PodDisruptionBudget> budgets) => budgets is [var only] ? only : null;

    /// <summary>
    /// Takes a disruption out of a budget's status as the eviction subresource does: under the version that was looked at, so that two replicas never
    /// spend the same one. The budget's controller drops the entry once the pod has lost its labels, or after two minutes. One that is there already, from an attempt
    /// that went no further, is renewed: under the version as well, since it may be gone by now.
    /// </summary>
    /// <param name="budget">A budget that allows a disruption, or has the pod's entry.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="now">The time.</param>
    /// <returns>The patch of subresource <c>status</c>.</returns>
    public static JsonObject Reserve(PodDisruptionBudget budget, string pod, DateTimeOffset now)
    {
        var patch = Renew(budget, pod, now);
        if (!budget.DisruptedPods.Contains(pod))
        {
            patch["status"]!["disruptionsAllowed"] = budget.DisruptionsAllowed - 1;
        }

        return patch;
    }

    /// <summary>
    /// Keeps a disruption in a budget that covers the pod even while it drains: after two minutes its controller would take the pod for one that stays (k8s.io/kubernetes,
    /// disruption controller, <c>DeletionTimeout</c>).
    /// </summary>
    /// <param name="budget">The budget.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="now">The time.</param>
    /// <returns>The patch of subresource <c>status</c>.</returns>
    public static JsonObject Renew(PodDisruptionBudget budget, string pod, DateTimeOffset now) => new()
    {
        ["metadata"] = new JsonObject { ["uid"] = budget.Metadata.Uid, ["resourceVersion"] = budget.Metadata.ResourceVersion },
        ["status"] = new JsonObject { ["disruptedPods"] = new JsonObject { [pod] = DrainState.Text(now) } },
    };

    /// <summary>Has the budget's controller count again.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The patch of the budget itself.</returns>
    public static JsonObject Wake(DateTimeOffset now) => new()
    {
        // To the microsecond: a patch that changes nothing wakes nobody, and there may be two in a second.
        ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ControllerNames.Woken] = MicroTime.Text(now) } },
    };
}
