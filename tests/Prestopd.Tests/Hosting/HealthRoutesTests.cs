using System.Net;
using System.Text;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

public sealed class HealthRoutesTests
{
    [Theory]
    [InlineData("/healthz", true, 200, "ok\n")]
    [InlineData("/healthz", false, 200, "ok\n")]
    [InlineData("/ready", true, 200, "ready\n")]
    [InlineData("/ready", false, 503, "not ready\n")]
    [InlineData("*", false, 200, "")]
    [InlineData("/health", true, 404, "the application's\n")]
    [InlineData("/ready/", true, 404, "the application's\n")]
    public async Task A_route_is_answered_here_or_by_the_application(string path, bool isReady, int status, string body)
    {
        var answer = await AskAsync(path, isReady);

        Assert.Equal(status, answer.Status);
        Assert.Equal(body, Encoding.UTF8.GetString(answer.Body.Span));
    }

    [Fact]
    public async Task The_metrics_are_the_servers() =>
        Assert.Contains("\nx_total 7\n", Encoding.UTF8.GetString((await AskAsync("/metrics", true)).Body.Span), StringComparison.Ordinal);

    private static ValueTask<HttpResponse> AskAsync(string path, bool isReady) => new HealthRoutes(
        new HealthPaths("/healthz", "/ready", "/metrics"), () => isReady, text => text.Counter("x_total", "Xs.").Add(7), new Application())
        .AnswerAsync(new HttpRequest("GET", path, "", default, new Nobody()));

    private sealed class Application : IRequestHandler
    {
        public ValueTask<HttpResponse> AnswerAsync(HttpRequest request) => new(HttpResponse.Text(404, "the application's\n"));
    }

    private sealed class Nobody : HttpRequest.IClient
    {
        public IPEndPoint Address => new(IPAddress.Loopback, 4711);

        public CancellationToken Aborted => CancellationToken.None;

        public ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync() => throw new NotSupportedException("no route reads a body");
    }
}
