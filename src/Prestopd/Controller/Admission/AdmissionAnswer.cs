using System.Buffers;
using System.Text.Json;
using Prestop.Core.Messages;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;

namespace Prestopd.Controller.Admission;

/// <summary>What a request is answered with.</summary>
internal sealed record AdmissionAnswer
{
    /// <summary>The request goes on as it is.</summary>
    public static readonly AdmissionAnswer Allowed = new();

    /// <summary>Why the request is refused; null when it may go on.</summary>
    public Denial? Denial { get; init; }

    /// <summary>
    /// How the object is changed; null for not at all. It must apply: the API server refuses the request with 500 where it does not, also under
    /// <c>failurePolicy: Ignore</c>.
    /// </summary>
    public JsonPatch? Patch { get; init; }

    /// <summary>What the client is told besides, each one line. Clients that are told to come again show those of the last answer only.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The AdmissionReview that is sent back, as UTF-8 JSON.</summary>
    /// <param name="uid">That of the request.</param>
    public byte[] ToReview(string uid)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "AdmissionReview"u8);
            json.WriteString("apiVersion"u8, "admission.k8s.io/v1"u8);
            json.WriteStartObject("response"u8);
            json.WriteString("uid"u8, uid);
            json.WriteBoolean("allowed"u8, Denial is null);
            Denial?.WriteTo(json);
            if (Patch is not null)
            {
                json.WriteString("patchType"u8, "JSONPatch"u8);
                json.WriteBase64String("patch"u8, Patch.ToArray().ToUtf8());
            }

            if (Warnings.Count > 0)
            {
                json.WriteStartArray("warnings"u8);
                foreach (var warning in Warnings)
                {
                    // The API server cuts a header of more than 256 characters (k8s.io/apiserver, admission webhook warnings).
                    json.WriteStringValue(OneLine.Quote(warning, 255));
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>A refusal. What a client makes of it depends on the code and on whether there is a time to come again.</summary>
internal sealed record Denial
{
    private Denial(int code, string reason, string message) => (Code, Reason, Message) = (code, reason, message);

    /// <summary>403 or 429.</summary>
    public int Code { get; }

    /// <summary>The code's name, as the API server has it.</summary>
    public string Reason { get; }

    /// <summary>Why, for people: lower case, one line. The API server puts the webhook's name in front.</summary>
    public string Message { get; }

    /// <summary>
    /// When to ask again. client-go does so by itself and says nothing, at most ten times, and holds the worker of a controller meanwhile; null: the client
    /// is told at once.
    /// </summary>
    public int? RetryAfterSeconds { get; private init; }

    /// <summary>The budget that forbids an eviction, in words, which autoscalers tell from other refusals; null when none does.</summary>
    public string? Budget { get; private init; }

    /// <summary>403: not now, and whoever controls the pod is to see to other things meanwhile.</summary>
    /// <param name="message">Why.</param>
    public static Denial Forbidden(string message) => new(403, "Forbidden", message);

    /// <summary>429 with the time at which the client is to ask again.</summary>
    /// <param name="message">Why.</param>
    /// <param name="seconds">How long it is to wait; 1 or more.</param>
    public static Denial AskAgain(string message, int seconds) => new(429, "TooManyRequests", message) { RetryAfterSeconds = seconds };

    /// <summary>429 without a time: <c>kubectl drain</c> says so, asks every 5 s and keeps to its <c>--timeout</c>.</summary>
    /// <param name="message">Why.</param>
    public static Denial Later(string message) => new(429, "TooManyRequests", message);

    /// <summary>The same as the API server itself says it of a budget.</summary>
    /// <param name="message">Why.</param>
    /// <param name="budget">What the budget needs and has.</param>
    public static Denial OfBudget(string message, string budget) => Later(message) with { Budget = budget };

    /// <summary>Writes the <c>status</c> field.</summary>
    /// <param name="json">The response, open.</param>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject("status"u8);
        json.WriteNumber("code"u8, Code);
        json.WriteString("reason"u8, Reason);
        json.WriteString("message"u8, Message);
        if (RetryAfterSeconds is { } seconds)
        {
            json.WriteStartObject("details"u8);
            json.WriteNumber("retryAfterSeconds"u8, seconds);
            json.WriteEndObject();
        }
        else if (Budget is not null)
        {
            json.WriteStartObject("details"u8);
            json.WriteStartArray("causes"u8);
            json.WriteStartObject();
            json.WriteString("reason"u8, "DisruptionBudget"u8);
            json.WriteString("message"u8, Budget);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
