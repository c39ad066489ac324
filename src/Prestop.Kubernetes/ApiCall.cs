namespace Prestop.Kubernetes;

/// <summary>What is asked of the API server, in the words in which RBAC rules allow it.</summary>
/// <param name="Verb">The verb: <c>get</c>, <c>list</c>, <c>watch</c>.</param>
/// <param name="Resource">The resource with its API group: <c>endpointslices.discovery.k8s.io</c>.</param>
/// <param name="Namespace">The namespace; null for all of them, or for objects that have none.</param>
public sealed record ApiCall(string Verb, string Resource, string? Namespace)
{
    /// <summary>The call in words: <c>list endpointslices.discovery.k8s.io in namespace shop</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Verb} {Resource}" : $"{Verb} {Resource} in namespace {Namespace}";
}
