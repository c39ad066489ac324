using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>The object that another one belongs to (<c>meta/v1 OwnerReference</c>).</summary>
/// <param name="Kind">Its kind: <c>ReplicaSet</c>.</param>
/// <param name="Name">Its name, in the same namespace.</param>
/// <param name="Uid">Its uid.</param>
public sealed record OwnerReference(string Kind, string Name, string Uid)
{
    /// <summary>Reads the value of an <c>ownerReferences</c> field.</summary>
    /// <param name="json">The reader, on the value's first token.</param>
    /// <returns>The owner that controls the object; there is never more than one. Null when there is none.</returns>
    public static OwnerReference? ReadController(ref Utf8JsonReader json)
    {
        OwnerReference? found = null;
        if (json.EnterArray())
        {
            while (json.NextItem())
            {
                var (owner, isController) = Read(ref json);
                found = isController ? owner : found;
            }
        }

        return found;
    }

    private static (OwnerReference Owner, bool IsController) Read(ref Utf8JsonReader json)
    {
        string? kind = null, name = null, uid = null;
        bool? controller = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("kind"u8))
                {
                    kind = TextCache.Shared.TextOrNull(ref json);
                }
                else if (json.IsField("name"u8))
                {
                    name = TextCache.Shared.TextOrNull(ref json);
                }
                else if (json.IsField("uid"u8))
                {
                    uid = TextCache.Shared.TextOrNull(ref json);
                }
                else if (json.IsField("controller"u8))
                {
                    controller = json.FlagOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return (new OwnerReference(kind ?? "", name ?? "", uid ?? ""), controller is true);
    }
}
