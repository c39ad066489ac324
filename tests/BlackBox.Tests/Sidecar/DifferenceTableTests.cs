using System.Globalization;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>The table of docs/sidecar.md of what differs from the original, row by row.</summary>
public sealed class DifferenceTableTests
{
    private const string Waitz = "GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n";

    private static readonly Dictionary<string, Func<Task>> Rows = new()
    {
        ["`/waitz` at the end"] = async () =>
        {
            Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n", await WaitedAsync(""), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n", await WaitedAsync("WAITZ_STATUS=410"), StringComparison.Ordinal);
        },
        ["`/waitz` before SIGTERM"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("COOLDOWN=0");

            Assert.Equal(200, await pod.StatusAsync("/waitz"));

            await pod.Sidecar.ExitsWithAsync(0);
        },
        ["`/metrics`"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("");

            Assert.Contains("\nprestopd_sidecar_hits_total 0\n", await pod.AskAsync("/metrics"), StringComparison.Ordinal);
        },
        ["second signal"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
            await pod.Sidecar.SignalAsync(Signal.Terminate);
            await pod.Sidecar.WaitForLineAsync("cooldown");

            await pod.Sidecar.SignalAsync(Signal.Terminate);

            await pod.Sidecar.ExitsWithAsync(0);
        },
        ["who keeps asking"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("INTERVAL=1h MAX_WAIT=1s");
            await pod.AskAsync("/");

            await pod.Sidecar.SignalAsync(Signal.Terminate);

            await pod.Sidecar.ExitsWithAsync(0);
            Assert.Contains(pod.Log, line => line.StartsWith("warning: MAX_WAIT 1s is over with 1 requests", StringComparison.Ordinal));
        },
        ["a bad value"] = async () =>
        {
            await using var bad = new EmptyRoot { Environment = { ["INTERVAL"] = "soon" } }.Run("prestopd", "sidecar");
            await bad.ExitsWithAsync(2);
            Assert.StartsWith("prestopd sidecar: INTERVAL", Assert.Single(bad.Stderr.Lines), StringComparison.Ordinal);

            await using var pod = await SidecarPod.StartAsync("INTERVAL=10");
            Assert.EndsWith(" in 10s\n", await pod.AskAsync("/"), StringComparison.Ordinal);
        },
        ["`CONNECT`"] = () => IsAnsweredAsync("CONNECT app:443 HTTP/1.1\r\nHost: app:443\r\n\r\n", 501),
        ["body with both Transfer-Encoding and Content-Length"] = () =>
            IsAnsweredAsync("POST / HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ["Transfer-Encoding in HTTP/1.0"] = () => IsAnsweredAsync("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ["request line above 8 KiB, head above 16 KiB"] = async () =>
        {
            await IsAnsweredAsync($"GET /{new string('x', 8 * 1024)} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", 414);
            await IsAnsweredAsync($"GET / HTTP/1.1\r\nHost: pod\r\nX: {new string('x', 16 * 1024)}\r\nConnection: close\r\n\r\n", 431);
            await IsAnsweredAsync($"GET /{new string('x', 8000)} HTTP/1.1\r\nHost: pod\r\nX: {new string('x', 8000)}\r\nConnection: close\r\n\r\n", 200);
        },
        ["connection without a request"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("");
            using var client = await pod.ConnectAsync(fromOutside: true);

            Assert.Equal("", await SidecarPod.ReadToEndAsync(client));
        },
        ["more connections than MAX_CONNECTIONS"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("MAX_CONNECTIONS=1");
            using var idle = await pod.SendAsync("GET /healthz HTTP/1.1\r\nHost: pod\r\n\r\n", fromOutside: true);
            await ReadSomeAsync(idle);

            Assert.Equal(200, await pod.StatusAsync("/healthz", fromOutside: true));

            Assert.Equal("", await SidecarPod.ReadToEndAsync(idle));
        },
        ["more on `/waitz` than MAX_WAITERS"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("MAX_WAITERS=1");
            using var waiter = await pod.SendAsync(Waitz, fromOutside: true);
            await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);

            Assert.Equal(503, await pod.StatusAsync("/waitz", fromOutside: true));
        },
        ["half a body when it ends"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("INTERVAL=100ms COOLDOWN=0");
            using var client = await pod.SendAsync("POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: 9\r\n\r\nabc", fromOutside: true);
            await ReadSomeAsync(client);

            await pod.Sidecar.SignalAsync(Signal.Terminate);

            await pod.Sidecar.ExitsWithAsync(0);
        },
        ["log times"] = async () =>
        {
            var before = DateTime.UtcNow.AddSeconds(-1);

            await using var pod = await SidecarPod.StartAsync("TZ=America/New_York");

            var logged = DateTime.ParseExact(pod.Sidecar.Stderr.Lines[0][..19], "yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture);
            Assert.InRange(logged, before, DateTime.UtcNow);
        },
        ["empty line after a request's line"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("");
            await pod.AskAsync("/1");
            await pod.AskAsync("/2");
            await pod.Sidecar.WaitForLineAsync("hit /2");

            Assert.Equal(3, pod.Sidecar.Stderr.Lines.Count);
        },
        ["INTERVAL not above the check period"] = async () =>
        {
            await using var pod = await SidecarPod.StartAsync("INTERVAL=100ms");
            var warned = pod.Sidecar.WaitForLineAsync("warning: INTERVAL 100ms is not above the check period: requests came ");
            while (!warned.IsCompleted)
            {
                await pod.AskAsync("/");
                await Task.Delay(150, TestContext.Current.CancellationToken);
            }

            await warned;
        },
    };

    public static TheoryData<string> RowNames => [.. Rows.Keys];

    [Fact]
    public void The_table_has_these_rows()
    {
        var page = Repository.Read("docs", "sidecar.md");
        var table = page[page.IndexOf("| what | the original | here |", StringComparison.Ordinal)..];

        Assert.Equal(Rows.Keys, table.Split('\n').Skip(2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|')[1].Trim()));
    }

    [Theory]
    [MemberData(nameof(RowNames))]
    public Task A_row_tells_what_happens(string row) => Rows[row]();

    private static async Task<string> WaitedAsync(string settings)
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=100ms COOLDOWN=0 " + settings);
        using var waiter = await pod.SendAsync(Waitz, fromOutside: true);
        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);
        await pod.Sidecar.SignalAsync(Signal.Terminate);
        return await SidecarPod.ReadToEndAsync(waiter);
    }

    private static async Task IsAnsweredAsync(string request, int status)
    {
        await using var pod = await SidecarPod.StartAsync("");
        using var client = await pod.SendAsync(request, fromOutside: true);
        Assert.Equal(status, SidecarPod.StatusOf(await SidecarPod.ReadToEndAsync(client)));
    }

    private static async Task ReadSomeAsync(Socket socket) =>
        Assert.NotEqual(0, await socket.ReceiveAsync(new byte[4096], TestContext.Current.CancellationToken));
}
