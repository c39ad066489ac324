using System.Diagnostics.CodeAnalysis;

namespace Prestop.Elb.Client;

/// <summary>Why AWS did not answer a call. What to do about it differs from one to the next.</summary>
public enum ElbFault
{
    /// <summary>Too many calls for the account: <c>Throttling</c> and its spellings, 429.</summary>
    Throttled,

    /// <summary>AWS is at fault: 5xx.</summary>
    Unavailable,

    /// <summary>No connection, no answer in time, or an answer that breaks off.</summary>
    Unreachable,

    /// <summary>An answer that is not what the API describes.</summary>
    Garbled,

    /// <summary>No credentials could be had, or AWS does not know them, or they have expired.</summary>
    Credentials,

    /// <summary>This machine's clock differs too much from AWS's, also after it was taken into account.</summary>
    ClockSkew,

    /// <summary>No region is known, or the endpoint is another region's.</summary>
    Region,

    /// <summary>IAM does not allow the action.</summary>
    Denied,

    /// <summary>The load balancer or target group does not exist.</summary>
    NotFound,

    /// <summary>The endpoint's certificate is not trusted.</summary>
    Untrusted,

    /// <summary>Any other refusal.</summary>
    Rejected,
}

/// <summary>A call that failed.</summary>
/// <param name="Fault">The kind of failure.</param>
/// <param name="Action">The API's action: <c>DescribeTargetHealth</c>.</param>
/// <param name="Message">The failure in words and what to do about it: lower case, one line, no full stop, no secrets.</param>
public sealed record ElbError(ElbFault Fault, string Action, string Message)
{
    /// <summary>Whether the same call may succeed later with nothing mended.</summary>
    public bool IsTransient => Fault is ElbFault.Throttled or ElbFault.Unavailable or ElbFault.Unreachable or ElbFault.Garbled;
}

/// <summary>What a call brought: a value or an error.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value; null when the call failed.</param>
/// <param name="Error">The error; null when it succeeded.</param>
public readonly record struct ElbResult<T>(T? Value, ElbError? Error)
    where T : class
{
    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;

    /// <summary>A success.</summary>
    /// <param name="value">What the call brought.</param>
    public static implicit operator ElbResult<T>(T value) => new(value, null);

    /// <summary>A failure.</summary>
    /// <param name="error">Why the call failed.</param>
    public static implicit operator ElbResult<T>(ElbError error) => new(null, error);
}
