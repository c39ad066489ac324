using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>The controller of StatefulSets: one pod after the other, each under a name of its own.</summary>
internal sealed class StatefulSets(LoopbackCluster cluster) : IReconciler
{
    private const string Revision = "controller-revision-hash";

    private readonly Workload _workload = new(cluster, ApiKind.StatefulSet, ApiUser.Controller("statefulset-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => _workload.AffectedBy(change);

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.StatefulSet, @namespace, name) is not { } set || set.IsTerminating())
        {
            return null;
        }

        var pods = (await _workload.ClaimAsync(set, cancellation)).ToDictionary(pod => pod.Name());
        var wanted = (int)(set.Number("spec", "replicas") ?? 1);
        var hash = $"{name}-{Workload.Hash(set)}";
        var ready = pods.Values.Count(pod => pod.IsReady() && !pod.IsTerminating());
        await _workload.TellAsync(set, new JsonObject { ["replicas"] = pods.Count, ["readyReplicas"] = ready, ["updateRevision"] = hash }, cancellation);
        for (var ordinal = 0; ordinal < wanted; ordinal++)
        {
            var pod = pods.GetValueOrDefault($"{name}-{ordinal}");
            if (pod is null)
            {
                // The name may be taken by a pod that was let go: that is a failure like any other.
                await _workload.CreateAsync(set, $"{name}-{ordinal}", made => Label(made, hash, ordinal), cancellation);
                return null;
            }

            if (!pod.IsReady() || pod.IsTerminating())
            {
                return null;
            }
        }

        // Those that are too many go first, and then, from the last to the first, those of an old template.
        var last = pods.Values.Where(pod => Ordinal(pod) >= wanted || pod.Labels().Text(Revision) != hash).OrderBy(Ordinal).LastOrDefault();
        if (last is not null && !pods.Values.Any(pod => pod.IsTerminating()))
        {
            await _workload.DeleteAsync(set, last, cancellation);
        }

        return null;
    }

    private static void Label(JsonObject pod, string hash, int ordinal)
    {
        var labels = pod.Child("metadata", "labels");
        labels[Revision] = hash;
        labels["statefulset.kubernetes.io/pod-name"] = pod.Name();
        labels["apps.kubernetes.io/pod-index"] = ordinal.ToString(CultureInfo.InvariantCulture);
    }

    private static int Ordinal(JsonObject pod) => int.Parse(pod.Name()[(pod.Name().LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
}
