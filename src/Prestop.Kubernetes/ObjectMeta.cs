using System.Text.Json;

namespace Prestop.Kubernetes;

/// <summary>An object as the API server keeps them.</summary>
public interface IApiObject
{
    /// <summary>What the object is called and in which version it is.</summary>
    ObjectMeta Metadata { get; }
}

/// <summary>What every object has (<c>meta/v1 ObjectMeta</c>), as far as it is needed.</summary>
public sealed class ObjectMeta
{
    /// <summary>The name, unique in the namespace.</summary>
    public string Name { get; private init; } = "";

    /// <summary>The version of the object's content: opaque, to be handed back as it came.</summary>
    public string ResourceVersion { get; private init; } = "";

    /// <summary>Reads the value of a <c>metadata</c> field.</summary>
    /// <param name="json">The reader, on the value's first token.</param>
    internal static ObjectMeta Read(ref Utf8JsonReader json)
    {
        string? name = null, resourceVersion = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("name"u8))
                {
                    name = json.TextOrNull();
                }
                else if (json.IsField("resourceVersion"u8))
                {
                    resourceVersion = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return new ObjectMeta { Name = name ?? "", ResourceVersion = resourceVersion ?? "" };
    }

    /// <summary>Reads an object of which only the metadata matters.</summary>
    /// <param name="json">The reader, on the object's first token.</param>
    internal static ObjectMeta OfObject(ref Utf8JsonReader json)
    {
        ObjectMeta? found = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("metadata"u8))
                {
                    found = Read(ref json);
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return found ?? throw new JsonException();
    }
}
