using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Manifests.Tests.Charts;

/// <summary>Values as Helm's <c>toYaml</c> writes them: blocks, fields in the order of their names, quotes only where plain text would be something else.</summary>
internal static partial class PlainYaml
{
    /// <summary>The text, without a line end.</summary>
    public static string Of(JsonNode? value) => string.Join('\n', Lines(value));

    private static IEnumerable<string> Lines(JsonNode? value) => value switch
    {
        JsonObject { Count: > 0 } fields => fields.OrderBy(field => field.Key, StringComparer.Ordinal).SelectMany(field => IsBlock(field.Value)
            ? Lines(field.Value).Select(line => field.Value is JsonArray ? line : $"  {line}").Prepend($"{Scalar(field.Key)}:")
            : [$"{Scalar(field.Key)}: {Lines(field.Value).Single()}"]),
        JsonArray { Count: > 0 } items => items.SelectMany(item => Lines(item).Select((line, index) => (index == 0 ? "- " : "  ") + line)),
        JsonObject => ["{}"],
        JsonArray => ["[]"],
        null => ["null"],
        JsonValue scalar when scalar.GetValueKind() is JsonValueKind.String => [Scalar(scalar.ToString())],
        _ => [value.ToJsonString()],
    };

    private static bool IsBlock(JsonNode? value) => value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 };

    private static string Scalar(string text) => Plain().IsMatch(text) && !Reserved().IsMatch(text) ? text : JsonSerializer.Serialize(text);

    [GeneratedRegex("^[A-Za-z0-9/][A-Za-z0-9./_-]*$")]
    private static partial Regex Plain();

    [GeneratedRegex("^([-+.0-9][-+.0-9_eExXa-fA-F:]*|yes|no|on|off|true|false|null|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
