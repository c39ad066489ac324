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
    private readonly GroupedObjects<ServiceReference, T> _objects = new();

    /// <summary>Follows a change that an informer tells.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<T> change)
    {
        var item = change.Subject;
        lock (_lock)
        {
            _objects.Remove(item);
            if (change.Type is not ChangeType.Deleted)
            {
                _objects.Add(item, [.. backendsOf(item).Distinct()]);
            }
        }
    }

    /// <summary>The objects that name a Service.</summary>
    /// <param name="service">The Service.</param>
    public IReadOnlyList<T> Naming(ServiceReference service)
    {
        lock (_lock)
        {
            return _objects.TryFind(service, out var found) ? [.. found] : [];
        }
    }
}
