using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;

namespace Prestopd.Controller.Indexes;

/// <summary>Finds the objects that name a Service. A look costs as much as there are of them, however many others there are. Safe for several threads.</summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="backendsOf">The Services that an object names.</param>
internal sealed class BackendIndex<T>(Func<T, IEnumerable<ServiceReference>> backendsOf)
    where T : class, IApiObject
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceReference, List<T>> _objects = [];
    private readonly Dictionary<string, ServiceReference[]> _places = [];

    /// <summary>Follows a change that an informer tells.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<T> change)
    {
        var item = change.Subject;
        var key = KeyOf(item);
        lock (_lock)
        {
            foreach (var place in _places.Remove(key, out var before) ? before : [])
            {
                var others = _objects[place];
                others.RemoveAll(other => KeyOf(other) == key);
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
    /// <param name="service">The Service.</param>
    public IReadOnlyList<T> Naming(ServiceReference service)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(service, out var found) ? [.. found] : [];
        }
    }

    private static string KeyOf(T item) => $"{item.Metadata.Namespace}/{item.Metadata.Name}";
}
