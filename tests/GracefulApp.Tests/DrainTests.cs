using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Prestop.Testing;
using Xunit;

namespace GracefulApp.Tests;

/// <summary>The app's end, over real sockets, on a clock that the test moves.</summary>
public sealed class DrainTests : IAsyncDisposable
{
    private static readonly Settings Settings = new() { Port = 0, DrainDelay = TimeSpan.FromSeconds(20) };

    private readonly FakeClock _clock = new();
    private readonly HttpClient _client = new();
    private Action _stop = () => { };
    private Task _run = Task.CompletedTask;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _stop();
        await _run;
    }

    [Theory]
    [InlineData("/", "served by")]
    [InlineData("/any/other", "served by")]
    [InlineData("/work?milliseconds=0", "served by")]
    [InlineData("/alive", "")]
    [InlineData("/ready", "")]
    public async Task A_route_answers_before_and_during_the_drain_and_then_closes_its_connection(string path, string body)
    {
        var drain = await StartAsync(Settings);
        using var before = await _client.GetAsync(path, Stop);

        _ = drain.SignalAsync();
        using var during = await _client.GetAsync(path, Stop);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [before.StatusCode, during.StatusCode]);
        Assert.StartsWith(body, await during.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.NotEqual(true, before.Headers.ConnectionClose);
        Assert.True(during.Headers.ConnectionClose);
    }

    [Fact]
    public async Task Readiness_fails_during_the_drain_where_it_is_asked_to()
    {
        var drain = await StartAsync(Settings with { IsUnreadyWhileDraining = true });
        using var before = await _client.GetAsync("/ready", Stop);

        _ = drain.SignalAsync();
        using var during = await _client.GetAsync("/ready", Stop);
        using var alive = await _client.GetAsync("/alive", Stop);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK], [before.StatusCode, during.StatusCode, alive.StatusCode]);
    }

    [Fact]
    public async Task It_serves_until_the_delay_is_over_and_then_ends()
    {
        var drain = await StartAsync(Settings);

        var signal = drain.SignalAsync();
        _clock.Advance(19.9);
        Assert.Equal("served by", (await _client.GetStringAsync("/", Stop))[..9]);
        Assert.False(signal.IsCompleted);

        _clock.Advance(0.1);
        await _run.WaitAsync(Stop);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync("/", Stop));
        Assert.IsType<SocketException>(refused.InnerException);
    }

    [Fact]
    public async Task A_second_signal_ends_the_wait_at_once()
    {
        var drain = await StartAsync(Settings);

        var first = drain.SignalAsync();
        await drain.SignalAsync();

        await first;
        await _run.WaitAsync(Stop);
        Assert.Equal(TimeSpan.Zero, _clock.Now);
    }

    [Fact]
    public async Task A_request_in_flight_is_answered_after_the_server_has_stopped_to_listen()
    {
        var drain = await StartAsync(Settings);
        var inFlight = _client.GetAsync("/work?milliseconds=30000", Stop);
        await _clock.IsWaitedForAsync(TimeSpan.FromSeconds(30)).WaitAsync(Stop);

        _ = drain.SignalAsync();
        _clock.Advance(20);
        await RefusesAsync();
        Assert.False(inFlight.IsCompleted);
        Assert.False(_run.IsCompleted);

        _clock.Advance(10);
        using var answer = await inFlight;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await _run.WaitAsync(Stop);
    }

    private async Task<Drain> StartAsync(Settings settings)
    {
        var application = Application.Build(settings, _clock);
        var started = new TaskCompletionSource();
        application.Lifetime.ApplicationStarted.Register(started.SetResult);
        _stop = application.Lifetime.StopApplication;
        _run = application.RunAsync();
        await await Task.WhenAny(started.Task, _run);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{new Uri(application.Urls.Single()).Port}");
        return application.Services.GetRequiredService<Drain>();
    }

    /// <summary>Waits until a new connection is refused.</summary>
    private async Task RefusesAsync()
    {
        while (true)
        {
            try
            {
                using var connection = new TcpClient();
                await connection.ConnectAsync(IPAddress.Loopback, _client.BaseAddress!.Port, Stop);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
