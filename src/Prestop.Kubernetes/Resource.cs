using System.Text.Json;

namespace Prestop.Kubernetes;

/// <summary>Reads an object whose first token is the reader's current one, and leaves the reader on its last token.</summary>
/// <typeparam name="T">What is made of it.</typeparam>
/// <param name="json">The reader.</param>
/// <exception cref="JsonException">The text is not such an object.</exception>
public delegate T ObjectReader<T>(ref Utf8JsonReader json);

/// <summary>A kind of object that the API server keeps.</summary>
/// <typeparam name="T">The type that holds one of them.</typeparam>
/// <param name="group">The API group; empty for the core group.</param>
/// <param name="version">The version: <c>v1</c>.</param>
/// <param name="plural">The name in paths and RBAC rules: <c>endpointslices</c>.</param>
/// <param name="read">Reads one.</param>
public sealed class Resource<T>(string group, string version, string plural, ObjectReader<T> read)
    where T : class, IApiObject
{
    /// <summary>The name with its group, as <c>kubectl</c> and RBAC messages write it.</summary>
    public string FullName { get; } = group.Length == 0 ? plural : $"{plural}.{group}";

    internal ObjectReader<T> Read { get; } = read;

    /// <summary>The path below the API server's address, without a leading slash.</summary>
    /// <param name="namespace">The namespace, or null for all of them.</param>
    /// <param name="name">The object's name, or null for the collection.</param>
    internal string Path(string? @namespace, string? name) =>
        (group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}")
        + (@namespace is null ? "" : $"/namespaces/{Uri.EscapeDataString(@namespace)}")
        + $"/{plural}"
        + (name is null ? "" : $"/{Uri.EscapeDataString(name)}");
}
