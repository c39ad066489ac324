using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The scheduler when no node has room: for a pod of a higher priority it has the one of the lowest deleted, and asks ten times a second for as long as that is refused
/// (<c>clients/controllers.ndjson</c>, <c>admission/55-preemption</c>).
/// </summary>
internal sealed class Preemption(LoopbackCluster cluster) : IReconciler
{
    private readonly ClusterClient _client = new(cluster, ApiUser.Scheduler);

    /// <summary>Next to the time that a try takes.</summary>
    public (TimeSpan First, TimeSpan Longest) Pauses => (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) =>
        change.Kind == ApiKind.Pod && change.After is { } pod && IsWaiting(pod) ? [(pod.Namespace(), pod.Name())] : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Pod, @namespace, name) is not { } pod || !IsWaiting(pod) || Nodes.WithRoom(cluster).Any())
        {
            return null;
        }

        var there = cluster.Store.All(ApiKind.Pod).Where(each => each.Text("spec", "nodeName") is { } node && Nodes.Open(cluster).Any(open => open.Name() == node)).ToList();
        if (there.Exists(each => each.IsTerminating()) || there.Where(each => Priority(each) < Priority(pod)).MinBy(Priority) is not { } victim)
        {
            return null;
        }

        cluster.Change(ApiKind.Pod, victim.Namespace(), victim.Name(), each => cluster.Verbs.Set(each, "DisruptionTarget", "True", "PreemptionByScheduler"));
        await _client.DeleteAsync(ApiKind.Pod, victim, options: null, cancellation);
        return null;
    }

    private static bool IsWaiting(JsonObject pod) => pod.Text("spec", "nodeName") is null && !pod.IsTerminating() && Priority(pod) > 0;

    private static long Priority(JsonNode pod) => pod.Number("spec", "priority") ?? 0;
}
