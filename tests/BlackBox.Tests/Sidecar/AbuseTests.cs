using System.Net.Sockets;
using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>Clients that mean ill, or are broken. None may hold the exit, or keep the pod's own hook from being answered.</summary>
public sealed class AbuseTests
{
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
    public async Task Ten_thousand_idle_connections_from_outside_leave_the_pod_its_health_its_hook_and_its_memory()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=1s COOLDOWN=0");
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                // One that never sends anything, one in the middle of its headers, and so on.
                if (await ConnectOrLoseAsync(pod, i % 2 == 0 ? "" : "GET / HTTP/1.1\r\nX-Slow: ") is { } socket)
                {
                    idle.Add(socket);
                }
            }

            Assert.Equal(200, await pod.StatusAsync("/healthz"));
            Assert.True(await pod.MetricAsync("prestopd_sidecar_connections_refused_total") > 9000);
            await using var hook = pod.Curl("--fail", "http://127.0.0.1:8080/waitz");
            await hook.ExitsWithAsync(0);
            await pod.Sidecar.ExitsWithAsync(0);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
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

    private static async Task<Socket?> ConnectOrLoseAsync(SidecarPod pod, string bytes)
    {
        try
        {
            return await pod.SendAsync(bytes, fromOutside: true);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
