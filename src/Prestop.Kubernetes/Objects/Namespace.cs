using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A namespace (<c>v1 Namespace</c>), as far as it is needed.</summary>
public sealed class Namespace : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<Namespace> Resource = new("", "v1", "namespaces", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The annotations.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>Whether it is being deleted, with all that is in it.</summary>
    public required bool IsTerminating { get; init; }

    private static Namespace Read(ref Utf8JsonReader json)
    {
        var (metadata, (annotations, isTerminating)) = WholeObject.Read(
            ref json, root => (root.Texts("metadata", "annotations"), root.Text("metadata", "deletionTimestamp") is not null));
        return new Namespace { Metadata = metadata, Annotations = annotations, IsTerminating = isTerminating };
    }
}
