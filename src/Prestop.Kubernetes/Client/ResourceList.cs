using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Client;

/// <summary>All objects of a selection as they were at one moment.</summary>
/// <typeparam name="T">The objects' type.</typeparam>
public sealed class ResourceList<T>
{
    internal ResourceList(string resourceVersion, IReadOnlyList<T> items) => (ResourceVersion, Items) = (resourceVersion, items);

    /// <summary>The moment: what a watch goes on from.</summary>
    public string ResourceVersion { get; }

    /// <summary>The objects.</summary>
    public IReadOnlyList<T> Items { get; }
}

/// <summary>One answer to a list request: the list, or a part of it.</summary>
/// <typeparam name="T">The objects' type.</typeparam>
internal sealed class ResourceListPage<T>
{
    private ResourceListPage(string resourceVersion, string next, List<T> items) =>
        (ResourceVersion, Continue, Items) = (resourceVersion, next, items);

    /// <summary>The moment; the same in all parts.</summary>
    public string ResourceVersion { get; }

    /// <summary>What to ask for the next part with; empty in the last one.</summary>
    public string Continue { get; }

    /// <summary>The objects of this part.</summary>
    public List<T> Items { get; }

    /// <summary>Reads a part. A text without a version or without items is no list, however well formed: an empty one has both.</summary>
    /// <param name="json">The reader, on the list's first token.</param>
    /// <param name="readItem">Reads an object.</param>
    public static ResourceListPage<T> Read(ref Utf8JsonReader json, ObjectReader<T> readItem)
    {
        string? resourceVersion = null, more = null;
        List<T>? items = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("metadata"u8))
                {
                    (resourceVersion, more) = ReadMetadata(ref json);
                }
                else if (json.IsField("items"u8))
                {
                    items = [];
                    if (json.EnterArray())
                    {
                        while (json.NextItem())
                        {
                            items.Add(readItem(ref json));
                        }
                    }
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return string.IsNullOrEmpty(resourceVersion) || items is null
            ? throw new JsonException()
            : new ResourceListPage<T>(resourceVersion, more ?? "", items);
    }

    private static (string? ResourceVersion, string? Continue) ReadMetadata(ref Utf8JsonReader json)
    {
        string? resourceVersion = null, more = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("resourceVersion"u8))
                {
                    resourceVersion = json.TextOrNull();
                }
                else if (json.IsField("continue"u8))
                {
                    more = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return (resourceVersion, more);
    }
}
