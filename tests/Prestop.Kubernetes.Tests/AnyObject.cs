using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Tests;

/// <summary>An object of any kind, whole.</summary>
internal sealed class AnyObject(JsonObject content) : IApiObject
{
    public JsonObject Content { get; } = content;

    public ObjectMeta Metadata { get; } = MetadataOf(content);

    public static Resource<AnyObject> Of(string group, string version, string plural) =>
        new(group, version, plural, (ref Utf8JsonReader json) => new AnyObject(JsonNode.Parse(ref json)!.AsObject()));

    private static ObjectMeta MetadataOf(JsonObject content)
    {
        var json = new Utf8JsonReader(JsonSerializer.SerializeToUtf8Bytes(content["metadata"]));
        json.Read();
        return ObjectMeta.Read(ref json);
    }
}
