using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>What a caller of /waitz gets, and what it starts.</summary>
public sealed class WaitzTests
{
    private const string Elsewhere = "10.0.0.9";

    [Theory]
    [InlineData("", 200)]
    [InlineData("WAITZ_STATUS=410", 410)]
    public async Task A_waiter_gets_nothing_until_the_cooldown_is_over_then_an_empty_answer(string settings, int status)
    {
        using var sidecar = new SidecarRig($"INTERVAL=6s COOLDOWN=3s {settings}");
        var (answer, done) = sidecar.Begin("/waitz", from: Elsewhere);

        sidecar.Time.Advance(3600);
        Assert.False(done.IsCompleted);
        sidecar.Drain.Signal("terminated");
        sidecar.Time.Advance(2.999);
        Assert.False(done.IsCompleted);
        sidecar.Time.Advance(0.001);

        await done;
        Assert.Equal(status, answer.Status);
        Assert.Equal("", answer.Body);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task The_first_waiter_from_loopback_starts_the_drain(string from)
    {
        using var sidecar = new SidecarRig("COOLDOWN=3s");

        var (answer, done) = sidecar.Begin("/waitz", from: from);
        Assert.Equal(503, sidecar.Ask("/readyz").Status);
        sidecar.Time.Advance(3);

        await done;
        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("TRIGGER=both", Elsewhere)]
    [InlineData("TRIGGER=signal", "127.0.0.1")]
    public void Other_waiters_start_nothing(string settings, string from)
    {
        using var sidecar = new SidecarRig(settings);

        sidecar.Begin("/waitz", from: from);
        sidecar.Time.Advance(3600);

        Assert.Equal(200, sidecar.Ask("/readyz").Status);
    }

    [Fact]
    public async Task A_waiter_that_comes_late_shares_the_drain_and_does_not_start_it_anew()
    {
        using var sidecar = new SidecarRig("COOLDOWN=3s");
        var (_, first) = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(2);

        var (_, second) = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(1);

        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_waiter_that_comes_after_the_release_is_answered_at_once()
    {
        using var sidecar = new SidecarRig("COOLDOWN=0");
        sidecar.Drain.Signal("terminated");

        var (answer, done) = sidecar.Begin("/waitz", from: "127.0.0.1");

        await done;
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_waiter_that_hangs_up_is_forgotten_at_once_and_ends_no_drain()
    {
        using var sidecar = new SidecarRig();
        using var client = new CancellationTokenSource();
        var (_, done) = sidecar.Begin("/waitz", from: "127.0.0.1", client: client);
        Assert.Equal(1, sidecar.Waiters.Count);

        await client.CancelAsync();

        await done;
        Assert.Equal(0, sidecar.Waiters.Count);
        Assert.Equal(503, sidecar.Ask("/readyz").Status);
        Assert.Contains("/waitz gone", await sidecar.LogAsync());
    }

    [Fact]
    public void Waiters_beyond_the_limit_get_503_and_outsiders_cannot_take_the_place_of_the_pods_own()
    {
        using var sidecar = new SidecarRig("MAX_WAITERS=2 TRIGGER=signal");
        var (_, first) = sidecar.Begin("/waitz", from: Elsewhere);
        var (_, second) = sidecar.Begin("/waitz", from: Elsewhere);

        var third = sidecar.Ask("/waitz", from: Elsewhere);
        var (_, own) = sidecar.Begin("/waitz", from: "127.0.0.1");

        Assert.Equal(503, third.Status);
        Assert.Equal("too many wait on /waitz: at most MAX_WAITERS=2\n", third.Body);
        Assert.False(first.IsCompleted || second.IsCompleted || own.IsCompleted);
        Assert.Equal(3, sidecar.Waiters.Count);
    }

    [Fact]
    public async Task A_place_that_was_given_back_can_be_taken_again()
    {
        using var sidecar = new SidecarRig("MAX_WAITERS=1 TRIGGER=signal");
        using var client = new CancellationTokenSource();
        var (_, first) = sidecar.Begin("/waitz", client: client);
        await client.CancelAsync();
        await first;

        var (_, second) = sidecar.Begin("/waitz");

        Assert.False(second.IsCompleted);
    }
}
