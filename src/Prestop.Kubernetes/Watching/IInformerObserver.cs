using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Watching;

/// <summary>Who is told what <see cref="Informer{T}.RunAsync"/> sees: one call after the other, each after the copy has changed.</summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
public interface IInformerObserver<T>
    where T : class, IApiObject
{
    /// <summary>An object changed. What happened while no watch was open is told too, as one change an object.</summary>
    /// <param name="change">The change.</param>
    void OnChange(Change<T> change);

    /// <summary>A list or a watch failed; the copy may be behind until the next one. What the next list mends is not told: 410, or 404 of a watch.</summary>
    /// <param name="error">Why.</param>
    /// <param name="again">How long until the next attempt.</param>
    void OnFailure(ApiError error, TimeSpan again);

    /// <summary>
    /// The API server does not serve this kind: its CustomResourceDefinition is not installed. There are no objects then. Told once, until
    /// the kind appears.
    /// </summary>
    /// <param name="error">The API server's 404.</param>
    /// <param name="again">How long until it is asked again; so on until the kind appears.</param>
    void OnUnserved(ApiError error, TimeSpan again);
}
