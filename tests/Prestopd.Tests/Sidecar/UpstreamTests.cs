using System.Net;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The application's own health lets itself be seen until the drain starts.</summary>
public sealed class UpstreamTests : IDisposable
{
    private readonly FakeApplication _application = new();
    private readonly SidecarRig _sidecar;

    public UpstreamTests() => _sidecar = new SidecarRig("UPSTREAM=http://127.0.0.1:9000/health UPSTREAM_TIMEOUT=2s", _application);

    public void Dispose()
    {
        _sidecar.Dispose();
        _application.Dispose();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Its_status_is_the_answer_and_the_hit_counts_once(int status)
    {
        var done = _sidecar.Begin("/check");
        _application.Answer(status);
        var answer = await done;

        Assert.Equal(status, answer.Status);
        Assert.Equal(1, _sidecar.HitsInWindow);
        Assert.Equal($"hit /check from 10.0.0.9:4711 status {status} current rate 1 requests in 10s\n", answer.Body);
    }

    [Fact]
    public void The_drain_does_not_ask_it_any_more()
    {
        _sidecar.Drain.Signal("terminated");

        Assert.Equal(503, _sidecar.Ask("/check").Status);

        Assert.Equal(0, _application.Questions);
    }

    [Fact]
    public async Task A_drain_that_starts_while_it_is_asked_wins()
    {
        var done = _sidecar.Begin("/check");

        _sidecar.Drain.Signal("terminated");
        _application.Answer(200);

        Assert.Equal(503, (await done).Status);
    }

    [Fact]
    public async Task Checks_that_come_together_share_one_question_and_count_one_each()
    {
        var checks = Enumerable.Range(0, 50).Select(_ => _sidecar.Begin("/check")).ToArray();

        _application.Answer(500);

        Assert.All(await Task.WhenAll(checks), answer => Assert.Equal(500, answer.Status));
        Assert.Equal(1, _application.Questions);
        Assert.Equal(50, _sidecar.HitsInWindow);
    }

    [Fact]
    public async Task No_answer_within_the_timeout_is_504()
    {
        var done = _sidecar.Begin("/check");

        _sidecar.Time.Advance(2);

        Assert.Equal(504, (await done).Status);
        Assert.Contains("prestopd_sidecar_upstream_requests_total{outcome=\"timeout\"} 1\n", _sidecar.Ask("/metrics").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    public async Task A_connection_that_cannot_be_made_is_502_at_once(HttpRequestError error)
    {
        var done = _sidecar.Begin("/check");

        _application.Fail(new HttpRequestException(error));

        Assert.Equal(502, (await done).Status);
        Assert.Equal(1, _application.Questions);
    }

    [Fact]
    public async Task A_connection_that_the_application_has_closed_meanwhile_is_not_its_answer()
    {
        var done = _sidecar.Begin("/check");

        _application.Fail(new HttpRequestException(HttpRequestError.ResponseEnded));
        _application.Fail(new HttpRequestException(HttpRequestError.Unknown, "reset", new IOException()));
        _application.Answer(200);

        Assert.Equal(200, (await done).Status);
        Assert.Contains("prestopd_sidecar_upstream_requests_total{outcome=\"answered\"} 1\n", _sidecar.Ask("/metrics").Body, StringComparison.Ordinal);
        Assert.Contains("prestopd_sidecar_upstream_requests_total{outcome=\"failed\"} 0\n", _sidecar.Ask("/metrics").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_closes_every_connection_is_502()
    {
        var done = _sidecar.Begin("/check");

        for (var i = 0; i < 3; i++)
        {
            _application.Fail(new HttpRequestException(HttpRequestError.ResponseEnded));
        }

        Assert.Equal(502, (await done).Status);
        Assert.Equal(3, _application.Questions);
    }

    [Fact]
    public void The_sidecars_own_routes_do_not_ask_it()
    {
        Assert.Equal(200, _sidecar.Ask("/readyz").Status);
        Assert.Equal(200, _sidecar.Ask("/healthz").Status);

        Assert.Equal(0, _application.Questions);
    }

    private sealed class FakeApplication : HttpMessageHandler
    {
        private TaskCompletionSource<HttpResponseMessage> _answer = new();

        public int Questions { get; private set; }

        public void Answer(int status) => _answer.SetResult(new HttpResponseMessage((HttpStatusCode)status));

        public void Fail(Exception error) => _answer.SetException(error);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Questions++;
            _answer = new TaskCompletionSource<HttpResponseMessage>();
            return await _answer.Task.WaitAsync(cancellationToken);
        }
    }
}
