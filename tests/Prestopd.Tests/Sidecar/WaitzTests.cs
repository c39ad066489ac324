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
        var done = sidecar.Begin("/waitz", from: Elsewhere);

        sidecar.Time.Advance(3600);
        Assert.False(done.IsCompleted);
        sidecar.Drain.Signal("terminated");
        sidecar.Time.Advance(2.999);
        Assert.False(done.IsCompleted);
        sidecar.Time.Advance(0.001);

        var answer = await done;
        Assert.Equal(status, answer.Status);
        Assert.Equal("", answer.Body);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task The_first_waiter_from_loopback_starts_the_drain_when_it_has_stayed_a_second(string from)
    {
        using var sidecar = new SidecarRig("COOLDOWN=3s");

        var done = sidecar.Begin("/waitz", from: from);
        sidecar.Time.Advance(0.999);
        Assert.Equal(200, sidecar.Ask("/readyz").Status);
        sidecar.Time.Advance(0.001);
        Assert.Equal(503, sidecar.Ask("/readyz").Status);
        sidecar.Time.Advance(3);

        Assert.Equal(200, (await done).Status);
    }

    [Theory]
    [InlineData("TRIGGER=both", Elsewhere)]
    [InlineData("TRIGGER=signal", "127.0.0.1")]
    [InlineData("WAITZ_TOKEN=s3cret", "127.0.0.1")]
    public void Other_waiters_start_nothing(string settings, string from)
    {
        using var sidecar = new SidecarRig(settings);

        _ = sidecar.Begin("/waitz", from: from);
        sidecar.Time.Advance(3600);

        Assert.Equal(200, sidecar.Ask("/readyz").Status);
    }

    [Theory]
    [InlineData("/waitz?token=s3cret", true)]
    [InlineData("/waitz?x=1&token=s3cret", true)]
    [InlineData("/waitz?token=s3cre", false)]
    [InlineData("/waitz?token=s3cret1", false)]
    [InlineData("/waitz?token=S3CRET", false)]
    [InlineData("/waitz?token=", false)]
    [InlineData("/waitz?nottoken=s3cret", false)]
    public void With_a_token_who_brings_it_starts_the_drain_wherever_it_comes_from(string target, bool starts)
    {
        using var sidecar = new SidecarRig("WAITZ_TOKEN=s3cret");

        _ = sidecar.Begin(target, from: Elsewhere);
        sidecar.Time.Advance(1);

        Assert.Equal(starts ? 503 : 200, sidecar.Ask("/readyz").Status);
    }

    [Fact]
    public async Task A_waiter_that_hangs_up_within_a_second_starts_nothing()
    {
        using var sidecar = new SidecarRig();
        using var client = new CancellationTokenSource();
        var done = sidecar.Begin("/waitz", from: "127.0.0.1", client: client);
        sidecar.Time.Advance(0.999);

        await client.CancelAsync();
        await done;
        sidecar.Time.Advance(3600);

        Assert.Equal(200, sidecar.Ask("/readyz").Status);
        Assert.Equal(0, sidecar.Waiters.Taken);
        Assert.Contains("/waitz gone", await sidecar.LogAsync());
    }

    [Fact]
    public async Task A_waiter_that_comes_late_shares_the_drain_and_does_not_start_it_anew()
    {
        using var sidecar = new SidecarRig("COOLDOWN=3s");
        var first = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(3);

        var second = sidecar.Begin("/waitz", from: "127.0.0.1");
        sidecar.Time.Advance(1);

        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_waiter_that_comes_after_the_release_is_answered_at_once()
    {
        using var sidecar = new SidecarRig("COOLDOWN=0");
        sidecar.Drain.Signal("terminated");

        var done = sidecar.Begin("/waitz", from: "127.0.0.1");

        Assert.Equal(200, (await done).Status);
    }

    [Fact]
    public void Waiters_beyond_the_limit_get_503_and_outsiders_cannot_take_the_place_of_the_pods_own()
    {
        using var sidecar = new SidecarRig("MAX_WAITERS=2 TRIGGER=signal");
        var first = sidecar.Begin("/waitz", from: Elsewhere);
        var second = sidecar.Begin("/waitz", from: Elsewhere);

        var third = sidecar.Ask("/waitz", from: Elsewhere);
        var own = sidecar.Begin("/waitz", from: "127.0.0.1");

        Assert.Equal(503, third.Status);
        Assert.Equal("too many wait on /waitz: at most MAX_WAITERS=2\n", third.Body);
        Assert.False(first.IsCompleted || second.IsCompleted || own.IsCompleted);
        Assert.Equal(3, sidecar.Waiters.Taken);
    }

    [Fact]
    public async Task A_place_that_was_given_back_can_be_taken_again()
    {
        using var sidecar = new SidecarRig("MAX_WAITERS=1 TRIGGER=signal");
        using var client = new CancellationTokenSource();
        var first = sidecar.Begin("/waitz", client: client);
        await client.CancelAsync();
        await first;

        var second = sidecar.Begin("/waitz");

        Assert.False(second.IsCompleted);
    }
}
