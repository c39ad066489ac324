using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The pod garbage collector: pods whose node is gone fail and are removed, about 53 s later, and after a refusal again every 40 s (<c>admission/57-node-object-deleted</c>,
/// <c>clients/controllers.ndjson</c>).
/// </summary>
internal sealed class PodCollector(LoopbackCluster cluster) : IReconciler
{
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(53);

    /// <summary>It looks every 20 s, and asks once in two looks.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(40);

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("pod-garbage-collector"));
    private readonly HashSet<string> _missed = [];

    public (TimeSpan First, TimeSpan Longest) Pauses => (Again, Again);

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => change.Kind == ApiKind.Node && change.After is null ? [("", change.Subject.Name())] : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Node, "", name) is not null)
        {
            _missed.Remove(name);
            return null;
        }

        if (_missed.Add(name))
        {
            return Quarantine;
        }

        foreach (var pod in cluster.Store.All(ApiKind.Pod).Where(pod => pod.Text("spec", "nodeName") == name))
        {
            cluster.Change(ApiKind.Pod, pod.Namespace(), pod.Name(), each =>
            {
                each["status"]!["phase"] = "Failed";
                cluster.Verbs.Set(each, "Ready", "False", "");
                cluster.Verbs.Set(each, "DisruptionTarget", "True", "DeletionByPodGC");
            });
            await _client.DeleteAsync(ApiKind.Pod, pod, new JsonObject { ["gracePeriodSeconds"] = 0 }, cancellation);
        }

        return null;
    }
}
