using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>The fields of objects as the API server keeps them.</summary>
internal static class JsonFields
{
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }

    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number) ? number : null;

    public static bool IsTrue(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static IEnumerable<JsonNode> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonArray ?? []).OfType<JsonNode>();

    public static string Name(this JsonNode node) => node.Text("metadata", "name") ?? "";

    public static string Namespace(this JsonNode node) => node.Text("metadata", "namespace") ?? "";

    public static string Uid(this JsonNode node) => node.Text("metadata", "uid") ?? "";

    public static string Version(this JsonNode node) => node.Text("metadata", "resourceVersion") ?? "";

    public static JsonNode? Labels(this JsonNode node) => node.At("metadata", "labels");

    public static bool IsTerminating(this JsonNode node) => node.Text("metadata", "deletionTimestamp") is not null;

    /// <summary>The owner that controls it; null for none.</summary>
    public static JsonNode? Controller(this JsonNode node) => node.Items("metadata", "ownerReferences").FirstOrDefault(owner => owner.IsTrue("controller"));

    public static bool IsReady(this JsonNode pod) => pod.Condition("Ready") is { } ready && ready.Text("status") == "True";

    public static JsonNode? Condition(this JsonNode node, string type) => node.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type);

    /// <summary>The object at a path, which is made where it is not there.</summary>
    public static JsonObject Child(this JsonNode node, params ReadOnlySpan<string> path)
    {
        var at = node.AsObject();
        foreach (var name in path)
        {
            if (at[name] is not JsonObject child)
            {
                at[name] = child = [];
            }

            at = child;
        }

        return at;
    }

    /// <summary>The same object after a change; this one stays as it is.</summary>
    public static JsonObject With(this JsonNode node, Action<JsonObject> change)
    {
        var copy = node.DeepClone().AsObject();
        change(copy);
        return copy;
    }

    /// <summary>A time as objects have it: RFC 3339 in whole seconds.</summary>
    public static string Rfc3339(this DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>An object from its text.</summary>
    public static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}
