using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The original's shutdown sequence, and where it was changed on purpose, second by second.</summary>
public sealed class DrainTimelineTests
{
    private static double ReleasedAt(SidecarRig sidecar)
    {
        while (!sidecar.Drain.Released.IsCompleted)
        {
            Assert.True(sidecar.Time.Now < TimeSpan.FromHours(48), "never released");
            sidecar.Time.Advance(0.001);
        }

        return sidecar.Time.Now.TotalSeconds;
    }

    [Fact]
    public async Task The_readmes_log_sample()
    {
        using var sidecar = new SidecarRig("INTERVAL=6s COOLDOWN=0s");

        sidecar.Time.Advance(1);
        sidecar.Ask("/");
        sidecar.Time.Advance(3);
        sidecar.Ask("/");
        sidecar.Time.Advance(2);
        sidecar.Drain.Signal("terminated");
        sidecar.Time.Advance(0.999);
        sidecar.Time.Advance(0.0005);
        sidecar.Ask("/");
        sidecar.Time.Advance(8);

        Assert.Equal(
            [
                "hit / from 10.0.0.9:4711 status 200 current rate 1 requests in 6s",
                "hit / from 10.0.0.9:4711 status 200 current rate 2 requests in 6s",
                "received signal terminated",
                "shutdown current rate 2 requests in 6s",
                "hit / from 10.0.0.9:4711 status 503 current rate 3 requests in 6s",
                "shutdown current rate 2 requests in 6s",
                "shutdown current rate 2 requests in 6s",
                "shutdown current rate 2 requests in 6s",
                "shutdown current rate 1 requests in 6s",
                "shutdown current rate 1 requests in 6s",
                "shutdown current rate 1 requests in 6s",
                "shutdown current rate 0 requests in 6s",
                "cooldown for 0s before releasing /waitz",
                "completed",
            ],
            await sidecar.LogAsync());
    }

    [Fact]
    public void Without_a_hit_in_the_window_only_the_cooldown_is_waited_for()
    {
        using var sidecar = new SidecarRig("INTERVAL=1h COOLDOWN=4s");

        sidecar.Drain.Signal("terminated");

        Assert.Equal(4, ReleasedAt(sidecar), 0.001);
    }

    [Fact]
    public void A_last_hit_three_tenths_after_the_signal_in_a_window_of_6_s_and_a_cooldown_of_3_s_means_10_s()
    {
        using var sidecar = new SidecarRig("INTERVAL=6s COOLDOWN=3s");
        sidecar.Ask("/");

        sidecar.Drain.Signal("interrupt");
        sidecar.Time.Advance(0.3);
        sidecar.Ask("/");

        Assert.Equal(10, ReleasedAt(sidecar), 0.001);
    }

    [Fact]
    public void Hits_during_the_cooldown_do_not_restart_the_wait()
    {
        using var sidecar = new SidecarRig("INTERVAL=2s COOLDOWN=4s");
        sidecar.Drain.Signal("terminated");

        for (var i = 0; i < 13; i++)
        {
            sidecar.Time.Advance(0.3);
            Assert.Equal(503, sidecar.Ask("/").Status);
        }

        Assert.Equal(4, ReleasedAt(sidecar), 0.001);
    }

    [Fact]
    public void A_checker_that_never_stops_is_bounded_by_MAX_WAIT()
    {
        using var sidecar = new SidecarRig("INTERVAL=2s COOLDOWN=4s MAX_WAIT=90.5s");
        sidecar.Drain.Signal("terminated");
        sidecar.Ask("/");

        Assert.Equal(4, ReleasedAt(sidecar), 0.001);

        using var busy = new SidecarRig("INTERVAL=2s COOLDOWN=4s MAX_WAIT=90.5s");
        busy.Ask("/");
        busy.Drain.Signal("terminated");
        while (!busy.Drain.Released.IsCompleted)
        {
            busy.Time.Advance(0.5);
            busy.Ask("/");
        }

        Assert.Equal(90.5, busy.Time.Now.TotalSeconds, 0.001);
    }

    [Fact]
    public async Task MAX_WAIT_cuts_a_cooldown_and_says_so()
    {
        using var sidecar = new SidecarRig("LOG=no COOLDOWN=60s MAX_WAIT=20s");
        sidecar.Drain.Signal("terminated");

        Assert.Equal(20, ReleasedAt(sidecar), 0.001);
        Assert.Equal(["warning: MAX_WAIT 20s is over with 0 requests in the last 10s: releasing /waitz all the same"], await sidecar.LogAsync());
    }

    [Fact]
    public void MAX_WAIT_inf_waits_as_long_as_the_original()
    {
        using var sidecar = new SidecarRig("INTERVAL=10s MAX_WAIT=inf COOLDOWN=0");
        sidecar.Ask("/");
        sidecar.Drain.Signal("terminated");
        for (var i = 0; i < 3600; i++)
        {
            sidecar.Time.Advance(1);
            sidecar.Ask("/");
        }

        Assert.False(sidecar.Drain.Released.IsCompleted);
    }

    [Fact]
    public async Task A_second_signal_ends_the_drain_now()
    {
        using var sidecar = new SidecarRig("INTERVAL=1h");
        sidecar.Ask("/");
        sidecar.Drain.Signal("terminated");
        sidecar.Time.Advance(2.5);

        sidecar.Drain.Signal("interrupt");

        Assert.True(sidecar.Drain.Released.IsCompleted);
        Assert.Equal(["received signal interrupt", "signal ends the drain now", "completed"], (await sidecar.LogAsync())[^3..]);
        Assert.Equal(2.5, sidecar.Drain.Lasted.TotalSeconds);
    }

    [Fact]
    public void A_signal_that_follows_waitz_is_the_kubelets_own_and_changes_nothing_the_next_one_ends_the_drain()
    {
        using var sidecar = new SidecarRig("INTERVAL=1h");
        sidecar.Ask("/");
        _ = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(1);

        sidecar.Drain.Signal("terminated");
        Assert.False(sidecar.Drain.Released.IsCompleted);
        sidecar.Drain.Signal("terminated");

        Assert.True(sidecar.Drain.Released.IsCompleted);
    }

    [Fact]
    public void With_TRIGGER_waitz_a_signal_ends_the_drain_that_the_hook_has_started_because_the_application_has_gone_already()
    {
        using var sidecar = new SidecarRig("TRIGGER=waitz INTERVAL=1h COOLDOWN=1h");
        sidecar.Ask("/");
        _ = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(1);

        sidecar.Drain.Signal("terminated");

        Assert.True(sidecar.Drain.Released.IsCompleted);
    }

    [Fact]
    public void With_TRIGGER_waitz_a_signal_starts_the_drain_where_nobody_has_asked_and_the_next_one_ends_it()
    {
        using var sidecar = new SidecarRig("TRIGGER=waitz INTERVAL=6s COOLDOWN=3s");
        sidecar.Ask("/");

        sidecar.Drain.Signal("terminated");

        Assert.Equal(503, sidecar.Ask("/readyz").Status);
        Assert.Equal(9, ReleasedAt(sidecar), 0.001);

        using var hurried = new SidecarRig("TRIGGER=waitz INTERVAL=6s COOLDOWN=3s");
        hurried.Drain.Signal("terminated");
        hurried.Drain.Signal("terminated");

        Assert.True(hurried.Drain.Released.IsCompleted);
    }

    [Fact]
    public async Task When_the_hook_hangs_up_and_no_signal_came_it_serves_again_and_can_drain_again()
    {
        using var sidecar = new SidecarRig("INTERVAL=2s COOLDOWN=5s");
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Task[] waiters = [sidecar.Begin("/waitz", from: "127.0.0.1", client: first), sidecar.Begin("/waitz", from: "::1", client: second)];
        sidecar.Time.Advance(3);
        Assert.Equal(503, sidecar.Ask("/readyz").Status);

        await first.CancelAsync();
        await waiters[0];
        Assert.Equal(503, sidecar.Ask("/readyz").Status);
        await second.CancelAsync();
        await waiters[1];

        Assert.Equal(200, sidecar.Ask("/readyz").Status);
        Assert.Equal(0, sidecar.Time.RunningTimers);
        Assert.Contains("the last /waitz is gone and no signal came: serving again", await sidecar.LogAsync());
        sidecar.Time.Advance(60);
        Assert.False(sidecar.Drain.Released.IsCompleted);
        sidecar.Drain.Signal("terminated");
        Assert.Equal(68, ReleasedAt(sidecar), 0.001);
    }

    [Fact]
    public async Task When_the_hook_hangs_up_after_a_signal_the_drain_goes_on()
    {
        using var sidecar = new SidecarRig("INTERVAL=2s COOLDOWN=5s");
        using var client = new CancellationTokenSource();
        var waiter = sidecar.Begin("/waitz", from: "127.0.0.1", client: client);
        sidecar.Time.Advance(2);
        sidecar.Drain.Signal("terminated");

        await client.CancelAsync();
        await waiter;

        Assert.Equal(6, ReleasedAt(sidecar), 0.001);
    }

    [Fact]
    public void Signals_after_the_release_are_ignored()
    {
        using var sidecar = new SidecarRig("COOLDOWN=0");
        sidecar.Drain.Signal("terminated");

        sidecar.Drain.Signal("terminated");
        sidecar.Drain.Signal("terminated");

        Assert.Equal("Released", sidecar.Drain.State.ToString());
        sidecar.Drain.Leave();
        Assert.Equal("Ended", sidecar.Drain.State.ToString());
    }

    [Fact]
    public async Task Idle_it_keeps_no_timer_running_however_many_hits_came()
    {
        using var sidecar = new SidecarRig();

        sidecar.Ask("/");
        sidecar.Ask("/readyz");
        _ = sidecar.Begin("/waitz");

        // The log gathers its lines for a moment.
        await sidecar.LogAsync();
        sidecar.Time.Advance(1);
        Assert.Equal(0, sidecar.Time.RunningTimers);
    }

    [Theory]
    [InlineData(0, "serving")]
    [InlineData(1, "draining")]
    [InlineData(6.5, "cooldown")]
    [InlineData(9.5, "released")]
    public void The_state_can_be_read_as_a_metric(double seconds, string state)
    {
        using var sidecar = new SidecarRig("INTERVAL=6s COOLDOWN=3s");
        sidecar.Ask("/");
        if (seconds > 0)
        {
            sidecar.Drain.Signal("terminated");
            sidecar.Time.Advance(seconds);
        }

        var metrics = sidecar.Ask("/metrics").Body;

        foreach (var name in (string[])["serving", "draining", "cooldown", "released"])
        {
            Assert.Contains($"prestopd_sidecar_state{{state=\"{name}\"}} {(name == state ? 1 : 0)}\n", metrics, StringComparison.Ordinal);
        }

        Assert.Contains($"prestopd_sidecar_drain_seconds {Math.Min(seconds, 9).ToString(System.Globalization.CultureInfo.InvariantCulture)}\n", metrics, StringComparison.Ordinal);
    }
}
