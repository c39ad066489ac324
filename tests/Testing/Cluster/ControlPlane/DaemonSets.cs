using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>The controller of DaemonSets: a pod on every node; a new template goes round one node at a time.</summary>
internal sealed class DaemonSets(LoopbackCluster cluster) : IReconciler
{
    private const string Revision = "controller-revision-hash";

    private readonly Workload _workload = new(cluster, ApiKind.DaemonSet, ApiUser.Controller("daemon-set-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => change.Kind == ApiKind.Node
        ? cluster.Store.All(ApiKind.DaemonSet).Select(set => (set.Namespace(), set.Name()))
        : _workload.AffectedBy(change);

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.DaemonSet, @namespace, name) is not { } set || set.IsTerminating())
        {
            return null;
        }

        var hash = Workload.Hash(set);
        var pods = await _workload.ClaimAsync(set, cancellation);
        foreach (var node in cluster.Store.All(ApiKind.Node).Select(node => node.Name()).Where(node => !pods.Exists(pod => pod.Text("spec", "nodeName") == node)))
        {
            await _workload.CreateAsync(
                set,
                name: null,
                pod =>
                {
                    pod.Child("metadata", "labels")[Revision] = hash;
                    pod["spec"]!["nodeName"] = node;
                },
                cancellation);
        }

        if (pods.TrueForAll(pod => pod.IsReady() && !pod.IsTerminating()) && pods.Find(pod => pod.Labels().Text(Revision) != hash) is { } old)
        {
            await _workload.DeleteAsync(set, old, cancellation);
        }

        await _workload.TellAsync(
            set, new JsonObject { ["numberReady"] = pods.Count(pod => pod.IsReady()), ["updatedNumberScheduled"] = pods.Count(pod => pod.Labels().Text(Revision) == hash) }, cancellation);
        return null;
    }
}
