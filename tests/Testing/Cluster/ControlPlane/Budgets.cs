using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The disruption controller. It hears of a pod only by the labels that the pod has afterwards: of one that loses them it hears nothing, and its status stays as it
/// was (<c>isolation/budget-stale-75s.ndjson</c>).
/// </summary>
internal sealed class Budgets(LoopbackCluster cluster) : IReconciler
{
    /// <summary>How long an eviction that was allowed counts before its pod is seen to go.</summary>
    private static readonly TimeSpan Entry = TimeSpan.FromMinutes(2);

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("disruption-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change)
    {
        if (change.Kind == ApiKind.Budget)
        {
            return [(change.Subject.Namespace(), change.Subject.Name())];
        }

        return change.Kind != ApiKind.Pod ? [] : cluster.Store.All(ApiKind.Budget, change.Subject.Namespace())
            .Where(budget => Workload.Selects(budget, change.Subject))
            .Select(budget => (budget.Namespace(), budget.Name()));
    }

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Budget, @namespace, name) is not { } budget)
        {
            return null;
        }

        var now = cluster.Time.GetUtcNow();
        var pods = cluster.Store.All(ApiKind.Pod, @namespace).Where(pod => Workload.Selects(budget, pod)).ToList();
        var disrupted = new JsonObject();
        foreach (var (pod, since) in budget.At("status", "disruptedPods") as JsonObject ?? [])
        {
            var isGoing = pods.Exists(each => each.Name() == pod && !each.IsTerminating())
                && DateTimeOffset.Parse(since.Text()!, CultureInfo.InvariantCulture) + Entry > now;
            disrupted[pod] = isGoing ? since!.DeepClone() : null;
        }

        var healthy = pods.Count(pod => pod.IsReady() && !pod.IsTerminating() && disrupted[pod.Name()] is null);
        var (expected, desired) = Counts(budget, pods);
        var status = new JsonObject
        {
            ["expectedPods"] = expected,
            ["currentHealthy"] = healthy,
            ["desiredHealthy"] = desired,
            ["disruptionsAllowed"] = expected == 0 ? 0 : Math.Max(0, healthy - desired),
            ["observedGeneration"] = budget.Number("metadata", "generation"),
            ["disruptedPods"] = disrupted,
        };
        if (!status.All(field => field.Key == "disruptedPods"
            ? disrupted.All(entry => entry.Value is not null)
            : JsonNode.DeepEquals(field.Value, budget.At("status", field.Key))))
        {
            await _client.PatchAsync(ApiKind.Budget, budget, "status", new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = budget.Version() }, ["status"] = status }, cancellation);
        }

        return disrupted.Any(entry => entry.Value is not null) ? Entry : null;
    }

    /// <summary>How many pods there should be, and how many of them healthy. A percentage is one of what the owners want.</summary>
    private (int Expected, int Desired) Counts(JsonObject budget, List<JsonObject> pods)
    {
        var wanted = pods.Select(pod => pod.Controller()).OfType<JsonNode>().DistinctBy(owner => owner.Text("uid"))
            .Sum(owner => (int)(Owner(budget.Namespace(), owner).Number("spec", "replicas") ?? 0));
        if (budget.At("spec", "maxUnavailable") is { } most)
        {
            return (wanted, Math.Max(0, wanted - Workload.Share(most, wanted, 1, isRoundedUp: true)));
        }

        var least = budget.At("spec", "minAvailable");
        var expected = least.Text() is null ? pods.Count : wanted;
        return (expected, Workload.Share(least, expected, 1, isRoundedUp: true));
    }

    private JsonObject? Owner(string @namespace, JsonNode owner) => owner.Text("kind") switch
    {
        "ReplicaSet" => cluster.Store.Find(ApiKind.ReplicaSet, @namespace, owner.Text("name")!) is { } set && set.Controller() is { } deployment
            ? cluster.Store.Find(ApiKind.Deployment, @namespace, deployment.Text("name")!) ?? set
            : cluster.Store.Find(ApiKind.ReplicaSet, @namespace, owner.Text("name")!),
        "StatefulSet" => cluster.Store.Find(ApiKind.StatefulSet, @namespace, owner.Text("name")!),
        _ => null,
    };
}
