using Prestop.Testing;
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
        await pod.Sidecar.WaitForLineAsync("received /waitz that stays");
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

    /// <summary>The README's hook, which must go on to COMMAND in every order of endings.</summary>
    private static Child ReadmeHook(SidecarPod pod) => pod.Run(
        "prestop", "--any", "--max", "50s", "--on-failure", "continue", "--status", "200,410", Waitz, "gone:tcp://127.0.0.1:8080",
        "--", SystemProgram.Busybox, "echo", "nginx may stop now");

    [Theory]
    [InlineData("")]
    [InlineData("WAITZ_STATUS=410")]
    [InlineData("TRIGGER=signal WAITZ_STATUS=410")]
    public async Task The_readmes_hook_goes_on_when_the_drain_is_over(string settings)
    {
        await using var pod = await SidecarPod.StartAsync($"INTERVAL=1s COOLDOWN=1s {settings}");
        await pod.AskAsync("/", fromOutside: true);

        await using var hook = ReadmeHook(pod);
        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);
        await pod.Sidecar.SignalAsync(Signal.Terminate);

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
        Assert.DoesNotContain("went on", hook.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_readmes_hook_goes_on_when_the_sidecar_is_killed_while_it_hangs()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
        await using var hook = ReadmeHook(pod);
        await pod.Sidecar.WaitForLineAsync("cooldown for 1h0m0s");

        await pod.Sidecar.SignalAsync(Signal.Kill);

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
    }

    [Fact]
    public async Task The_readmes_hook_goes_on_when_the_sidecar_is_restarted_while_it_hangs()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
        await using var hook = ReadmeHook(pod);
        await pod.Sidecar.WaitForLineAsync("cooldown for 1h0m0s");

        await pod.RestartAsync("INTERVAL=100ms COOLDOWN=0");

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_hook_that_hangs_while_the_sidecar_is_restarted_asks_the_new_one_which_drains()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
        await using var hook = pod.Run("prestop", "--max", "50s", Waitz, "--", SystemProgram.Busybox, "echo", "nginx may stop now");
        await pod.Sidecar.WaitForLineAsync("cooldown for 1h0m0s");

        await pod.RestartAsync("INTERVAL=100ms COOLDOWN=0");
        await pod.Sidecar.WaitForLineAsync("received /waitz that stays");

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
    }

    [Fact]
    public async Task The_readmes_hook_goes_on_when_the_sidecar_has_ended_first()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=100ms COOLDOWN=0");
        await pod.Sidecar.SignalAsync(Signal.Terminate);
        await pod.Sidecar.ExitsWithAsync(0);

        await using var hook = ReadmeHook(pod);

        await hook.WaitForLineAsync("nginx may stop now");
        await hook.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_hook_that_is_killed_because_the_application_is_only_restarted_leaves_the_pod_serving()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=1h MAX_WAIT=inf");
        await using (var hook = pod.Curl("--fail", Waitz))
        {
            await pod.Sidecar.WaitForLineAsync("cooldown for 1h0m0s");
            Assert.Equal(503, await pod.StatusAsync("/readyz"));
            await hook.SignalAsync(Signal.Kill);
        }

        await pod.Sidecar.WaitForLineAsync("serving again");

        Assert.Equal(200, await pod.StatusAsync("/readyz"));
    }

    [Fact]
    public async Task With_a_token_a_hook_from_outside_loopback_drains_and_one_without_does_not()
    {
        await using var pod = await SidecarPod.StartAsync("COOLDOWN=0 WAITZ_TOKEN=s3cret");
        using var stranger = await pod.SendAsync("GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n");
        await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);

        await using var hook = pod.Curl("--fail", "--interface", $"{SidecarPod.Outside}", $"http://{SidecarPod.Outside}:8080/waitz?token=s3cret");

        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
        Assert.DoesNotContain("s3cret", pod.Sidecar.Stderr.Text, StringComparison.Ordinal);
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
