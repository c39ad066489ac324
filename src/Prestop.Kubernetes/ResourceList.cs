using System.Text.Json;

namespace Prestop.Kubernetes;

/// <summary>All objects of a selection as they were at one moment.</summary>
/// <typeparam name="T">The objects' type, or that of what is kept of one.</typeparam>
/// <param name="ResourceVersion">The moment: what a watch goes on from.</param>
/// <param name="Items">The objects, or what is kept of them.</param>
public sealed record ResourceList<T>(string ResourceVersion, IReadOnlyList<T> Items);

/// <summary>One answer to a list request: the list, or a part of it.</summary>
/// <typeparam name="T">The objects' type.</typeparam>
/// <param name="ResourceVersion">The moment; the same in all parts.</param>
/// <param name="Continue">What to ask for the next part with; empty in the last one.</param>
/// <param name="Items">The objects of this part.</param>
internal sealed record ResourceListPage<T>(string ResourceVersion, string Continue, List<T> Items)
{
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
