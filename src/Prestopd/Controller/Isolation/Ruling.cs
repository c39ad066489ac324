using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Admission;

namespace Prestopd.Controller.Isolation;

/// <summary>
/// The rows of the table: why a delete or an eviction is answered as it is. Each is an event's reason and a metric's label. The first that fits counts.
/// </summary>
internal enum Reason
{
    /// <summary>Allowed: nothing of ours, or our own call.</summary>
    NotAsked,

    /// <summary>Allowed: nothing is to come of it.</summary>
    DryRun,

    /// <summary>Allowed: with grace period 0.</summary>
    Forced,

    /// <summary>Allowed: an eviction of a pod that is not there. The webhook is asked before the API server looks.</summary>
    Unknown,

    /// <summary>Allowed: it is another pod of that name that is meant, which the API server refuses by itself.</summary>
    OtherPod,

    /// <summary>Allowed: it is on its way already.</summary>
    Terminating,

    /// <summary>Allowed: who asks must never be held up.</summary>
    Exempt,

    /// <summary>Allowed: its namespace goes with all that is in it.</summary>
    NamespaceTerminating,

    /// <summary>Allowed: the pod, its namespace or the cluster wants another mode.</summary>
    OptedOut,

    /// <summary>Allowed: its drain has ended.</summary>
    Drained,

    /// <summary>Refused: its drain goes on.</summary>
    Draining,

    /// <summary>Refused: it serves on until its replacement is ready.</summary>
    Surging,

    /// <summary>Allowed: it is sent nothing, as it is not ready or its node is lost.</summary>
    NotReady,

    /// <summary>Allowed: no Service selects it.</summary>
    NotSelected,

    /// <summary>Allowed: Services select it, but no load balancer sends to them, and only pods behind one are drained.</summary>
    NotExposed,

    /// <summary>Allowed: it could only be isolated by having a Job do its work twice.</summary>
    NotIsolable,

    /// <summary>Allowed: several budgets cover it, which the API server refuses by itself (500).</summary>
    SeveralBudgets,

    /// <summary>Refused: nobody knows yet what its budget allows.</summary>
    BudgetPending,

    /// <summary>Refused: its budget allows no disruption, and no replacement may be made first.</summary>
    BudgetSpent,

    /// <summary>Refused: it could not be done in time what has to be done first, as the pod changed meanwhile or the API server did not answer.</summary>
    Busy,

    /// <summary>Allowed: what has to be done first cannot be done, for want of rights or because the API server has not answered for long.</summary>
    Failed,

    /// <summary>Refused, and its drain begins: its replacement is made first.</summary>
    SurgeStarted,

    /// <summary>Refused, and its drain begins: it leaves its Services.</summary>
    DrainStarted,
}

/// <summary>What is known of a pod that somebody wants gone.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Policy">What is wanted for it.</param>
/// <param name="IsNamespaceTerminating">Whether its namespace is being deleted.</param>
/// <param name="Services">The Services that select it.</param>
/// <param name="Budgets">The budgets that cover it.</param>
/// <param name="OwnerSelector">What its owner selects pods by; null when that is not known.</param>
/// <param name="DrainedSince">Since when there is evidence that nothing is sent to it; null for none.</param>
internal sealed record PodInView(
    Pod Pod,
    DrainPolicy Policy,
    bool IsNamespaceTerminating,
    IReadOnlyList<Service> Services,
    IReadOnlyList<PodDisruptionBudget> Budgets,
    LabelSelector? OwnerSelector,
    DateTimeOffset? DrainedSince)
{
    /// <summary>Whether it is one of the pods that are drained (<see cref="Exposure"/>), by the Services that select it.</summary>
    public bool IsExposed { get; init; } = true;
}

/// <summary>The answer to a delete or an eviction, and what has to be done before it is given.</summary>
/// <param name="Reason">The row of the table.</param>
/// <param name="Denial">The refusal; null when the request goes on.</param>
internal sealed record Ruling(Reason Reason, Denial? Denial = null)
{
    /// <summary>The budget whose status has to take the disruption in first (<see cref="BudgetPatches.Reserve"/>); null for none.</summary>
    public PodDisruptionBudget? Reserve { get; init; }

    /// <summary>
    /// The merge patch of the pod; null for none. When it fails because the pod has changed, the decision is made anew. A pod that was changed within its
    /// own DELETE is reviewed a second time.
    /// </summary>
    public JsonObject? Patch { get; init; }

    /// <summary>
    /// The budgets to touch afterwards (<see cref="BudgetPatches.Wake"/>): nothing tells their controller that a pod has lost its labels, and a stale
    /// budget lets the last healthy pod be evicted.
    /// </summary>
    public IReadOnlyList<PodDisruptionBudget> Wake { get; init; } = [];

    /// <summary>What is said of it in the pod's event; null where nothing is to be said.</summary>
    public string? Note { get; init; }
}
