using System.Buffers;
using System.Text;
using System.Text.Json;
using Prestop.Elb.Draining;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>How a request for a wait ends.</summary>
internal enum WaitOutcome
{
    /// <summary>200: every load balancer has let go.</summary>
    Drained,

    /// <summary>504: max-delay came first.</summary>
    Deadline,

    /// <summary>The caller hung up: nobody gets an answer.</summary>
    HungUp,

    /// <summary>404: no such object, load balancer or target group.</summary>
    NotFound,

    /// <summary>502: AWS will not tell.</summary>
    AwsFailed,

    /// <summary>502: the API server will not tell.</summary>
    ClusterFailed,

    /// <summary>400: a parameter cannot be used.</summary>
    BadRequest,

    /// <summary>503: there are too many waits.</summary>
    TooMany,

    /// <summary>503: this replica ends.</summary>
    Stopping,
}

/// <summary>The answer to a request for a wait.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Message">What was seen last or what is wrong: a line, or several.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Warnings">What is probably not meant, one line each.</param>
internal sealed record WaitAnswer(WaitOutcome Outcome, string Message, TimeSpan Elapsed, IReadOnlyList<string> Warnings)
{
    /// <summary>When another try makes sense after 503: there is another replica, or a wait has ended here.</summary>
    private const int RetryAfterSeconds = 1;

    private static readonly JsonWriterOptions Json = new() { SkipValidation = true };

    /// <summary>The HTTP status; 499, as nginx logs it, where nobody gets it.</summary>
    public int Status => Outcome switch
    {
        WaitOutcome.Drained => 200,
        WaitOutcome.HungUp => 499,
        WaitOutcome.BadRequest => 400,
        WaitOutcome.NotFound => 404,
        WaitOutcome.AwsFailed or WaitOutcome.ClusterFailed => 502,
        WaitOutcome.Deadline => 504,
        _ => 503,
    };

    /// <summary>The outcome as JSON, metrics and log have it.</summary>
    public static string NameOf(WaitOutcome outcome) => outcome switch
    {
        WaitOutcome.Drained => "drained",
        WaitOutcome.Deadline => "deadline",
        WaitOutcome.HungUp => "hung_up",
        WaitOutcome.NotFound => "not_found",
        WaitOutcome.AwsFailed => "aws_failed",
        WaitOutcome.ClusterFailed => "cluster_failed",
        WaitOutcome.BadRequest => "bad_request",
        WaitOutcome.TooMany => "too_many",
        _ => "stopping",
    };

    /// <summary>The outcome of a wait that was begun.</summary>
    /// <param name="end">How the wait ended.</param>
    /// <param name="isDropped">Whether it was called off because this replica ends, and not by its caller.</param>
    public static WaitOutcome OutcomeOf(DrainEnd end, bool isDropped) => end switch
    {
        DrainEnd.Out => WaitOutcome.Drained,
        DrainEnd.DeadlineExceeded => WaitOutcome.Deadline,
        DrainEnd.NotFound => WaitOutcome.NotFound,
        DrainEnd.AwsFailed => WaitOutcome.AwsFailed,
        DrainEnd.ClusterFailed => WaitOutcome.ClusterFailed,
        _ => isDropped ? WaitOutcome.Stopping : WaitOutcome.HungUp,
    };

    /// <summary>The answer as it is sent.</summary>
    /// <param name="asJson">JSON; else text, which is the original's word where all is well.</param>
    public HttpResponse Response(bool asJson)
    {
        var response = asJson ? new HttpResponse(Status, "application/json", ToJson())
            : Outcome is WaitOutcome.Drained ? HttpResponse.Text(Status, "Success")
            : HttpResponse.Text(Status, ToText());
        return Status == 503 ? response with { RetryAfter = RetryAfterSeconds } : response;
    }

    private string ToText()
    {
        var text = new StringBuilder(Message).Append('\n');
        foreach (var warning in Warnings)
        {
            text.Append("warning: ").Append(warning).Append('\n');
        }

        return text.ToString();
    }

    private ReadOnlyMemory<byte> ToJson()
    {
        var text = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(text, Json))
        {
            json.WriteStartObject();
            json.WriteString("outcome"u8, NameOf(Outcome));
            json.WriteString("message"u8, Message);
            json.WriteNumber("seconds"u8, Math.Round(Elapsed.TotalSeconds, 3));
            json.WriteStartArray("warnings"u8);
            foreach (var warning in Warnings)
            {
                json.WriteStringValue(warning);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        text.Write("\n"u8);
        return text.WrittenMemory;
    }
}
