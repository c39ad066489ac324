using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;

namespace Prestopd.Controller.Indexes;

/// <summary>
/// Finds the objects whose selectors select a pod: Services, budgets. Each stands under one of the labels that it asks for, so that a look costs as much as
/// the pod has labels, however many objects there are. Safe for several threads.
/// </summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="selectorOf">An object's selector; null when it selects nothing.</param>
internal sealed class SelectorIndex<T>(Func<T, LabelSelector?> selectorOf)
    where T : class, IApiObject
{
    private readonly Lock _lock = new();
    private readonly GroupedObjects<Label, T> _objects = new();

    /// <summary>Follows a change that an informer tells.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<T> change)
    {
        var item = change.Subject;
        lock (_lock)
        {
            _objects.Remove(item);
            if (change.Type is not ChangeType.Deleted && selectorOf(item) is { } selector)
            {
                _objects.Add(item, [PlaceFor(item.Metadata.Namespace, selector)]);
            }
        }
    }

    /// <summary>The objects that select a pod.</summary>
    /// <param name="namespace">The pod's namespace.</param>
    /// <param name="labels">The pod's labels.</param>
    public IReadOnlyList<T> Selecting(string @namespace, IReadOnlyDictionary<string, string> labels)
    {
        var found = new List<T>();
        lock (_lock)
        {
            Add(new Label(@namespace, "", ""));
            foreach (var (name, value) in labels)
            {
                Add(new Label(@namespace, name, value));
            }
        }

        return found;

        void Add(Label place)
        {
            if (_objects.TryFind(place, out var there))
            {
                found.AddRange(there.Where(item => selectorOf(item)!.Selects(labels)));
            }
        }
    }

    /// <summary>The label that fewest stand under; those that ask for no label in particular stand apart.</summary>
    private Label PlaceFor(string @namespace, LabelSelector selector) =>
        selector.Labels.Count == 0
            ? new Label(@namespace, "", "")
            : selector.Labels.Select(label => new Label(@namespace, label.Key, label.Value)).MinBy(place => _objects.TryFind(place, out var there) ? there.Count : 0);

    private readonly record struct Label(string Namespace, string Name, string Value);
}
