namespace Prestop.Kubernetes.Client;

/// <summary>Why the API server did not do what it was asked. What to do about it differs from one to the next.</summary>
public enum ApiFault
{
    /// <summary>It may work the next time: no connection, no answer in time, 408, 429, 5xx, an answer that breaks off or makes no sense.</summary>
    Transient,

    /// <summary>401: the credentials are not accepted, also not after they were fetched again; or there are none.</summary>
    Unauthorized,

    /// <summary>403: no RBAC rule allows the call, or an admission webhook denies it.</summary>
    Forbidden,

    /// <summary>
    /// 404: the object does not exist; or the whole kind does not, as when its CustomResourceDefinition is not installed: then there is no
    /// <see cref="ApiError.Status"/>, since the API server answers in plain text.
    /// </summary>
    NotFound,

    /// <summary>
    /// 409: the object is not as the request takes it to be. <see cref="ApiStatus.Reason"/> is <c>Conflict</c> (changed meanwhile, a
    /// precondition of a delete, a field of another manager) or <c>AlreadyExists</c>.
    /// </summary>
    Conflict,

    /// <summary>What is known cannot be brought up to date, so list anew: 410, or an event that nobody can read.</summary>
    Expired,

    /// <summary>The server's certificate is not from the cluster's authorities, has expired, or is for another host.</summary>
    Untrusted,

    /// <summary>Any other refusal: the request itself is wrong. A JSON patch that does not apply is one, also when its test fails (422).</summary>
    Rejected,
}

/// <summary>A call that failed.</summary>
/// <param name="fault">The kind of failure.</param>
/// <param name="call">What was asked.</param>
/// <param name="message">The failure in words: lower case, one line, no full stop, no secrets.</param>
public sealed class ApiError(ApiFault fault, ApiCall call, string message)
{
    /// <summary>The kind of failure.</summary>
    public ApiFault Fault => fault;

    /// <summary>What was asked.</summary>
    public ApiCall Call => call;

    /// <summary>The failure in words: lower case, one line, no full stop, no secrets.</summary>
    public string Message => message;

    /// <summary>The API server's own account of it; null when the failure is not its answer, or the answer says no more than a status line.</summary>
    public ApiStatus? Status { get; init; }

    /// <summary>How long the server wants to be left alone (<c>Retry-After</c>); null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
