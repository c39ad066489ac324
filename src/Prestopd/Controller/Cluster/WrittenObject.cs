using System.Text.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Cluster;

/// <summary>An object that is written and of which nothing is read back but which one it is.</summary>
internal sealed class WrittenObject : IApiObject
{
    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="json">The reader, on the object's first token.</param>
    public static WrittenObject Read(ref Utf8JsonReader json) => new() { Metadata = WholeObject.Read(ref json, _ => true).Metadata };
}
