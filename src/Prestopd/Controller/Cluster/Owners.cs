using System.Collections.Concurrent;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Cluster;

/// <summary>What the owners of pods select their pods by. An owner's selector never changes, so it is fetched once.</summary>
/// <param name="api">The client.</param>
internal sealed class Owners(ApiClient api)
{
    private const int MostKept = 4096;

    private readonly ConcurrentDictionary<string, LabelSelector?> _selectors = [];

    /// <summary>The selector of a pod's owner; null when it has none, or none that can be known: who decides takes it for the worst then.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<LabelSelector?> SelectorOfAsync(Pod pod, CancellationToken cancellation)
    {
        if (pod.Controller is not { } owner || Workload.Resource(owner.Kind) is not { } resource)
        {
            return null;
        }

        if (_selectors.TryGetValue(owner.Uid, out var known))
        {
            return known;
        }

        // Another group may have a kind of the same name: then it is another object, or none.
        var found = await api.GetAsync(resource, pod.Metadata.Namespace, owner.Name, cancellation);
        if (!found.Succeeded || found.Value.Metadata.Uid != owner.Uid)
        {
            return null;
        }

        if (_selectors.Count >= MostKept)
        {
            _selectors.Clear();
        }

        return _selectors[owner.Uid] = found.Value.Selector;
    }
}
