using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Client;

/// <summary>What the API server says of a call that it did not carry out (<c>meta/v1 Status</c>).</summary>
public sealed class ApiStatus
{
    /// <summary>The HTTP status; 0 when it is not given.</summary>
    public int Code { get; private init; }

    /// <summary>
    /// The reason in one word: <c>NotFound</c>, <c>Conflict</c>, <c>AlreadyExists</c>, <c>Expired</c>, <c>Invalid</c>,
    /// <c>TooManyRequests</c>; empty when it is not given.
    /// </summary>
    public string Reason { get; private init; } = "";

    /// <summary>The refusal in words; empty when it is not given. An admission webhook's answer stands here too.</summary>
    public string Message { get; private init; } = "";

    /// <summary>What in particular is wrong; often empty.</summary>
    public IReadOnlyList<StatusCause> Causes { get; private init; } = [];

    /// <summary>How long the server wants to be left alone; null when it is not given.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether one of the causes has this reason: <c>DisruptionBudget</c>, <c>FieldManagerConflict</c>.</summary>
    /// <param name="reason">The cause's reason.</param>
    public bool IsCausedBy(string reason)
    {
        foreach (var cause in Causes)
        {
            if (cause.Reason == reason)
            {
                return true;
            }
        }

        return false;
    }

    internal static ApiStatus Read(ref Utf8JsonReader json)
    {
        int? code = null;
        string? reason = null, message = null;
        (List<StatusCause> Causes, int? RetryAfter) details = ([], null);
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("code"u8))
                {
                    code = json.NumberOrNull();
                }
                else if (json.IsField("reason"u8))
                {
                    reason = json.TextOrNull();
                }
                else if (json.IsField("message"u8))
                {
                    message = json.TextOrNull();
                }
                else if (json.IsField("details"u8))
                {
                    details = ReadDetails(ref json);
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return new ApiStatus
        {
            Code = code ?? 0,
            Reason = reason ?? "",
            Message = message ?? "",
            Causes = details.Causes,
            RetryAfter = details.RetryAfter is > 0 ? TimeSpan.FromSeconds(details.RetryAfter.Value) : null,
        };
    }

    private static (List<StatusCause> Causes, int? RetryAfter) ReadDetails(ref Utf8JsonReader json)
    {
        var causes = new List<StatusCause>();
        int? retryAfter = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("retryAfterSeconds"u8))
                {
                    retryAfter = json.NumberOrNull();
                }
                else if (json.IsField("causes"u8))
                {
                    if (json.EnterArray())
                    {
                        while (json.NextItem())
                        {
                            causes.Add(StatusCause.Read(ref json));
                        }
                    }
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return (causes, retryAfter);
    }
}

/// <summary>One of the things that are wrong with a request (<c>meta/v1 StatusCause</c>).</summary>
public sealed class StatusCause
{
    /// <summary>What kind of thing: <c>FieldValueInvalid</c>, <c>DisruptionBudget</c>; may be empty.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>The field that it is about; empty when it is about none.</summary>
    public string Field { get; private init; } = "";

    /// <summary>The same in words.</summary>
    public string Message { get; private init; } = "";

    internal static StatusCause Read(ref Utf8JsonReader json)
    {
        string? reason = null, field = null, message = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("reason"u8))
                {
                    reason = json.TextOrNull();
                }
                else if (json.IsField("field"u8))
                {
                    field = json.TextOrNull();
                }
                else if (json.IsField("message"u8))
                {
                    message = json.TextOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return new StatusCause { Reason = reason ?? "", Field = field ?? "", Message = message ?? "" };
    }
}
