using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>One change of one object.</summary>
/// <param name="Version">The resourceVersion that it made.</param>
/// <param name="Kind">The object's kind.</param>
/// <param name="Before">The object before; null when it is new.</param>
/// <param name="After">The object afterwards; null when it is gone.</param>
internal sealed record ObjectChange(long Version, ApiKind Kind, JsonObject? Before, JsonObject? After)
{
    public JsonObject Subject => After ?? Before!;
}

/// <summary>
/// What the API server keeps: objects, each with the version in which it was written, and every change since it last forgot the old ones. Objects
/// are never changed once they are in here; a write puts another one in their place, if it is still the one that was looked at.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ApiKind, SortedDictionary<string, JsonObject>> _objects = [];
    private readonly List<ObjectChange> _changes = [];
    private long _version = 1000;
    private long _forgotten = 1000;

    /// <summary>Raised after each change, on the thread that made it.</summary>
    public event Action? Changed;

    /// <summary>The version of the last change.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>The oldest version that a watch or a list can begin from.</summary>
    public long Oldest
    {
        get
        {
            lock (_lock)
            {
                return _forgotten;
            }
        }
    }

    /// <summary>Forgets how it came to what it is now (etcd's compaction).</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _changes.Clear();
            _forgotten = _version;
        }
    }

    public JsonObject? Find(ApiKind kind, string @namespace, string name)
    {
        lock (_lock)
        {
            return Table(kind).GetValueOrDefault(Key(@namespace, name));
        }
    }

    /// <summary>All objects of a kind in a namespace, or in all of them (empty), by name.</summary>
    public IReadOnlyList<JsonObject> All(ApiKind kind, string @namespace = "")
    {
        lock (_lock)
        {
            return [.. Table(kind).Values.Where(each => @namespace.Length == 0 || each.Namespace() == @namespace)];
        }
    }

    /// <summary>The same as it was in an earlier version; null when that is forgotten.</summary>
    public IReadOnlyList<JsonObject>? AllAt(long version, ApiKind kind, string @namespace)
    {
        lock (_lock)
        {
            if (version < _forgotten)
            {
                return null;
            }

            var table = new SortedDictionary<string, JsonObject>(Table(kind), StringComparer.Ordinal);
            foreach (var change in _changes.Where(change => change.Version > version && change.Kind == kind).Reverse())
            {
                var key = Key(change.Subject.Namespace(), change.Subject.Name());
                if (change.Before is null)
                {
                    table.Remove(key);
                }
                else
                {
                    table[key] = change.Before;
                }
            }

            return [.. table.Values.Where(each => @namespace.Length == 0 || each.Namespace() == @namespace)];
        }
    }

    /// <summary>The changes after a version, in order, and the version that they lead to; null when that version is forgotten.</summary>
    public (IReadOnlyList<ObjectChange>? Changes, long UpTo) Since(long version)
    {
        lock (_lock)
        {
            var first = _changes.FindIndex(change => change.Version > version);
            return (version < _forgotten ? null : first < 0 ? [] : _changes[first..], _version);
        }
    }

    /// <summary>Puts one object in the place of another.</summary>
    /// <param name="kind">The kind of both.</param>
    /// <param name="before">The one that is there; null for none.</param>
    /// <param name="after">The other; null to remove it. It gets its version.</param>
    /// <returns>Whether it was done; not when another one is there by now.</returns>
    public bool Replace(ApiKind kind, JsonObject? before, JsonObject? after)
    {
        var subject = (after ?? before)!;
        lock (_lock)
        {
            var (table, key) = (Table(kind), Key(subject.Namespace(), subject.Name()));
            if (!ReferenceEquals(table.GetValueOrDefault(key), before))
            {
                return false;
            }

            _version++;
            if (after is null)
            {
                table.Remove(key);
                before = before!.With(last => last["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                after["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
                table[key] = after;
            }

            _changes.Add(new ObjectChange(_version, kind, before, after));
        }

        Changed?.Invoke();
        return true;
    }

    private SortedDictionary<string, JsonObject> Table(ApiKind kind)
    {
        if (!_objects.TryGetValue(kind, out var table))
        {
            _objects[kind] = table = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        }

        return table;
    }

    private static string Key(string @namespace, string name) => $"{@namespace}/{name}";
}
