using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller.Cluster;

/// <summary>What is done to budgets and StatefulSets, so that their controllers count with pods that drain.</summary>
/// <param name="api">The client.</param>
/// <param name="background">Makes the calls that nobody waits for.</param>
/// <param name="time">The clock.</param>
internal sealed class Wakes(ApiClient api, BackgroundCalls background, TimeProvider time)
{
    private static readonly Resource<PodDisruptionBudget> BudgetStatus = PodDisruptionBudget.Resource.Subresource("status");

    /// <summary>Takes a disruption out of a budget.</summary>
    /// <param name="budget">The budget as it was looked at.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Null; else why not, <see cref="ApiFault.Conflict"/> when the budget has changed.</returns>
    public Task<ApiError?> ReserveAsync(PodDisruptionBudget budget, Pod pod, CancellationToken cancellation) =>
        PatchStatusAsync(budget, BudgetPatches.Reserve(budget, pod.Metadata.Name, time.GetUtcNow()), cancellation);

    /// <summary>Keeps a disruption in a budget.</summary>
    /// <param name="budget">The budget as it was looked at.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Null; else why not, <see cref="ApiFault.Conflict"/> when the budget has changed.</returns>
    public Task<ApiError?> RenewAsync(PodDisruptionBudget budget, Pod pod, CancellationToken cancellation) =>
        PatchStatusAsync(budget, BudgetPatches.Renew(budget, pod.Metadata.Name, time.GetUtcNow()), cancellation);

    /// <summary>Has budgets counted again, a moment later.</summary>
    /// <param name="budgets">The budgets.</param>
    public void Wake(IEnumerable<PodDisruptionBudget> budgets)
    {
        foreach (var budget in budgets)
        {
            Wake(PodDisruptionBudget.Resource, budget.Metadata.Namespace, budget.Metadata.Name);
        }
    }

    /// <summary>Has a pod's owner look after its pods again, a moment later.</summary>
    /// <param name="pod">The pod, which is gone.</param>
    /// <param name="owner">Who owned it.</param>
    public void Wake(ObjectMeta pod, OwnerReference owner)
    {
        if (Workload.Resource(owner.Kind) is { } resource)
        {
            Wake(resource, pod.Namespace, owner.Name);
        }
    }

    private async Task<ApiError?> PatchStatusAsync(PodDisruptionBudget budget, JsonObject change, CancellationToken cancellation) =>
        (await api.PatchAsync(BudgetStatus, budget.Metadata.Namespace, budget.Metadata.Name, Patch.Merge(change), new WriteOptions(), cancellation)).Error;

    private void Wake<T>(Resource<T> resource, string @namespace, string name)
        where T : class, IApiObject =>
        background.Add(async cancellation =>
            (await api.PatchAsync(resource, @namespace, name, Patch.Merge(BudgetPatches.Wake(time.GetUtcNow())), new WriteOptions(), cancellation)).Error);
}
