using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>The controller of Deployments: rolling updates, with 25 % more and 25 % less where nothing else is said.</summary>
internal sealed class Deployments(LoopbackCluster cluster) : IReconciler
{
    private const string Revision = "deployment.kubernetes.io/revision";

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("deployment-controller"));
    private readonly Workload _workload = new(cluster, ApiKind.Deployment, ApiUser.Controller("deployment-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) =>
        change.Kind == ApiKind.Deployment ? [(change.Subject.Namespace(), change.Subject.Name())]
        : change.Kind == ApiKind.ReplicaSet && change.Subject.Controller() is { } owner ? [(change.Subject.Namespace(), owner.Text("name")!)]
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Deployment, @namespace, name) is not { } deployment || deployment.IsTerminating())
        {
            return null;
        }

        var hash = Workload.Hash(deployment);
        var sets = cluster.Store.All(ApiKind.ReplicaSet, @namespace).Where(set => set.Controller()?.Text("uid") == deployment.Uid() && !set.IsTerminating()).ToList();
        if (sets.Find(set => set.Labels().Text("pod-template-hash") == hash) is not { } current)
        {
            await _client.RequireAsync("POST", ApiKind.ReplicaSet.Path(@namespace), NewSet(deployment, hash, sets.Count), cancellation);
            return null;
        }

        var wanted = (int)(deployment.Number("spec", "replicas") ?? 1);
        var surge = Workload.Share(deployment.At("spec", "strategy", "rollingUpdate", "maxSurge"), wanted, (wanted + 3) / 4, isRoundedUp: true);
        var down = Workload.Share(deployment.At("spec", "strategy", "rollingUpdate", "maxUnavailable"), wanted, wanted / 4, isRoundedUp: false);
        var others = sets.Where(set => set != current).OrderBy(set => set.Text("metadata", "annotations", Revision), StringComparer.Ordinal).ToList();
        await RollAsync(current, others, wanted, surge, down, cancellation);
        await TellAsync(deployment, sets, current, wanted, down, cancellation);
        return null;
    }

    private async Task RollAsync(JsonObject current, List<JsonObject> others, int wanted, int surge, int down, CancellationToken cancellation)
    {
        var total = Wants(current) + others.Sum(Wants);
        var next = Wants(current) > wanted ? wanted : Math.Min(wanted, Wants(current) + Math.Max(0, wanted + surge - total));
        if (next != Wants(current))
        {
            await ScaleAsync(current, next, cancellation);
            return;
        }

        // Of the old sets those that are not available go first, and of the others so many as leave enough available.
        var spare = Math.Max(0, total - (wanted - down) - (Wants(current) - Available(current)));
        var available = Math.Max(0, Available(current) + others.Sum(Available) - (wanted - down));
        var idle = others.ToDictionary(set => set.Name(), set =>
        {
            var take = Math.Min(spare, Math.Max(0, Wants(set) - Available(set)));
            spare -= take;
            return take;
        });
        foreach (var set in others)
        {
            var take = Math.Min(Math.Min(spare, available), Wants(set) - idle[set.Name()]);
            (spare, available) = (spare - take, available - take);
            if (take + idle[set.Name()] > 0)
            {
                await ScaleAsync(set, Wants(set) - take - idle[set.Name()], cancellation);
            }
        }
    }

    private Task TellAsync(JsonObject deployment, List<JsonObject> sets, JsonObject current, int wanted, int down, CancellationToken cancellation)
    {
        var available = sets.Sum(Available);
        var status = new JsonObject
        {
            ["replicas"] = sets.Sum(set => (int)(set.Number("status", "replicas") ?? 0)),
            ["updatedReplicas"] = (int)(current.Number("status", "replicas") ?? 0),
            ["readyReplicas"] = available,
            ["availableReplicas"] = available,
            ["unavailableReplicas"] = Math.Max(0, sets.Sum(Wants) - available),
            ["conditions"] = new JsonArray(
                new JsonObject { ["type"] = "Available", ["status"] = available >= wanted - down ? "True" : "False" },
                new JsonObject { ["type"] = "Progressing", ["status"] = "True", ["reason"] = "NewReplicaSetAvailable" }),
        };
        return _workload.TellAsync(deployment, status, cancellation);
    }

    private Task<JsonObject> ScaleAsync(JsonObject set, int replicas, CancellationToken cancellation) =>
        _client.PatchAsync(ApiKind.ReplicaSet, set, "", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, cancellation);

    private static int Wants(JsonObject set) => (int)(set.Number("spec", "replicas") ?? 0);

    private static int Available(JsonObject set) => (int)(set.Number("status", "availableReplicas") ?? 0);

    private static JsonObject NewSet(JsonObject deployment, string hash, int revision) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{deployment.Name()}-{hash}",
            ["labels"] = Hashed(deployment.At("spec", "template", "metadata", "labels"), hash),
            ["annotations"] = new JsonObject { [Revision] = (revision + 1).ToString(CultureInfo.InvariantCulture) },
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["name"] = deployment.Name(),
                ["uid"] = deployment.Uid(),
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            }),
        },
        ["spec"] = new JsonObject
        {
            ["replicas"] = 0,
            ["selector"] = new JsonObject { ["matchLabels"] = Hashed(deployment.At("spec", "selector", "matchLabels"), hash) },
            ["template"] = deployment.At("spec", "template")!.With(template =>
                template.Child("metadata")["labels"] = Hashed(deployment.At("spec", "template", "metadata", "labels"), hash)),
        },
    };

    private static JsonObject Hashed(JsonNode? labels, string hash) => (labels ?? new JsonObject()).With(copy => copy["pod-template-hash"] = hash);
}
