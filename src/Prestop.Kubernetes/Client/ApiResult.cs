using System.Diagnostics.CodeAnalysis;

namespace Prestop.Kubernetes.Client;

/// <summary>What a call brought: a value or an error.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct ApiResult<T>
    where T : class
{
    private ApiResult(T? value, ApiError? error) => (Value, Error) = (value, error);

    /// <summary>The value; null when the call failed.</summary>
    public T? Value { get; }

    /// <summary>The error; null when the call succeeded.</summary>
    public ApiError? Error { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;

    /// <summary>A success.</summary>
    /// <param name="value">What the call brought.</param>
    public static implicit operator ApiResult<T>(T value) => new(value, null);

    /// <summary>A failure.</summary>
    /// <param name="error">Why the call failed.</param>
    public static implicit operator ApiResult<T>(ApiError error) => new(null, error);
}
