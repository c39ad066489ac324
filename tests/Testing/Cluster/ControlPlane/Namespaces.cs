using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The controller of namespaces: all that is in one that terminates is deleted, a collection for each kind, and then itself. A pod that is refused stops the rest of its
/// collection until the next try (<c>clients/namespace-controller-denied-403.ndjson</c>).
/// </summary>
internal sealed class Namespaces(LoopbackCluster cluster) : IReconciler
{
    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("namespace-controller"));

    public (TimeSpan First, TimeSpan Longest) Pauses => (TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(60));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) =>
        change is { Kind: var kind, After: { } after } && kind == ApiKind.Namespace && after.IsTerminating() && change.Before?.IsTerminating() is not true ? [("", after.Name())]
        : change is { After: null, Subject: var gone } && gone.Namespace() is { Length: > 0 } home && cluster.Store.Find(ApiKind.Namespace, "", home)?.IsTerminating() is true ? [("", home)]
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Namespace, "", name) is not { } home)
        {
            return null;
        }

        RequestFailedException? refused = null;
        foreach (var kind in ApiKind.BuiltIn.Where(kind => kind.IsNamespaced && cluster.Store.All(kind, name).Any(each => !each.IsTerminating())))
        {
            try
            {
                await _client.RequireAsync("DELETE", kind.Path(name), new JsonObject { ["propagationPolicy"] = "Background" }, cancellation);
            }
            catch (RequestFailedException failure)
            {
                refused = failure;
            }
        }

        if (refused is not null)
        {
            cluster.Change(ApiKind.Namespace, "", name, each => cluster.Verbs.Set(each, "NamespaceDeletionContentFailure", "True", "ContentDeletionFailed", refused.Message));
            throw refused;
        }

        if (ApiKind.BuiltIn.Any(kind => kind.IsNamespaced && cluster.Store.All(kind, name).Count > 0))
        {
            return null;
        }

        cluster.Store.Replace(ApiKind.Namespace, home, null);
        return null;
    }
}
