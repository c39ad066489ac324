using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Prestop.Testing;
using Prestop.Testing.Cluster;

namespace Prestopd.Tests.Controller.Model;

/// <summary>
/// The network between a replica and the API server: requests that were sent arrive whatever becomes of who sent them, and watches are streams.
/// </summary>
/// <param name="cluster">The API server.</param>
/// <param name="user">Who the replica is.</param>
/// <param name="clock">The clock.</param>
/// <param name="faults">What goes wrong.</param>
internal sealed class ModelHandler(LoopbackCluster cluster, ApiUser user, FakeClock clock, Faults faults) : HttpMessageHandler
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);

    private readonly HashSet<TaskCompletionSource<HttpResponseMessage>> _waiting = [];
    private bool _isSevered;

    /// <summary>Told of each request that was carried out, and its status.</summary>
    public Action<HttpCall, int> Seen { get; set; } = (_, _) => { };

    /// <summary>Which requests are answered 503, whatever the weather.</summary>
    public Predicate<HttpCall> Refuses { get; set; } = _ => false;

    /// <summary>The replica is no more.</summary>
    public void Sever()
    {
        _isSevered = true;
        foreach (var each in _waiting.ToList())
        {
            each.TrySetException(Broken());
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_isSevered)
        {
            throw Broken();
        }

        var headers = new Dictionary<string, string> { ["content-type"] = request.Content?.Headers.ContentType?.MediaType ?? "", ["accept"] = "application/json" };
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var call = new HttpCall(request.Method.Method, request.RequestUri!.PathAndQuery, headers, body);
        var answer = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(answer);
        await using var cancelled = cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        _ = CarryAsync(call, answer);
        try
        {
            return await answer.Task;
        }
        finally
        {
            _waiting.Remove(answer);
        }
    }

    private async Task CarryAsync(HttpCall call, TaskCompletionSource<HttpResponseMessage> answer)
    {
        var fault = faults.OfRequest(isWrite: call.Method != "GET");
        await Task.Delay(fault is Fault.Slow ? faults.Pause() : Latency, clock);
        var refusal = Refuses(call) ? ClusterHandler.Refusal(503, "ServiceUnavailable") : fault switch
        {
            Fault.Conflict => ClusterHandler.Refusal(409, "Conflict"),
            Fault.Throttled => ClusterHandler.Refusal(429, "TooManyRequests"),
            Fault.Internal => ClusterHandler.Refusal(500, "InternalError"),
            Fault.Unavailable => ClusterHandler.Refusal(503, "ServiceUnavailable"),
            _ => null,
        };
        if (refusal is not null)
        {
            answer.TrySetResult(refusal);
            return;
        }

        if (fault is Fault.Unreachable)
        {
            answer.TrySetException(Broken());
            return;
        }

        var reply = await cluster.AnswerAsync(call, user);
        Seen(call, reply.Status);
        if (fault is Fault.SlowAnswer)
        {
            await Task.Delay(faults.Pause(), clock);
        }

        if (fault is Fault.AnswerLost || !answer.TrySetResult(Response(reply)))
        {
            answer.TrySetException(Broken());
        }
    }

    private HttpResponseMessage Response(HttpReply reply)
    {
        var response = new HttpResponseMessage((HttpStatusCode)reply.Status)
        {
            Content = reply.SendPieces is null ? new ByteArrayContent(Encoding.UTF8.GetBytes(reply.Body)) : new StreamContent(new WatchStream(reply.SendPieces, clock, faults)),
        };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return response;
    }

    private static HttpRequestException Broken() => new("the connection broke off");
}
