using System.Text.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>Objects that are few and small enough to be read whole before what is needed of them is taken out.</summary>
public static class WholeObject
{
    /// <summary>Reads one.</summary>
    /// <typeparam name="T">What is taken out.</typeparam>
    /// <param name="json">The reader, on the object's first token.</param>
    /// <param name="take">Takes out what is needed; nothing of the document may be kept.</param>
    /// <exception cref="JsonException">It has no metadata with a name, or cannot be read.</exception>
    public static (ObjectMeta Metadata, T Taken) Read<T>(ref Utf8JsonReader json, Func<JsonElement, T> take)
    {
        var again = json;
        var metadata = ObjectMeta.OfObject(ref again);
        using var document = JsonDocument.ParseValue(ref json);
        return metadata.Name.Length > 0 ? (metadata, take(document.RootElement)) : throw new JsonException();
    }
}
