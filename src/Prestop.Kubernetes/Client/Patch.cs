using System.Text.Json.Nodes;

namespace Prestop.Kubernetes.Client;

/// <summary>A change of an object, in one of the forms that the API server takes.</summary>
public sealed class Patch
{
    private Patch(string contentType, JsonNode body, string force = "") => (ContentType, Body, Force) = (contentType, body, force);

    internal string ContentType { get; }

    internal JsonNode Body { get; }

    /// <summary>A parameter of the query; empty for none.</summary>
    internal string Force { get; }

    /// <summary>
    /// Fields to set; <c>null</c> removes one, a list takes the place of the whole list (RFC 7386). With <c>metadata.resourceVersion</c> in it,
    /// an object that has changed since is <see cref="ApiFault.Conflict"/>; with another <c>metadata.uid</c> it is <see cref="ApiFault.Rejected"/>.
    /// </summary>
    /// <param name="fields">The fields.</param>
    public static Patch Merge(JsonObject fields) => new("application/merge-patch+json", fields);

    /// <summary>
    /// As <see cref="Merge"/>, but lists whose items have a key are merged by it (a pod's <c>status.conditions</c> by <c>type</c>). Not for custom
    /// resources.
    /// </summary>
    /// <param name="fields">The fields.</param>
    public static Patch StrategicMerge(JsonObject fields) => new("application/strategic-merge-patch+json", fields);

    /// <summary>
    /// What the object is to look like as far as this field manager is concerned (server-side apply); created when it is not there. A field that
    /// belongs to another manager is <see cref="ApiFault.Conflict"/> with cause <c>FieldManagerConflict</c>.
    /// <see cref="WriteOptions.FieldManager"/> must be given.
    /// </summary>
    /// <param name="fields">The fields, with <c>apiVersion</c>, <c>kind</c> and <c>metadata.name</c>.</param>
    /// <param name="force">Take over the fields of other managers.</param>
    public static Patch Apply(JsonObject fields, bool force) => new("application/apply-patch+yaml", fields, force ? "force=true" : "");

    /// <summary>
    /// Operations in order, all or none (RFC 6902). When one does not apply, a test that fails among them, the answer is
    /// <see cref="ApiFault.Rejected"/> and does not say which.
    /// </summary>
    /// <param name="operations">The operations.</param>
    public static Patch Json(JsonPatch operations) => new("application/json-patch+json", operations.ToArray());
}

/// <summary>The operations of a JSON patch (RFC 6902), in order.</summary>
public sealed class JsonPatch
{
    private readonly JsonArray _operations = [];

    /// <summary>The path to a field, each name escaped (RFC 6901): <c>/metadata/labels/app.kubernetes.io~1name</c>.</summary>
    /// <param name="names">The names on the way; a list's items are numbers, or <c>-</c> behind the last one.</param>
    public static string Path(params ReadOnlySpan<string> names)
    {
        var path = "";
        foreach (var name in names)
        {
            path += "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        }

        return path;
    }

    /// <summary>The value must be this one.</summary>
    /// <param name="path">The path to the field.</param>
    /// <param name="value">The value.</param>
    public JsonPatch Test(string path, JsonNode? value) => Append("test", path, value);

    /// <summary>Sets a field, or inserts into a list. What holds the field must be there.</summary>
    /// <param name="path">The path to the field.</param>
    /// <param name="value">The value.</param>
    public JsonPatch Add(string path, JsonNode? value) => Append("add", path, value);

    /// <summary>Sets a field that must be there.</summary>
    /// <param name="path">The path to the field.</param>
    /// <param name="value">The value.</param>
    public JsonPatch Replace(string path, JsonNode? value) => Append("replace", path, value);

    /// <summary>Removes a field that must be there.</summary>
    /// <param name="path">The path to the field.</param>
    public JsonPatch Remove(string path)
    {
        _operations.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = path });
        return this;
    }

    /// <summary>The operations as they are sent, also as the patch of an admission webhook.</summary>
    public JsonArray ToArray() => (JsonArray)_operations.DeepClone();

    private JsonPatch Append(string op, string path, JsonNode? value)
    {
        _operations.Add((JsonNode)new JsonObject { ["op"] = op, ["path"] = path, ["value"] = value });
        return this;
    }
}
