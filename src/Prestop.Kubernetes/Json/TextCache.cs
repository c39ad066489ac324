using System.Text.Json;

namespace Prestop.Kubernetes.Json;

/// <summary>
/// Gives one string for equal texts, as far as its places reach: the labels of ten thousand pods are the same few hundred words. Its size is
/// fixed; a text that loses its place to another is a new string the next time. Safe for several threads.
/// </summary>
/// <param name="places">How many texts are kept: a power of two.</param>
public sealed class TextCache(int places)
{
    /// <summary>For all kinds of object: what the objects of one cluster have in common.</summary>
    public static readonly TextCache Shared = new(4096);

    private const int LongestKept = 128;

    private readonly string?[] _kept = new string?[places];

    /// <summary>The current value as text, or null.</summary>
    /// <param name="json">The reader, on a string or a null.</param>
    public string? TextOrNull(ref Utf8JsonReader json) =>
        json.TokenType is JsonTokenType.String && json.ValueSpan.Length <= LongestKept ? Get(ref json) : json.TextOrNull();

    /// <summary>The current value as names and texts, as labels and annotations are; empty for null.</summary>
    /// <param name="json">The reader, on an object or a null.</param>
    public Dictionary<string, string> Texts(ref Utf8JsonReader json)
    {
        var texts = new Dictionary<string, string>();
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                var name = Get(ref json);
                json.Read();
                texts[name] = TextOrNull(ref json) ?? "";
            }
        }

        return texts;
    }

    private string Get(ref Utf8JsonReader json)
    {
        try
        {
            // FNV-1a.
            var hash = 2166136261u;
            foreach (var unit in json.ValueSpan)
            {
                hash = (hash ^ unit) * 16777619;
            }

            ref var place = ref _kept[hash & (places - 1)];
            return place is { } kept && json.ValueTextEquals(kept) ? kept : place = json.GetString()!;
        }
        catch (InvalidOperationException thrown)
        {
            // Utf8JsonReader says this of bytes that are not UTF-8.
            throw new JsonException(thrown.Message, thrown);
        }
    }
}
