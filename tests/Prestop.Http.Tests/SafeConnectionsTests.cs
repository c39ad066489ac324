using System.Collections.Concurrent;
using System.Net;
using Prestop.Http.Trust;
using Prestop.Testing;
using Xunit;

namespace Prestop.Http.Tests;

/// <summary>A request goes where its URL says and nowhere else.</summary>
public sealed class SafeConnectionsTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<HttpCall> _calls = new();
    private readonly LoopbackHttp _server;
    private readonly HttpClient _client = new(SafeConnections.Through(new TlsClient(Authorities.OfImage)));

    public SafeConnectionsTests() => _server = new LoopbackHttp(call =>
    {
        _calls.Enqueue(call);
        return new HttpReply(302, "") { Headers = [("Location", "/elsewhere"), ("Set-Cookie", "a=b")] };
    });

    [Fact]
    public async Task No_redirect_is_followed_and_no_cookie_kept()
    {
        for (var requests = 0; requests < 2; requests++)
        {
            using var answer = await _client.GetAsync(_server.Address, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        }

        Assert.All(_calls, call => Assert.Equal("/", call.Path));
        Assert.All(_calls, call => Assert.DoesNotContain("cookie", call.Headers.Keys));
    }

    [Fact]
    public async Task Nothing_is_sent_beside_what_a_request_says()
    {
        using var answer = await _client.GetAsync(_server.Address, TestContext.Current.CancellationToken);

        Assert.Equal(["host"], Assert.Single(_calls).Headers.Keys);
    }

    [Fact]
    public void No_proxy_is_used_whatever_the_environment_says()
    {
        using var handler = SafeConnections.Through(new TlsClient(null));

        Assert.False(handler.UseProxy);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }
}
