using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Watching;

/// <summary>
/// A local copy of the objects of a selection: a list, kept up to date by watches. It holds of each object what the resource's reader keeps
/// (<see cref="Resource{T}.Projected"/>), and of the answers no more than one part at a time.
/// <para>
/// Step by step: <see cref="ListAsync"/>, then <see cref="WatchAsync"/> as often as it leaves the copy current. Or <see cref="RunAsync"/>, which
/// does so until it is cancelled. The copy may be read by any thread meanwhile.
/// </para>
/// </summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="api">The client.</param>
/// <param name="resource">The kind of object.</param>
/// <param name="selection">Which of them.</param>
public sealed partial class Informer<T>(ApiClient api, Resource<T> resource, Selection selection)
    where T : class, IApiObject
{
    private readonly Lock _lock = new();
    private Dictionary<string, T> _items = [];
    private string? _version;

    /// <summary>
    /// Whether a watch can go on from the copy. False before the first list, and after the API server has forgotten the version that the copy
    /// has (410, in a list's part, a watch's status or a watch's event) or the whole kind (404): then the copy stays as it was until the next list.
    /// </summary>
    public bool IsCurrent => _version is not null;

    /// <summary>How many objects there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>One object; null when it is not there.</summary>
    /// <param name="namespace">Its namespace; empty when it has none.</param>
    /// <param name="name">Its name.</param>
    public T? Find(string @namespace, string name)
    {
        lock (_lock)
        {
            return _items.GetValueOrDefault(Key(@namespace, name));
        }
    }

    /// <summary>All objects as they are at this moment, in no order. A copy of the table: for a few objects, or for now and then.</summary>
    public IReadOnlyList<T> Snapshot()
    {
        lock (_lock)
        {
            // Not _items.Values: it would bring a collection of its own for every dictionary of the program.
            var items = new List<T>(_items.Count);
            foreach (var item in _items)
            {
                items.Add(item.Value);
            }

            return items;
        }
    }

    /// <summary>Fetches all objects anew.</summary>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Null, or why it failed: then the copy is as it was, and no longer current.</returns>
    public async Task<ApiError?> ListAsync(CancellationToken cancellation)
    {
        _version = null;
        var listed = await api.ListAsync(resource, selection, cancellation);
        if (!listed.Succeeded)
        {
            return listed.Error;
        }

        var items = new Dictionary<string, T>(listed.Value.Items.Count);
        foreach (var item in listed.Value.Items)
        {
            items[Key(item)] = item;
        }

        Replace(items);
        _version = listed.Value.ResourceVersion;
        return null;
    }

    /// <summary>Follows one watch from where the copy is. Each event changes the copy first and is reported then.</summary>
    /// <param name="report">Told of each change; when it returns false, the watch is ended.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <returns>Null when the watch ended in good order; else why it broke off.</returns>
    public async Task<ApiError?> WatchAsync(Func<Change<T>, bool> report, CancellationToken cancellation)
    {
        var opened = await api.WatchAsync(resource, selection, _version!, cancellation);
        if (!opened.Succeeded)
        {
            return Lost(opened.Error);
        }

        using var watch = opened.Value;
        while (true)
        {
            var next = await watch.NextAsync();
            if (!next.Succeeded)
            {
                return Lost(next.Error);
            }

            if (next.Value.Type is WatchEventType.End || !Follow(next.Value, report))
            {
                return null;
            }
        }
    }

    private static string Key(string @namespace, string name) => $"{@namespace}/{name}";

    private static string Key(T item) => Key(item.Metadata.Namespace, item.Metadata.Name);

    private ApiError Lost(ApiError error)
    {
        if (error.Fault is ApiFault.Expired or ApiFault.NotFound)
        {
            _version = null;
        }

        return error;
    }

    private void Replace(Dictionary<string, T> items)
    {
        lock (_lock)
        {
            _items = items;
        }
    }

    private bool Follow(WatchEvent<T> seen, Func<Change<T>, bool> report)
    {
        _version = seen.ResourceVersion;
        if (seen.Subject is not { } subject)
        {
            return true;
        }

        var key = Key(subject);
        T? before;
        lock (_lock)
        {
            before = _items.GetValueOrDefault(key);
            if (seen.Type is WatchEventType.Deleted)
            {
                _items.Remove(key);
            }
            else
            {
                _items[key] = subject;
            }
        }

        return seen.Type is WatchEventType.Deleted
            ? before is null || report(new Change<T>(ChangeType.Deleted, subject, before))
            : ReportPresent(subject, before, report);
    }

    /// <summary>An object that is there. One of the same name with another uid is another object: the earlier one was deleted unseen.</summary>
    private static bool ReportPresent(T subject, T? before, Func<Change<T>, bool> report)
    {
        if (before is not null && before.Metadata.Uid != subject.Metadata.Uid)
        {
            return report(new Change<T>(ChangeType.Deleted, before, before)) && report(new Change<T>(ChangeType.Added, subject, null));
        }

        return report(new Change<T>(before is null ? ChangeType.Added : ChangeType.Modified, subject, before));
    }
}
