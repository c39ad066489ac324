namespace Prestop.Kubernetes.Client;

/// <summary>Which objects of a resource a list or a watch is about.</summary>
public sealed class Selection
{
    /// <summary>The namespace; null for all of them.</summary>
    public string? Namespace { get; init; }

    /// <summary>A label selector (<c>app=web</c>); null for all objects. A watch reports an object that leaves the selection as deleted.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>A field selector (<c>metadata.name=web</c>); null for all objects.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>
    /// How many objects to ask for in one answer; a list is put together from as many as it takes. Default 500, as kubectl's.
    /// </summary>
    public int PageSize { get; init; } = 500;

    internal string Query =>
        "?" + Parameter("labelSelector", LabelSelector) + Parameter("fieldSelector", FieldSelector);

    private static string Parameter(string name, string? value) => value is null ? "" : $"{name}={Uri.EscapeDataString(value)}&";
}
