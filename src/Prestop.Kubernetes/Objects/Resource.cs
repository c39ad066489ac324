using System.Text.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>Reads an object whose first token is the reader's current one, and leaves the reader on its last token.</summary>
/// <typeparam name="T">What is made of it.</typeparam>
/// <param name="json">The reader.</param>
/// <exception cref="JsonException">The text is not such an object.</exception>
public delegate T ObjectReader<T>(ref Utf8JsonReader json);

/// <summary>A kind of object that the API server keeps.</summary>
/// <typeparam name="T">The type that holds one of them, or what is needed of one.</typeparam>
public sealed class Resource<T>
    where T : class, IApiObject
{
    private readonly string _root;
    private readonly string _plural;
    private readonly string _suffix;

    /// <summary>A kind of object.</summary>
    /// <param name="group">The API group; empty for the core group.</param>
    /// <param name="version">The version: <c>v1</c>.</param>
    /// <param name="plural">The name in paths and RBAC rules: <c>endpointslices</c>.</param>
    /// <param name="read">Reads one.</param>
    public Resource(string group, string version, string plural, ObjectReader<T> read)
        : this(
            group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}",
            plural,
            "",
            group.Length == 0 ? plural : $"{plural}.{group}",
            read)
    {
    }

    private Resource(string root, string plural, string suffix, string fullName, ObjectReader<T> read) =>
        (_root, _plural, _suffix, FullName, Read) = (root, plural, suffix, fullName, read);

    /// <summary>The name with its group, as <c>kubectl</c> and RBAC messages write it.</summary>
    public string FullName { get; }

    internal ObjectReader<T> Read { get; }

    /// <summary>Reads one object from its text.</summary>
    /// <param name="text">UTF-8 JSON.</param>
    /// <exception cref="JsonException">The text is not such an object.</exception>
    public T Parse(ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(text);
        json.Read();
        return Read(ref json);
    }

    /// <summary>
    /// The same kind, of which only a part is kept: each object is cut down as soon as it is read, so that a list of thousands never
    /// stands in memory whole.
    /// </summary>
    /// <typeparam name="TPart">What is kept of one.</typeparam>
    /// <param name="keep">Takes from an object what is needed.</param>
    public Resource<TPart> Projected<TPart>(Func<T, TPart> keep)
        where TPart : class, IApiObject =>
        new(_root, _plural, _suffix, FullName, (ref Utf8JsonReader json) => keep(Read(ref json)));

    /// <summary>A part of the objects that has rules and a path of its own: <c>status</c>.</summary>
    /// <param name="name">Its name.</param>
    public Resource<T> Subresource(string name) => new(_root, _plural, $"/{name}", $"{FullName}/{name}", Read);

    /// <summary>The path below the API server's address, without a leading slash.</summary>
    /// <param name="namespace">The namespace, or null for all of them.</param>
    /// <param name="name">The object's name, or null for the collection.</param>
    internal string Path(string? @namespace, string? name) =>
        _root
        + (@namespace is null ? "" : $"/namespaces/{Uri.EscapeDataString(@namespace)}")
        + $"/{_plural}"
        + (name is null ? "" : $"/{Uri.EscapeDataString(name)}")
        + _suffix;
}
