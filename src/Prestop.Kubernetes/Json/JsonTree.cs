using System.Text.Json;

namespace Prestop.Kubernetes.Json;

/// <summary>
/// Looking into a document that is in memory whole, for objects that are few and small, or of which any part may matter. What is not there, null,
/// or of another type than asked for, is absent.
/// </summary>
public static class JsonTree
{
    extension(JsonElement element)
    {
        /// <summary>The value at the end of a path of field names; null when it is absent.</summary>
        /// <param name="path">The names on the way.</param>
        public JsonElement? At(params ReadOnlySpan<string> path)
        {
            foreach (var name in path)
            {
                if (element.ValueKind is not JsonValueKind.Object || !element.TryGetProperty(name, out element))
                {
                    return null;
                }
            }

            return element.ValueKind is JsonValueKind.Null ? null : element;
        }

        /// <summary>The text at the end of a path; null when it is absent or empty.</summary>
        /// <param name="path">The names on the way.</param>
        /// <exception cref="JsonException">It is no Unicode text.</exception>
        public string? Text(params ReadOnlySpan<string> path)
        {
            try
            {
                return element.At(path) is { ValueKind: JsonValueKind.String } found && found.GetString() is { Length: > 0 } text ? text : null;
            }
            catch (InvalidOperationException thrown)
            {
                // JsonElement says this of bytes that are not UTF-8, and of half a surrogate pair.
                throw new JsonException(thrown.Message, thrown);
            }
        }

        /// <summary>The whole number at the end of a path; null when it is absent or does not fit.</summary>
        /// <param name="path">The names on the way.</param>
        public long? Number(params ReadOnlySpan<string> path) =>
            element.At(path) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : null;

        /// <summary>The items of the list at the end of a path; none when it is absent.</summary>
        /// <param name="path">The names on the way.</param>
        public JsonElement.ArrayEnumerator Items(params ReadOnlySpan<string> path) =>
            element.At(path) is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray() : default;

        /// <summary>The fields of the object at the end of a path, each as text, empty where it is none; no fields when it is absent.</summary>
        /// <param name="path">The names on the way.</param>
        public Dictionary<string, string> Texts(params ReadOnlySpan<string> path)
        {
            var texts = new Dictionary<string, string>();
            if (element.At(path) is { ValueKind: JsonValueKind.Object } found)
            {
                foreach (var field in found.EnumerateObject())
                {
                    texts[field.Name] = field.Value.Text() ?? "";
                }
            }

            return texts;
        }
    }
}
