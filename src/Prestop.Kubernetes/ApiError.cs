namespace Prestop.Kubernetes;

/// <summary>Why the API server did not do what it was asked. What to do about it differs from one to the next.</summary>
public enum ApiFault
{
    /// <summary>It may work the next time: no connection, no answer in time, 408, 429, 5xx, an answer that breaks off or makes no sense.</summary>
    Transient,

    /// <summary>401: the token is not accepted, also not after it was read again.</summary>
    Unauthorized,

    /// <summary>403: no RBAC rule allows the call.</summary>
    Forbidden,

    /// <summary>404: the object, or the whole API group and version, does not exist.</summary>
    NotFound,

    /// <summary>What is known cannot be brought up to date, so list anew: 410, or an event that nobody can read.</summary>
    Gone,

    /// <summary>The server's certificate is not from the cluster's authorities, has expired, or is for another host.</summary>
    Untrusted,

    /// <summary>Any other refusal: the request itself is wrong.</summary>
    Rejected,
}

/// <summary>A call that failed.</summary>
/// <param name="Fault">The kind of failure.</param>
/// <param name="Call">What was asked.</param>
/// <param name="Message">The failure in words: lower case, one line, no full stop, no secrets.</param>
public sealed record ApiError(ApiFault Fault, ApiCall Call, string Message)
{
    /// <summary>How long the server wants to be left alone (<c>Retry-After</c>); null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
