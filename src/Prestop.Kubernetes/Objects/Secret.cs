using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A Secret (<c>v1 Secret</c>). Nothing of it may stand in a message.</summary>
public sealed class Secret : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<Secret> Resource = new("", "v1", "secrets", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The values by their keys; one that is no base64 is left out.</summary>
    public required IReadOnlyDictionary<string, byte[]> Data { get; init; }

    private static Secret Read(ref Utf8JsonReader json)
    {
        var (metadata, data) = WholeObject.Read(ref json, root =>
        {
            var values = new Dictionary<string, byte[]>();
            if (root.At("data") is { ValueKind: JsonValueKind.Object } fields)
            {
                foreach (var field in fields.EnumerateObject())
                {
                    if (field.Value.ValueKind is JsonValueKind.String && field.Value.TryGetBytesFromBase64(out var value))
                    {
                        values[field.Name] = value;
                    }
                }
            }

            return values;
        });
        return new Secret { Metadata = metadata, Data = data };
    }
}
