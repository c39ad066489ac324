using System.Text.Json;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Watching;

/// <summary>What a watch can report.</summary>
public enum WatchEventType
{
    /// <summary>An object is new, or new to the selection.</summary>
    Added,

    /// <summary>An object has changed.</summary>
    Modified,

    /// <summary>An object is gone, or no longer in the selection.</summary>
    Deleted,

    /// <summary>Nothing has changed up to this version.</summary>
    Bookmark,

    /// <summary>The server has ended the watch in good order, as it does when its time is up.</summary>
    End,
}

/// <summary>One report of a watch.</summary>
/// <typeparam name="T">The objects' type.</typeparam>
/// <param name="type">What is reported.</param>
/// <param name="subject">The object, when the report is about one.</param>
/// <param name="resourceVersion">What the next watch can go on from; empty at the end of a watch.</param>
public sealed class WatchEvent<T>(WatchEventType type, T? subject, string resourceVersion)
    where T : class, IApiObject
{
    /// <summary>What is reported.</summary>
    public WatchEventType Type => type;

    /// <summary>The object, when the report is about one.</summary>
    public T? Subject => subject;

    /// <summary>What the next watch can go on from; empty at the end of a watch.</summary>
    public string ResourceVersion => resourceVersion;

    /// <summary>Reads a line of a watch: an event, or the status with which the server breaks the watch off.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="read">Reads an object.</param>
    /// <exception cref="JsonException">The line is neither.</exception>
    internal static (WatchEvent<T>? Event, ApiStatus? Failure) Parse(ReadOnlySpan<byte> line, ObjectReader<T> read)
    {
        var json = new Utf8JsonReader(line);
        string? type = null;
        Utf8JsonReader reported = default;
        var hasReported = false;
        if (json.Read() && json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("type"u8))
                {
                    type = json.TextOrNull();
                }
                else if (json.IsField("object"u8))
                {
                    reported = json;
                    hasReported = true;
                    json.Skip();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        // Nothing may follow: Read throws when something does.
        json.Read();
        return !hasReported ? throw new JsonException() : type switch
        {
            "ADDED" => (OfObject(WatchEventType.Added, read(ref reported)), null),
            "MODIFIED" => (OfObject(WatchEventType.Modified, read(ref reported)), null),
            "DELETED" => (OfObject(WatchEventType.Deleted, read(ref reported)), null),
            "BOOKMARK" => (new WatchEvent<T>(WatchEventType.Bookmark, null, Version(ObjectMeta.OfObject(ref reported))), null),
            "ERROR" => (null, ApiStatus.Read(ref reported)),
            _ => throw new JsonException(),
        };
    }

    private static WatchEvent<T> OfObject(WatchEventType type, T subject) => new(type, subject, Version(subject.Metadata));

    private static string Version(ObjectMeta metadata) =>
        metadata.ResourceVersion.Length > 0 ? metadata.ResourceVersion : throw new JsonException();
}
