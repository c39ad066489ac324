using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Watching;

/// <summary>What can become of an object in a local copy.</summary>
public enum ChangeType
{
    /// <summary>It is new, or new to the selection.</summary>
    Added,

    /// <summary>Its content is another one.</summary>
    Modified,

    /// <summary>It is gone, or no longer in the selection.</summary>
    Deleted,

    /// <summary>Nothing: it is reported again, so that what went wrong the last time is done over.</summary>
    Resynced,
}

/// <summary>A change of a local copy.</summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="type">What became of the object.</param>
/// <param name="subject">The object now; when it is gone, as it was last.</param>
/// <param name="before">The object as the copy had it; null when it is new.</param>
public sealed class Change<T>(ChangeType type, T subject, T? before)
    where T : class, IApiObject
{
    /// <summary>What became of the object.</summary>
    public ChangeType Type => type;

    /// <summary>The object now; when it is gone, as it was last: a watch by label tells of it with the labels from before.</summary>
    public T Subject => subject;

    /// <summary>The object as the copy had it; null when it is new.</summary>
    public T? Before => before;
}
