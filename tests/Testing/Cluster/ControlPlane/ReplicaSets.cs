using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>The controller of ReplicaSets.</summary>
internal sealed class ReplicaSets(LoopbackCluster cluster) : IReconciler
{
    private readonly Workload _workload = new(cluster, ApiKind.ReplicaSet, ApiUser.Controller("replicaset-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => _workload.AffectedBy(change);

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.ReplicaSet, @namespace, name) is not { } set)
        {
            return null;
        }

        var all = await _workload.ClaimAsync(set, cancellation);
        var active = all.Where(pod => !pod.IsTerminating() && pod.Text("status", "phase") is not ("Failed" or "Succeeded")).ToList();
        var wanted = (int)(set.Number("spec", "replicas") ?? 1);
        try
        {
            if (!set.IsTerminating())
            {
                for (var missing = wanted - active.Count; missing > 0; missing--)
                {
                    await _workload.CreateAsync(set, name: null, _ => { }, cancellation);
                }

                // Those that are not ready go first, then the youngest.
                var order = active.OrderBy(pod => pod.IsReady()).ThenByDescending(pod => pod.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).ThenByDescending(pod => pod.Uid(), StringComparer.Ordinal);
                await Task.WhenAll(order.Take(Math.Max(0, active.Count - wanted)).Select(pod => _workload.DeleteAsync(set, pod, cancellation)));
            }
        }
        finally
        {
            var ready = active.Count(pod => pod.IsReady());
            await _workload.TellAsync(
                set, new JsonObject { ["replicas"] = active.Count, ["readyReplicas"] = ready, ["availableReplicas"] = ready }, cancellation);
        }

        return null;
    }
}
