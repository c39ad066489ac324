using System.Net;
using Prestop.Testing;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>The service without a network, for tests on fake time: what cannot be an answer is what HttpClient would throw.</summary>
internal sealed class DirectElb(ElbQueryService service, TimeProvider time) : HttpMessageHandler
{
    /// <summary>How long an answer takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Thrown in the place of an answer, for as long as it is set.</summary>
    public Exception? Throws { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var headers = request.Headers.Concat(request.Content!.Headers).ToDictionary(pair => pair.Key.ToLowerInvariant(), pair => string.Join(", ", pair.Value));
        var body = await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var answer = service.Answer(new HttpCall(request.Method.Method, request.RequestUri!.AbsolutePath, headers, body));
        if (Latency > TimeSpan.Zero || answer.Hangs)
        {
            await Task.Delay(answer.Hangs ? Timeout.InfiniteTimeSpan : Latency, time, cancellationToken);
        }

        if (Throws is not null || answer.IsReset)
        {
            throw Throws ?? new HttpRequestException(HttpRequestError.Unknown, "reset", new IOException("reset"));
        }

        return new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            Headers = { Date = service.Now },
            Content = new StringContent(answer.IsCut ? answer.Body[..(answer.Body.Length / 2)] : answer.Body),
        };
    }
}
