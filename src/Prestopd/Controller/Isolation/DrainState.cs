using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>What began a drain, and so what happens at its end.</summary>
internal enum Beginning
{
    /// <summary>A person's DELETE, who comes again.</summary>
    Delete,

    /// <summary>An eviction; who evicts takes a pod that is gone for evicted.</summary>
    Eviction,

    /// <summary>A controller, which has turned to other things.</summary>
    Controller,
}

/// <summary>How far a pod's drain is. It is all on the pod itself.</summary>
internal sealed record DrainState
{
    /// <summary>The labels that were taken off.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>When the drain ends at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Until when a replacement is waited for, while the Services go on sending; null once they do not.</summary>
    public required DateTimeOffset? SurgeUntil { get; init; }

    /// <summary>What began it.</summary>
    public required Beginning Beginning { get; init; }

    /// <summary>How the pod was to be deleted.</summary>
    public required DeleteOptions Options { get; init; }

    /// <summary>Who owned the pod when it began; null for nobody.</summary>
    public required OwnerReference? Owner { get; init; }

    /// <summary>Whether the drain is to be called off.</summary>
    public required bool IsCancelled { get; init; }

    /// <summary>The pod's state; null when it does not drain, or nobody can tell until when: then the label is not ours.</summary>
    /// <param name="pod">The pod.</param>
    public static DrainState? Of(Pod pod)
    {
        if (!pod.Labels.ContainsKey(ControllerNames.Draining) || Time(pod, ControllerNames.State.DrainUntil) is not { } until)
        {
            return null;
        }

        return new DrainState
        {
            Labels = Document(pod, ControllerNames.State.Labels, root => root.Texts()) ?? [],
            Until = until,
            SurgeUntil = Time(pod, ControllerNames.State.SurgeUntil),
            Beginning = pod.Annotations.GetValueOrDefault(ControllerNames.State.AskedBy) switch
            {
                "delete" => Beginning.Delete,
                "eviction" => Beginning.Eviction,
                _ => Beginning.Controller,
            },
            Options = Document(pod, ControllerNames.State.DeleteOptions, DeleteOptions.Read) ?? new DeleteOptions(),
            Owner = OwnerBefore(pod),
            IsCancelled = pod.Annotations.GetValueOrDefault(ControllerNames.Wishes.Cancel) == "true",
        };
    }

    /// <summary>
    /// Whose pod it is. One that has just got its labels back has no owner for a moment; whoever lets it go then has to reckon with the one that it had.
    /// </summary>
    /// <param name="pod">The pod.</param>
    public static OwnerReference? OwnerOf(Pod pod) => pod.Controller ?? OwnerBefore(pod);

    /// <summary>The time in an annotation; null when there is none that can be read.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="annotation">The annotation's name.</param>
    public static DateTimeOffset? Time(Pod pod, string annotation) =>
        DateTimeOffset.TryParse(pod.Annotations.GetValueOrDefault(annotation), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>A time as it is written: RFC 3339, whole seconds, never earlier.</summary>
    /// <param name="time">The time.</param>
    public static string Text(DateTimeOffset time) =>
        time.AddTicks(TimeSpan.TicksPerSecond - 1).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A JSON document as the value of an annotation.</summary>
    /// <param name="document">The document.</param>
    public static string Text(JsonObject document) => Encoding.UTF8.GetString(document.ToUtf8());

    private static OwnerReference? OwnerBefore(Pod pod) =>
        pod.Annotations.GetValueOrDefault(ControllerNames.State.Owner)?.Split('/') is [var kind, var name, var uid] ? new OwnerReference(kind, name, uid) : null;

    private static T? Document<T>(Pod pod, string annotation, Func<JsonElement, T> read)
        where T : class
    {
        if (!pod.Annotations.TryGetValue(annotation, out var text))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
