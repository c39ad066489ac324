using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Idle;

/// <summary>A real nginx as the app, behind a real haproxy that keeps a pool of connections open, under load from wrk.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestNetwork _network = null!;
    private Child _app = null!;
    private Child _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {_folder.Path}; "));
        var nginx = _folder.Write("nginx.conf", $$"""
            daemon off; user root; worker_processes 1; pid {{_folder.Path}}/pid; error_log stderr;
            events { worker_connections 1024; }
            http {
              {{temporary}}
              log_format time '$msec'; access_log {{_folder.Path}}/access time;
              keepalive_timeout 300s; keepalive_requests 1000000;
              server { listen [::]:8080 ipv6only=off; location / { return 200 "ok"; } }
              server { listen 127.0.0.1:8081 http2; location / { return 200; } }
            }
            """);
        var (front, app) = (new IPEndPoint(IPAddress.Loopback, 8000), new IPEndPoint(IPAddress.Loopback, 8080));
        var haproxy = _folder.Write("haproxy.cfg", HaproxyConfiguration.Of(front, app, "maxconn 1000"));
        _network = await TestNetwork.CreateAsync();
        var here = new OnHost { Network = _network, DieWithTests = true };
        _app = here.Run(SystemProgram.Find("nginx", "nginx-light"), "-c", nginx);
        _proxy = here.Run(SystemProgram.Find("haproxy", "haproxy"), "-f", haproxy);
        await using var ready = Prestop("--max", "30s", "http://127.0.0.1:8000/");
        await ready.ExitsWithAsync(0);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _app.DisposeAsync();
        _network.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("http://127.0.0.1:8000/", "X-Kept: yes")]
    [InlineData("http://127.0.0.1:8080/", "Connection: close")]
    public async Task It_holds_while_requests_flow_and_ends_a_quiet_period_after_the_last(string url, string header)
    {
        await using var load = new OnHost { Network = _network, DieWithTests = true }.Run(
            SystemProgram.Find("wrk", "wrk"), "-t1", "-c200", "-d4s", "-H", header, url);
        await using var prestop = Prestop("--min", "1s", "--max", "50s", "--quiet", "1s", "idle://:8080");

        await prestop.ExitsWithAsync(0);
        var ended = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        await load.ExitsWithAsync(0);

        var last = double.Parse(File.ReadLines(_folder.Path + "/access").Last(), CultureInfo.InvariantCulture);
        Assert.True(ended - last >= 1, $"ended {ended - last} s after the last request");
    }

    [Fact]
    public async Task A_check_by_gRPC_is_a_small_exchange_too()
    {
        using var stop = new CancellationTokenSource();
        var probes = CheckByGrpcAsync(stop.Token);
        await using var prestop = Prestop("--max", "50s", "--quiet", "3s", "idle://:8081");

        await prestop.ExitsWithAsync(0);
        await stop.CancelAsync();
        await probes;
        Assert.Contains(prestop.Stderr.Lines, line => line.EndsWith("taken for a probe", StringComparison.Ordinal));
    }

    /// <summary>As the kubelet does it: every second on a connection of its own, which carries HTTP/2 in the clear.</summary>
    private async Task CheckByGrpcAsync(CancellationToken stop)
    {
        using var ticker = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!stop.IsCancellationRequested)
        {
            using (var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:8081/grpc.health.v1.Health/Check")
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { ContentType = new("application/grpc") } },
                };
                using var answer = await client.SendAsync(request, CancellationToken.None);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }

            await ticker.WaitForNextTickAsync(stop).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = _network.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, stop);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private Child Prestop(params string[] arguments) => new EmptyRoot { Network = _network, Proc = true }.Run("prestop", arguments);
}
