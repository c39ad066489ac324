using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Prestop.Testing.ApiServer;

/// <summary>A change of a slice: what a watch tells.</summary>
internal sealed record SliceChange(int Version, string Type, Slice Slice);

/// <summary>The slices, every version of them, and what has changed from one to the next, as etcd keeps them.</summary>
internal sealed class SliceStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, ImmutableSortedDictionary<string, (Slice Slice, int Version)>> _versions = [];
    private readonly List<SliceChange> _changes = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version = 1000;
    private int _oldest = 1000;

    public SliceStore() => _versions[_version] = ImmutableSortedDictionary<string, (Slice Slice, int Version)>.Empty;

    public int Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>The first version that is not forgotten.</summary>
    public int Oldest
    {
        get
        {
            lock (_lock)
            {
                return _oldest;
            }
        }
    }

    public void Put(Slice slice) => Change(slice.Name, slice);

    public void Delete(string name) => Change(name, null);

    /// <summary>Something else in the cluster has changed: the version moves on, the slices do not.</summary>
    public void Tick()
    {
        lock (_lock)
        {
            Commit(_versions[_version]);
        }
    }

    /// <summary>Forgets the past: a watch or a continued list from it gets 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            Commit(_versions[_version]);
            _oldest = _version;
        }
    }

    /// <summary>The slices at a version; null when it is forgotten.</summary>
    public IReadOnlyList<JsonObject>? At(int version, string @namespace, string? service)
    {
        lock (_lock)
        {
            return version < _oldest ? null :
            [
                .. _versions[version].Values
                    .Where(entry => Matches(entry.Slice, @namespace, service))
                    .Select(entry => entry.Slice.ToJson(entry.Version)),
            ];
        }
    }

    /// <summary>
    /// The changes after a version, null when it is forgotten; the version up to which these are all; and what ends when
    /// there are more.
    /// </summary>
    public (IReadOnlyList<SliceChange>? Changes, int UpTo, Task More) After(int version, string @namespace, string? service)
    {
        lock (_lock)
        {
            return version < _oldest
                ? (null, _version, Task.CompletedTask)
                : ([.. _changes.Where(change => change.Version > version && Matches(change.Slice, @namespace, service))], _version, _changed.Task);
        }
    }

    private static bool Matches(Slice slice, string @namespace, string? service) =>
        slice.Namespace == @namespace && (service is null || slice.Service == service);

    private void Change(string name, Slice? slice)
    {
        lock (_lock)
        {
            var now = _versions[_version];
            var existed = now.TryGetValue(name, out var old);
            if (slice is null && !existed)
            {
                return;
            }

            var type = slice is null ? "DELETED" : existed ? "MODIFIED" : "ADDED";
            _changes.Add(new SliceChange(_version + 1, type, slice ?? old.Slice));
            Commit(slice is null ? now.Remove(name) : now.SetItem(name, (slice, _version + 1)));
        }
    }

    private void Commit(ImmutableSortedDictionary<string, (Slice Slice, int Version)> slices)
    {
        _versions[++_version] = slices;
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
