using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>Hooks of the application's container that wait on /waitz.</summary>
public sealed class PreStopHookTests
{
    private const string Waitz = "http://127.0.0.1:8080/waitz";

    [Theory]
    [InlineData("", "")]
    [InlineData("", "--fail")]
    [InlineData("TRIGGER=waitz", "--fail")]
    [InlineData("WAITZ_STATUS=410", "")]
    public async Task As_a_native_sidecar_which_gets_no_signal_it_drains_when_the_hook_waits(string settings, string fail)
    {
        await using var pod = await SidecarPod.StartAsync($"INTERVAL=2s COOLDOWN=1s {settings}");
        await pod.AskAsync("/", fromOutside: true);

        await using var hook = pod.Curl([.. fail.Length > 0 ? [fail] : Array.Empty<string>(), Waitz]);
        await pod.Sidecar.WaitForLineAsync("received /waitz from loopback");
        Assert.Equal(503, await pod.StatusAsync("/readyz", fromOutside: true));

        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
    }

    [Fact]
    public async Task The_originals_status_makes_curl_fail_where_it_is_asked_to()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=0 WAITZ_STATUS=410");

        await using var hook = pod.Curl("--fail", Waitz);

        await hook.ExitsWithAsync(22);
    }

    [Fact]
    public async Task A_signal_and_the_hook_at_the_same_time_are_one_drain()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=2s COOLDOWN=1s");
        await pod.AskAsync("/");

        await using var hook = pod.Curl("--fail", Waitz);
        await pod.Sidecar.WaitForLineAsync("/waitz from 127.0.0.1");
        await pod.Sidecar.SignalAsync(Signal.Terminate);

        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
        Assert.Single(pod.Log, line => line.StartsWith("cooldown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_waiter_from_outside_starts_nothing()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=0");
        using var waiter = await pod.SendAsync("GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n", fromOutside: true);
        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);

        Assert.Equal(200, await pod.StatusAsync("/readyz", fromOutside: true));

        await pod.Sidecar.SignalAsync(Signal.Terminate);
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", await SidecarPod.ReadToEndAsync(waiter), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prestop_waits_and_then_becomes_the_next_command()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=1s COOLDOWN=1s");
        await pod.AskAsync("/", fromOutside: true);

        await using var hook = pod.Run("prestop", Waitz, "--max", "150s", "--", SystemProgram.Busybox, "echo", "nginx may stop now");

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_second_signal_releases_the_hook_at_once()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
        await using var hook = pod.Curl("--fail", Waitz);
        await pod.Sidecar.WaitForLineAsync("cooldown for 1h0m0s before releasing /waitz");

        await pod.Sidecar.SignalAsync(Signal.Terminate);
        await pod.Sidecar.WaitForLineAsync("received signal terminated");
        await pod.Sidecar.SignalAsync(Signal.Interrupt);

        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
    }
}
