using System.Net;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Examples;

/// <summary>examples/graceful-app as it is published, the first process of an empty root: what <c>kubectl delete pod</c> would see of it.</summary>
public sealed class GracefulAppTests : IAsyncDisposable
{
    private const int Port = 8080;

    private readonly List<IAsyncDisposable> _started = [];
    private HttpClient _client = null!;
    private TestNetwork _network = null!;

    private static string Program
    {
        get
        {
            var program = Repository.PathTo("artifacts", "publish", "graceful-app", "graceful-app");
            return File.Exists(program) ? program : throw new HarnessException($"{program} is not there: run ./build.sh test");
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        foreach (var one in _started)
        {
            await one.DisposeAsync();
        }

        _network.Dispose();
    }

    [Fact]
    public async Task After_SIGTERM_it_serves_on_unready_and_closes_connections_then_ends_with_0()
    {
        var app = await StartAsync("DRAIN_SECONDS=3600 UNREADY_WHILE_DRAINING=yes");
        using var before = await _client.GetAsync("/", Stop);
        using var ready = await _client.GetAsync("/ready", Stop);

        await app.SignalAsync(Signal.Terminate);
        await app.WaitForLineAsync("draining for 3600 s");
        using var during = await _client.GetAsync("/", Stop);
        using var unready = await _client.GetAsync("/ready", Stop);
        using var alive = await _client.GetAsync("/alive", Stop);

        Assert.Equal([200, 200, 200, 503, 200], new[] { before, ready, during, unready, alive }.Select(answer => (int)answer.StatusCode));
        Assert.Equal([false, true], new[] { before, during }.Select(answer => answer.Headers.ConnectionClose ?? false));

        await app.SignalAsync(Signal.Terminate);
        await app.ExitsWithAsync(0);
        Assert.Contains("stopping; requests in flight have 25 s", app.Stdout.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetAsync("/", Stop));
    }

    [Fact]
    public async Task Readiness_holds_unless_it_is_asked_to_fail()
    {
        var app = await StartAsync("DRAIN_SECONDS=3600");

        await app.SignalAsync(Signal.Terminate);
        await app.WaitForLineAsync("draining for 3600 s");

        using var ready = await _client.GetAsync("/ready", Stop);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task A_request_in_flight_is_answered_though_the_drain_is_over()
    {
        var app = await StartAsync("DRAIN_SECONDS=0");
        var inFlight = _client.GetAsync("/work?milliseconds=3000", Stop);
        await UntilAskedAsync();

        await app.SignalAsync(Signal.Terminate);
        await app.WaitForLineAsync("stopping");

        using var answer = await inFlight;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData("PORT=http", "graceful-app: PORT 'http' is not a whole number from 0 to 65535")]
    [InlineData("UNREADY_WHILE_DRAINING=true", "graceful-app: UNREADY_WHILE_DRAINING 'true' is neither yes nor no")]
    public async Task A_setting_that_cannot_be_used_is_named(string settings, string line)
    {
        (_network, _client) = (await TestNetwork.CreateAsync(), new HttpClient());
        await using var app = Run(settings);

        await app.ExitsWithAsync(2);
        Assert.Equal([line], app.Stderr.Lines);
    }

    private async Task<Child> StartAsync(string settings)
    {
        _network = await TestNetwork.CreateAsync();
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, stop) => new NetworkStream(await ConnectAsync(stop), ownsSocket: true),
        })
        { BaseAddress = new Uri("http://pod/") };
        var app = Run(settings);
        _started.Add(app);
        while (true)
        {
            try
            {
                using var probe = await ConnectAsync(Stop);
                return app;
            }
            catch (SocketException) when (!app.HasEnded)
            {
                await Task.Delay(10, Stop);
            }
        }
    }

    private Child Run(string settings) => new EmptyRoot
    {
        Network = _network,
        AsPid1 = true,
        Proc = true,
        Environment = settings.Split(' ').Select(one => one.Split('=')).ToDictionary(one => one[0], one => one[1]),
    }.Run(Program);

    private async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        var socket = _network.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Returns once the app has read all that was sent to it, so that what was asked is in flight.</summary>
    private async Task UntilAskedAsync()
    {
        while (true)
        {
            await using var sockets = new OnHost { Network = _network }.Run(SystemProgram.Find("ss", "iproute2"), "-Htni", "state", "established", "sport", $"= :{Port}");
            await sockets.ExitsWithAsync(0);
            if (sockets.Stdout.Text.StartsWith("0 ", StringComparison.Ordinal) && sockets.Stdout.Text.Contains("bytes_received:", StringComparison.Ordinal))
            {
                return;
            }
        }
    }
}
