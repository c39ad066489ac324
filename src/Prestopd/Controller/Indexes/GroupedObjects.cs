using System.Diagnostics.CodeAnalysis;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Indexes;

/// <summary>Objects, each under one key or several. Not safe for several threads.</summary>
/// <typeparam name="TKey">What they are found by.</typeparam>
/// <typeparam name="T">What is kept of an object.</typeparam>
internal sealed class GroupedObjects<TKey, T>
    where TKey : notnull
    where T : class, IApiObject
{
    private readonly Dictionary<TKey, List<T>> _objects = [];
    private readonly Dictionary<string, IReadOnlyList<TKey>> _keys = [];

    /// <summary>Adds an object that is not there.</summary>
    /// <param name="item">The object.</param>
    /// <param name="keys">Its keys, each once; none for not at all.</param>
    public void Add(T item, IReadOnlyList<TKey> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        _keys[NameOf(item)] = keys;
        foreach (var key in keys)
        {
            if (_objects.TryGetValue(key, out var there))
            {
                there.Add(item);
            }
            else
            {
                _objects[key] = [item];
            }
        }
    }

    /// <summary>Takes the object of this namespace and name out, if there is one.</summary>
    /// <param name="item">The same object, perhaps in another version.</param>
    public void Remove(T item)
    {
        var name = NameOf(item);
        if (!_keys.Remove(name, out var keys))
        {
            return;
        }

        foreach (var key in keys)
        {
            var there = _objects[key];
            there.RemoveAll(other => NameOf(other) == name);
            if (there.Count == 0)
            {
                _objects.Remove(key);
            }
        }
    }

    /// <summary>The objects under a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="found">They, as long as nothing is added or removed.</param>
    /// <returns>False when there are none.</returns>
    public bool TryFind(TKey key, [NotNullWhen(true)] out List<T>? found) => _objects.TryGetValue(key, out found);

    private static string NameOf(T item) => $"{item.Metadata.Namespace}/{item.Metadata.Name}";
}
