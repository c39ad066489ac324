using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The garbage collector: what an owner that is gone has left is deleted, in the version that was looked at; after a conflict, whatever the version. With
/// propagation Foreground an owner waits for what it owns, with Orphan it lets it go.
/// </summary>
internal sealed class GarbageCollector(LoopbackCluster cluster) : IReconciler
{
    private static readonly ApiKind[] Owners = [ApiKind.Deployment, ApiKind.ReplicaSet, ApiKind.StatefulSet, ApiKind.DaemonSet, ApiKind.Job];
    private static readonly ApiKind[] Owned = [ApiKind.ReplicaSet, ApiKind.Pod];

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("generic-garbage-collector"));

    /// <summary>The dependents of an owner that goes, and an owner whose dependents go. Names carry the kind in front.</summary>
    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change)
    {
        if (Owners.Contains(change.Kind) && (change.After is null || change.After.IsTerminating()))
        {
            yield return (change.Subject.Namespace(), $"{change.Kind.Plural}/{change.Subject.Name()}");
            foreach (var kind in Owned)
            {
                foreach (var each in cluster.Store.All(kind, change.Subject.Namespace()).Where(each => IsOwnedBy(each, change.Subject.Uid())))
                {
                    yield return (each.Namespace(), $"{kind.Plural}/{each.Name()}");
                }
            }
        }

        if (Owned.Contains(change.Kind))
        {
            yield return (change.Subject.Namespace(), $"{change.Kind.Plural}/{change.Subject.Name()}");
            foreach (var owner in change.Subject.Items("metadata", "ownerReferences"))
            {
                if (Owners.FirstOrDefault(kind => kind.Kind == owner.Text("kind")) is { } kind)
                {
                    yield return (change.Subject.Namespace(), $"{kind.Plural}/{owner.Text("name")}");
                }
            }
        }
    }

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        var kind = Owners.Concat(Owned).First(each => name.StartsWith($"{each.Plural}/", StringComparison.Ordinal));
        if (cluster.Store.Find(kind, @namespace, name[(kind.Plural.Length + 1)..]) is not { } subject)
        {
            return null;
        }

        if (subject.Items("metadata", "finalizers").Select(each => each.Text()).FirstOrDefault(each => each is "foregroundDeletion" or "orphan") is { } finalizer)
        {
            await FinishAsync(kind, subject, finalizer, cancellation);
        }
        else if (!subject.IsTerminating() && subject.Items("metadata", "ownerReferences").Any() && subject.Items("metadata", "ownerReferences").All(IsGone))
        {
            await CollectAsync(kind, subject, cancellation);
        }

        return null;
    }

    private async Task FinishAsync(ApiKind kind, JsonObject owner, string finalizer, CancellationToken cancellation)
    {
        var owned = Owned.SelectMany(each => cluster.Store.All(each, owner.Namespace()).Where(subject => IsOwnedBy(subject, owner.Uid())).Select(subject => (each, subject))).ToList();
        foreach (var (each, subject) in owned)
        {
            if (finalizer == "orphan")
            {
                await _client.PatchAsync(each, subject, "", new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = null } }, cancellation);
            }
            else if (!subject.IsTerminating())
            {
                await CollectAsync(each, subject, cancellation);
            }
        }

        if (finalizer == "orphan" || owned.Count == 0)
        {
            var left = owner.Items("metadata", "finalizers").Where(each => each.Text() != finalizer).Select(each => each.DeepClone());
            await _client.PatchAsync(kind, owner, "", new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. left]) } }, cancellation);
        }
    }

    private async Task CollectAsync(ApiKind kind, JsonObject subject, CancellationToken cancellation)
    {
        try
        {
            await _client.DeleteAsync(kind, subject, Options(subject, withVersion: true), cancellation);
        }
        catch (RequestFailedException refused) when (refused.Status == 409)
        {
            await _client.DeleteAsync(kind, subject, Options(subject, withVersion: false), cancellation);
        }
    }

    private static JsonObject Options(JsonObject subject, bool withVersion)
    {
        var preconditions = new JsonObject { ["uid"] = subject.Uid() };
        if (withVersion)
        {
            preconditions["resourceVersion"] = subject.Version();
        }

        return new JsonObject { ["preconditions"] = preconditions, ["propagationPolicy"] = "Background" };
    }

    private static bool IsOwnedBy(JsonObject subject, string uid) => subject.Items("metadata", "ownerReferences").Any(owner => owner.Text("uid") == uid);

    private bool IsGone(JsonNode owner) => Owners.FirstOrDefault(kind => kind.Kind == owner.Text("kind")) is { } kind
        && !cluster.Store.All(kind).Any(each => each.Uid() == owner.Text("uid") && !(each.IsTerminating() && each.Items("metadata", "finalizers").Any(finalizer => finalizer.Text() == "foregroundDeletion")));
}
