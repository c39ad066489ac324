using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;

namespace Prestopd.Controller.Indexes;

/// <summary>A Service that something sends to.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct Backend(string Namespace, string Name);

/// <summary>Finds the objects that name a Service. A look costs as much as there are of them, however many others there are. Safe for several threads.</summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="backendsOf">The Services that an object names.</param>
internal sealed class BackendIndex<T>(Func<T, IEnumerable<Backend>> backendsOf)
    where T : class, IApiObject
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Backend, List<T>> _objects = [];
    private readonly Dictionary<(string Namespace, string Name), Backend[]> _places = [];

    /// <summary>Follows a change that an informer tells.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<T> change)
    {
        var item = change.Subject;
        var key = (item.Metadata.Namespace, item.Metadata.Name);
        lock (_lock)
        {
            foreach (var place in _places.Remove(key, out var before) ? before : [])
            {
                var others = _objects[place];
                others.RemoveAll(other => (other.Metadata.Namespace, other.Metadata.Name) == key);
                if (others.Count == 0)
                {
                    _objects.Remove(place);
                }
            }

            if (change.Type is ChangeType.Deleted || backendsOf(item).Distinct().ToArray() is not { Length: > 0 } places)
            {
                return;
            }

            _places[key] = places;
            foreach (var place in places)
            {
                if (_objects.TryGetValue(place, out var others))
                {
                    others.Add(item);
                }
                else
                {
                    _objects[place] = [item];
                }
            }
        }
    }

    /// <summary>The objects that name a Service.</summary>
    /// <param name="backend">The Service.</param>
    public IReadOnlyList<T> Naming(Backend backend)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(backend, out var found) ? [.. found] : [];
        }
    }
}
