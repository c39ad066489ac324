using System.Net.Sockets;
using System.Text;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>Clients that mean ill, or are broken. None may hold the exit, or keep the pod's own hook from being answered.</summary>
public sealed class AbuseTests
{
    private const string Health = "GET /healthz HTTP/1.1\r\nHost: pod\r\n\r\n";

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: 100000\r\n\r\nabc")]
    [InlineData("POST /waitz HTTP/1.1\r\nHost: pod\r\nContent-Length: 100000\r\n\r\nabc")]
    [InlineData("POST / HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")]
    [InlineData("POST / HTTP/1.1\r\nHost: pod\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: p")]
    [InlineData("GET / HT")]
    [InlineData("")]
    public async Task Half_a_request_does_not_hold_the_exit(string half)
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=1s COOLDOWN=1s");
        using var client = await pod.SendAsync(half, fromOutside: true);

        await pod.Sidecar.SignalAsync(Signal.Terminate);

        await pod.Sidecar.WaitForLineAsync("completed");
        var completed = TimeProvider.System.GetTimestamp();
        await pod.Sidecar.ExitsWithAsync(0);
        var rest = TimeProvider.System.GetElapsedTime(completed);
        Assert.True(rest < TimeSpan.FromSeconds(4), $"{rest} from the release to the exit: Kestrel's own patience with half a body is 5 s");
    }

    [Fact]
    public async Task Half_a_body_is_answered_and_counted_all_the_same()
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync("POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: 100000\r\nConnection: close\r\n\r\nabc");

        Assert.Equal(200, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(client)));
        Assert.Equal(1, await pod.MetricAsync("prestopd_sidecar_hits_total"));
    }

    [Theory]
    [InlineData("BREW / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("CONNECT app:443 HTTP/1.1\r\nHost: app:443\r\n\r\n", 501)]
    [InlineData("GET /%zz HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: pod\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: pod\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET http://pod/healthz HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/2.0\r\nHost: pod\r\n\r\n", 505)]
    [InlineData("\u0016\u0003\u0001\u0002 a TLS client hello\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    public async Task Odd_requests_get_an_answer(string request, int status)
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync(request, fromOutside: true);

        Assert.Equal(status, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(client)));

        Assert.Equal(200, await pod.StatusAsync("/healthz"));
    }

    [Theory]
    [InlineData("GET /{0} HTTP/1.1\r\nHost: pod\r\n\r\n", 414)]
    [InlineData("GET / HTTP/1.1\r\nHost: pod\r\nX-Huge: {0}\r\n\r\n", 431)]
    public async Task Huge_requests_are_refused(string request, int status)
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync(request.Replace("{0}", new string('x', 100_000), StringComparison.Ordinal), fromOutside: true);

        var response = await SidecarPod.ReadToEndAsync(client);

        // The refusal is lost where the client is still sending when the connection is closed (RFC 9112, 9.6).
        Assert.True(response.Length == 0 || SidecarPod.StatusOf(response) == status, response);
        Assert.Equal(200, await pod.StatusAsync("/healthz"));
    }

    [Fact]
    public async Task Ten_thousand_silent_connections_leave_others_their_health_checks_and_the_pod_its_hook()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=1s COOLDOWN=0");
        using var kept = await pod.SendAsync(Health, fromOutside: true);
        await ReadHealthAsync(kept);
        var silent = new List<Socket>();
        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                // One that never sends anything, one in the middle of its headers, and so on.
                silent.Add(await pod.SendAsync(i % 2 == 0 ? "" : "GET / HTTP/1.1\r\nX-Slow: ", fromOutside: true));
            }

            Assert.Equal(200, await pod.StatusAsync("/healthz", fromOutside: true));
            Assert.Equal(200, await pod.StatusAsync("/healthz"));
            Assert.True(await pod.MetricAsync("prestopd_sidecar_connections_evicted_total") > 9000);
            Assert.Equal(0, await pod.MetricAsync("prestopd_sidecar_connections_refused_total"));

            // A checker that keeps its connection has shown that it asks: silent ones go before it.
            await kept.SendAsync(Encoding.ASCII.GetBytes(Health), TestContext.Current.CancellationToken);
            await ReadHealthAsync(kept);
            await using var hook = pod.Curl("--fail", "http://127.0.0.1:8080/waitz");
            await hook.ExitsWithAsync(0);
            await pod.Sidecar.ExitsWithAsync(0);
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nX-Slow: ")]
    public async Task A_connection_without_a_request_is_closed_soon(string half)
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync(half, fromOutside: true);

        Assert.Equal("", await SidecarPod.ReadToEndAsync(client));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: pod\r\n\r\n")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: pod\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: 3\r\n\r\nabc")]
    public async Task A_client_that_closes_its_half_at_once_gets_its_answer(string request)
    {
        await using var pod = await SidecarPod.StartAsync("");
        for (var i = 0; i < 100; i++)
        {
            using var client = await pod.SendAsync(request, fromOutside: true);
            client.Shutdown(SocketShutdown.Send);

            Assert.Equal(200, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(client)));
        }
    }

    [Fact]
    public async Task Requests_that_come_byte_by_byte_and_one_behind_the_other_are_answered_in_turn()
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.ConnectAsync();
        const string requests =
            "POST /1 HTTP/1.1\r\nHost: pod\r\nContent-Length: 3\r\n\r\nabc"
            + "POST /2 HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            + "GET /3 HTTP/1.1\r\nHost: pod\r\n\r\nGET /4 HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n";
        client.NoDelay = true;
        foreach (var next in Encoding.ASCII.GetBytes(requests))
        {
            await client.SendAsync(new[] { next }, TestContext.Current.CancellationToken);
        }

        var hits = (await SidecarPod.ReadToEndAsync(client)).Split('\n').Where(line => line.StartsWith("hit ", StringComparison.Ordinal));

        Assert.Equal(["/1", "/2", "/3", "/4"], hits.Select(line => line.Split(' ')[1]));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    public async Task HEAD_has_the_head_of_GET_and_no_body(string path)
    {
        await using var pod = await SidecarPod.StartAsync("");

        var answer = await pod.AskAsync(path, "HEAD");

        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Length: ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_never_comes_does_not_hold_the_connection_that_is_to_be_closed()
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync("POST / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\nContent-Length: 9\r\n\r\nabc", fromOutside: true);

        Assert.EndsWith("in 10s\n", await SidecarPod.ReadToEndAsync(client), StringComparison.Ordinal);
        await pod.WaitForMetricAsync("prestopd_sidecar_connections", 1);
    }

    [Fact]
    public async Task More_waiters_than_allowed_get_503_but_the_pods_own_hook_has_its_place()
    {
        await using var pod = await SidecarPod.StartAsync("MAX_WAITERS=2 COOLDOWN=0");
        const string waitz = "GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n";
        using var first = await pod.SendAsync(waitz, fromOutside: true);
        using var second = await pod.SendAsync(waitz, fromOutside: true);
        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 2);

        Assert.Equal(503, await pod.StatusAsync("/waitz", fromOutside: true));
        Assert.Equal(200, await pod.StatusAsync("/waitz"));

        Assert.Equal(200, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(first)));
        Assert.Equal(200, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(second)));
    }

    [Fact]
    public async Task A_waiter_that_hangs_up_is_forgotten()
    {
        await using var pod = await SidecarPod.StartAsync("TRIGGER=signal");
        using (await pod.SendAsync("GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n"))
        {
            await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);
        }

        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 0);
        await pod.Sidecar.WaitForLineAsync("/waitz gone");
    }

    private static async Task ReadHealthAsync(Socket socket)
    {
        var text = "";
        var buffer = new byte[4096];
        while (!text.EndsWith("in 1s\n", StringComparison.Ordinal))
        {
            var length = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(length > 0, $"the connection was closed after '{text}'");
            text += Encoding.UTF8.GetString(buffer, 0, length);
        }
    }
}
