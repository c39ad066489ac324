using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>What the controllers of workloads have in common: which pods are theirs, and how one is made.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="kind">The owner's kind.</param>
/// <param name="user">Who the controller is.</param>
internal sealed class Workload(LoopbackCluster cluster, ApiKind kind, ApiUser user)
{
    public ClusterClient Client { get; } = new(cluster, user);

    /// <summary>The owners that a change concerns: itself, the pod's, and those that would adopt the pod.</summary>
    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change)
    {
        if (change.Kind == kind)
        {
            return [(change.Subject.Namespace(), change.Subject.Name())];
        }

        if (change.Kind != ApiKind.Pod)
        {
            return [];
        }

        var owners = new[] { change.Before, change.After }.Select(pod => pod?.Controller()).Where(owner => owner.Text("kind") == kind.Kind).Select(owner => owner.Text("name")!);
        var adopters = change.After is { } orphan && orphan.Controller() is null
            ? cluster.Store.All(kind, orphan.Namespace()).Where(each => Selects(each, orphan)).Select(each => each.Name())
            : [];
        return owners.Concat(adopters).Distinct().Select(name => (change.Subject.Namespace(), name));
    }

    /// <summary>
    /// The owner's pods, those that terminate included. Pods whose labels no longer fit are let go, and orphans whose labels fit are taken in.
    /// </summary>
    public async Task<List<JsonObject>> ClaimAsync(JsonObject owner, CancellationToken cancellation)
    {
        var pods = new List<JsonObject>();
        foreach (var pod in cluster.Store.All(ApiKind.Pod, owner.Namespace()))
        {
            var isOwned = pod.Controller()?.Text("uid") == owner.Uid();
            if (isOwned && !Selects(owner, pod))
            {
                if (!pod.IsTerminating() && !owner.IsTerminating())
                {
                    await Client.PatchAsync(ApiKind.Pod, pod, "", Own(pod, null), cancellation);
                }
            }
            else if (isOwned)
            {
                pods.Add(pod);
            }
            else if (pod.Controller() is null && Selects(owner, pod) && !pod.IsTerminating() && !owner.IsTerminating())
            {
                pods.Add(await Client.PatchAsync(ApiKind.Pod, pod, "", Own(pod, Reference(owner)), cancellation));
            }
        }

        return pods;
    }

    /// <summary>Makes a pod of the owner's template.</summary>
    public Task CreateAsync(JsonObject owner, string? name, Action<JsonObject> change, CancellationToken cancellation)
    {
        var template = owner.At("spec", "template")!;
        var pod = new JsonObject { ["metadata"] = template.At("metadata")?.DeepClone() ?? new JsonObject(), ["spec"] = template.At("spec")!.DeepClone() };
        pod["metadata"]![name is null ? "generateName" : "name"] = name ?? $"{owner.Name()}-";
        pod["metadata"]!["ownerReferences"] = new JsonArray(Reference(owner));
        change(pod);
        return Client.RequireAsync("POST", ApiKind.Pod.Path(owner.Namespace()), pod, cancellation);
    }

    /// <summary>Asks for a pod's deletion; a refusal is told in an event of the owner.</summary>
    /// <exception cref="RequestFailedException">It is refused.</exception>
    public async Task DeleteAsync(JsonObject owner, JsonObject pod, CancellationToken cancellation)
    {
        try
        {
            await Client.DeleteAsync(ApiKind.Pod, pod, options: null, cancellation);
        }
        catch (RequestFailedException refused)
        {
            cluster.Record(owner, "FailedDelete", $"Error deleting: {refused.Message}");
            throw;
        }
    }

    /// <summary>Tells the owner's status.</summary>
    public async Task TellAsync(JsonObject owner, JsonObject status, CancellationToken cancellation)
    {
        status["observedGeneration"] = owner.Number("metadata", "generation");
        var current = cluster.Store.Find(kind, owner.Namespace(), owner.Name());
        if (current is not null && status.Any(field => !JsonNode.DeepEquals(field.Value, current.At("status", field.Key))))
        {
            await Client.PatchAsync(kind, owner, "status", new JsonObject { ["status"] = status }, cancellation);
        }
    }

    /// <summary>Whether an owner's selector fits a pod.</summary>
    public static bool Selects(JsonNode owner, JsonNode pod) => Selectors.Fits(owner.At("spec", "selector"), pod.Labels());

    /// <summary>Ten letters that stand for a template.</summary>
    public static string Hash(JsonNode owner) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner.At("spec", "template")!.ToJsonString())))[..10];

    /// <summary>A field that is a number or a percentage of <paramref name="of"/>.</summary>
    public static int Share(JsonNode? value, int of, int otherwise, bool isRoundedUp) => value switch
    {
        null => otherwise,
        _ when value.Text() is { } percent => (int)(isRoundedUp ? Math.Ceiling(of * int.Parse(percent.TrimEnd('%')) / 100.0) : Math.Floor(of * int.Parse(percent.TrimEnd('%')) / 100.0)),
        _ => (int)value.Number()!.Value,
    };

    private JsonObject Reference(JsonObject owner) => new()
    {
        ["apiVersion"] = kind.ApiVersion,
        ["kind"] = kind.Kind,
        ["name"] = owner.Name(),
        ["uid"] = owner.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    private static JsonObject Own(JsonObject pod, JsonObject? reference) => new()
    {
        ["metadata"] = new JsonObject { ["uid"] = pod.Uid(), ["ownerReferences"] = reference is null ? null : new JsonArray(reference) },
    };
}
