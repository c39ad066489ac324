using System.Text.Json;

namespace Prestop.Kubernetes;

/// <summary>How the API server puts a refusal into words (<c>meta/v1 Status</c>).</summary>
internal sealed class ApiStatus
{
    /// <summary>The HTTP status; 0 when it is not given.</summary>
    public int Code { get; private init; }

    /// <summary>The refusal in words; empty when it is not given.</summary>
    public string Message { get; private init; } = "";

    /// <summary>How long the server wants to be left alone; null when it is not given.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    public static ApiStatus Read(ref Utf8JsonReader json)
    {
        int? code = null, retryAfter = null;
        string? message = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("code"u8))
                {
                    code = json.NumberOrNull();
                }
                else if (json.IsField("message"u8))
                {
                    message = json.TextOrNull();
                }
                else if (json.IsField("details"u8))
                {
                    retryAfter = ReadRetryAfter(ref json);
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
            Message = message ?? "",
            RetryAfter = retryAfter is > 0 ? TimeSpan.FromSeconds(retryAfter.Value) : null,
        };
    }

    private static int? ReadRetryAfter(ref Utf8JsonReader json)
    {
        int? seconds = null;
        if (json.EnterObject())
        {
            while (json.NextField())
            {
                if (json.IsField("retryAfterSeconds"u8))
                {
                    seconds = json.NumberOrNull();
                }
                else
                {
                    json.SkipField();
                }
            }
        }

        return seconds;
    }
}
