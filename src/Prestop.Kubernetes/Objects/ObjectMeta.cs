using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>An object as the API server keeps them, or what was kept of one.</summary>
public interface IApiObject
{
    /// <summary>Which object it is, and in which version.</summary>
    ObjectMeta Metadata { get; }
}

/// <summary>Which object it is, and in which version (of <c>meta/v1 ObjectMeta</c> what every kind needs).</summary>
public sealed class ObjectMeta
{
    /// <summary>The name, unique in the namespace.</summary>
    public string Name { get; private init; } = "";

    /// <summary>The namespace; empty for objects that have none.</summary>
    public string Namespace { get; private init; } = "";

    /// <summary>What tells the object from an earlier one of the same name.</summary>
    public string Uid { get; private init; } = "";

    /// <summary>The version of the object's content: opaque, to be handed back as it came.</summary>
    public string ResourceVersion { get; private init; } = "";

    /// <summary>Reads the value of a <c>metadata</c> field.</summary>
    /// <param name="json">The reader, on the value's first token.</param>
    public static ObjectMeta Read(ref Utf8JsonReader json)
    {
        string? name = null, space = null, uid = null, resourceVersion = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("name"u8))
                {
                    name = json.TextOrNull();
                }
                else if (json.IsField("namespace"u8))
                {
                    space = json.TextOrNull();
                }
                else if (json.IsField("uid"u8))
                {
                    uid = json.TextOrNull();
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

        return new ObjectMeta { Name = name ?? "", Namespace = space ?? "", Uid = uid ?? "", ResourceVersion = resourceVersion ?? "" };
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
