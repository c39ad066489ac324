using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>A watch: one line for every change.</summary>
/// <param name="store">What is watched.</param>
/// <param name="kind">The kind.</param>
/// <param name="namespace">The namespace; empty for all.</param>
/// <param name="selectors">Which objects.</param>
/// <param name="time">The clock.</param>
internal sealed class ObjectWatch(ObjectStore store, ApiKind kind, string @namespace, Selectors selectors, TimeProvider time)
{
    /// <summary>The version to go on from; 0: what there is comes first.</summary>
    public required long From { get; init; }

    /// <summary>How long it goes on.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>When it says how far it is.</summary>
    public required IReadOnlyList<TimeSpan> Bookmarks { get; init; }

    /// <summary>Whether what there is comes first, and then a bookmark that says that this was all.</summary>
    public required bool TellsBeginning { get; init; }

    /// <summary>Tells all that happens, until the watch is over.</summary>
    /// <param name="send">Sends a piece of the body.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Func<string, Task> send, CancellationToken cancellation)
    {
        using var wakeup = new Wakeup(store, time, cancellation);
        var openedAt = time.GetTimestamp();
        var told = From == 0 || TellsBeginning ? await TellBeginningAsync(send) : From;
        var bookmarks = new Queue<TimeSpan>(Bookmarks);
        while (true)
        {
            var (changes, upTo) = store.Since(told);
            if (changes is null)
            {
                await send(Line("ERROR", Refusal.Expired($"too old resource version: {told} ({store.Oldest})").ToStatus()));
                return;
            }

            foreach (var change in changes.Where(change => change.Kind == kind && (@namespace.Length == 0 || change.Subject.Namespace() == @namespace)))
            {
                await TellAsync(change, send);
            }

            // One of the future is waited for in silence.
            told = Math.Max(told, upTo);
            var open = time.GetElapsedTime(openedAt);
            if (open >= Length)
            {
                return;
            }

            if (bookmarks.TryPeek(out var next) && open >= next)
            {
                bookmarks.Dequeue();
                await send(Line("BOOKMARK", Bookmark(told, annotations: null)));
            }

            await wakeup.NextAsync((bookmarks.TryPeek(out next) ? next : Length) - open);
        }
    }

    private async Task<long> TellBeginningAsync(Func<string, Task> send)
    {
        var version = store.Version;
        foreach (var subject in store.AllAt(version, kind, @namespace)!.Where(selectors.Fit))
        {
            await send(Line("ADDED", subject));
        }

        if (TellsBeginning)
        {
            await send(Line("BOOKMARK", Bookmark(version, new JsonObject { ["k8s.io/initial-events-end"] = "true" })));
        }

        return version;
    }

    /// <summary>An object that no longer fits is gone for this watch: it is told as it was last, with the version of the change.</summary>
    private async Task TellAsync(ObjectChange change, Func<string, Task> send)
    {
        var (was, @is) = (change.Before is { } before && selectors.Fit(before), change.After is { } after && selectors.Fit(after));
        if (was && !@is)
        {
            await send(Line("DELETED", change.Before!.With(last => last["metadata"]!["resourceVersion"] = change.Version.ToString(CultureInfo.InvariantCulture))));
        }
        else if (@is)
        {
            await send(Line(was ? "MODIFIED" : "ADDED", change.After!));
        }
    }

    private JsonObject Bookmark(long version, JsonObject? annotations)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (annotations is not null)
        {
            metadata["annotations"] = annotations;
        }

        return new JsonObject { ["kind"] = kind.Kind, ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata };
    }

    private static string Line(string type, JsonObject subject) => new JsonObject { ["type"] = type, ["object"] = subject.DeepClone() }.ToJsonString() + "\n";
}
