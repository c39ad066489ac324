namespace Prestop.Kubernetes.Client;

/// <summary>What is asked of the API server, in the words in which RBAC rules allow it.</summary>
/// <param name="verb">The verb: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>patch</c>, <c>delete</c>.</param>
/// <param name="resource">The resource with its API group: <c>endpointslices.discovery.k8s.io</c>.</param>
/// <param name="namespace">The namespace; null for all of them, or for objects that have none.</param>
public sealed class ApiCall(string verb, string resource, string? @namespace)
{
    /// <summary>The verb: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>patch</c>, <c>delete</c>.</summary>
    public string Verb => verb;

    /// <summary>The resource with its API group: <c>endpointslices.discovery.k8s.io</c>.</summary>
    public string Resource => resource;

    /// <summary>The namespace; null for all of them, or for objects that have none.</summary>
    public string? Namespace => @namespace;

    /// <summary>The call in words: <c>list endpointslices.discovery.k8s.io in namespace shop</c>.</summary>
    public override string ToString() => @namespace is null ? $"{verb} {resource}" : $"{verb} {resource} in namespace {@namespace}";
}
