namespace Prestop.Kubernetes;

/// <summary>Which objects of a resource a list or a watch is about.</summary>
public sealed class Selection
{
    /// <summary>The namespace; null for all of them.</summary>
    public string? Namespace { get; init; }

    /// <summary>A label selector (<c>app=web</c>); null for all objects.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>
    /// How many objects to ask for in one answer; a list is put together from as many as it takes. Default 500, as kubectl's.
    /// </summary>
    public int PageSize { get; init; } = 500;

    internal string Query => LabelSelector is null ? "?" : $"?labelSelector={Uri.EscapeDataString(LabelSelector)}&";
}
