using System.Diagnostics;
using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>What bounds a plan: deadlines, least times, fallbacks, and what happens after a failure.</summary>
public sealed class BoundTests
{
    private static async Task<Child> EndsAsync(int exitCode, double atLeast, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        var run = await InRoot.WithBusybox.EndsAsync(exitCode, arguments);
        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(atLeast), $"{clock.Elapsed}");
        return run;
    }

    [Fact]
    public Task The_deadline_bounds_a_condition() => WithNobodyAsync(url => EndsAsync(124, 0.3, "--max", "0.3", url));

    [Fact]
    public Task The_deadline_bounds_durations_too() => EndsAsync(124, 0.2, "--max", "0.2", "0.1", "1h");

    [Fact]
    public async Task The_deadline_bounds_a_hanging_request()
    {
        await using var server = FaultyServer.Start(Answer.Silence);

        var run = await EndsAsync(124, 0.3, "--max", "0.3", server.Url());

        Assert.StartsWith("prestop: deadline exceeded after ", run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public Task The_least_time_holds_after_a_failure_too() => WithNobodyAsync(url => EndsAsync(124, 0.4, "--max", "0.4", "--min", "0.4", url));

    [Fact]
    public async Task After_a_failure_it_can_go_on()
    {
        await WithNobodyAsync(async url =>
        {
            var run = await EndsAsync(0, 0.2, "--max", "0.2", "--on-failure", "continue", url, "--", InRoot.Busybox, "echo", "started");

            Assert.Equal("started\n", run.Stdout.Text);
        });
    }

    [Fact]
    public async Task After_a_broken_condition_it_can_go_on()
    {
        using var certificates = new Certificates();
        await using var server = new FaultyServer.Listen { Certificate = certificates.Untrusted }.Start();

        var run = await EndsAsync(0, 0, "--on-failure", "continue", server.Url(), "0.01");

        Assert.Contains(": broken: ", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public Task What_cannot_be_judged_becomes_a_sleep() =>
        WithNobodyAsync(async url =>
        {
            var run = await EndsAsync(0, 0.3, "--fallback", "0.3", "--interval", "20ms", url);

            Assert.EndsWith(": connection refused", run.Stderr.Lines[^1], StringComparison.Ordinal);
        });

    [Fact]
    public async Task What_is_judged_does_not_fall_back()
    {
        await using var server = FaultyServer.Start(Answer.Status(503));

        await EndsAsync(124, 0.5, "--fallback", "0.1", "--interval", "20ms", "--max", "0.5", server.Url());
    }

    [Fact]
    public async Task Side_by_side_the_first_that_is_done_ends_the_wait_and_the_others()
    {
        await using var hangs = FaultyServer.Start(Answer.Silence);
        await using var answers = FaultyServer.Start();

        await EndsAsync(0, 0, "--any", hangs.Url(), answers.Url(), "1h");

        await hangs.WaitUntilAsync(self => self.OpenConnections == 0, "the connection closed");
    }

    [Fact]
    public async Task Side_by_side_all_must_be_done()
    {
        var gate = new Gate();
        await using var holds = FaultyServer.Start(Answer.Held(gate));
        await using var answers = FaultyServer.Start();
        await using var run = new EmptyRoot().Prestop("--all", holds.Url(), answers.Url(), "10ms");
        await run.WaitForLineAsync($"{answers.Url()}: done");
        await run.WaitForLineAsync("sleep 10ms: done");

        gate.Open();

        await run.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData("prestop: warning: the plan can take 30s of a grace period of 20s: raise terminationGracePeriodSeconds to 32, or lower --max below 18s", "--grace", "20", "5s", "http://h/")]
    [InlineData("prestop: warning: the plan can take for ever of a grace period of 30s: lower --max below 28s", "--grace", "30s", "inf")]
    [InlineData("prestop: warning: the plan can take 1s of a grace period of 1s: raise terminationGracePeriodSeconds to 3", "--grace", "1", "1s")]
    public async Task A_plan_that_is_longer_than_the_grace_period_is_warned_of(string warning, params string[] arguments)
    {
        await using var run = new EmptyRoot { Offline = true }.Prestop(arguments);

        Assert.Equal(warning, await run.WaitForLineAsync("warning"));
    }

    [Fact]
    public async Task A_plan_that_fits_the_grace_period_is_not_warned_of()
    {
        var run = await InRoot.EndsAsync(0, "--grace", "30s", "0.01");

        Assert.DoesNotContain("warning", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_prints_the_timeline_and_does_nothing()
    {
        await using var server = FaultyServer.Start();

        var run = await EndsAsync(0, 0, "--dry-run", "--grace", "40s", "5s", server.Url(), "1.5s", "--", InRoot.Busybox, "echo", "$(NAME)");

        Assert.Equal(
            [
                "      0s  sleep 5s",
                $"      5s  wait for {server.Url()}, at most 25s",
                "     30s  sleep 1.5s",
                "   31.5s  at the latest: run /bin/busybox echo $(NAME)",
                "     40s  the grace period ends: SIGKILL",
            ],
            run.Stdout.Lines);
        Assert.Empty(run.Stderr.Text);
        Assert.Equal(0, server.Connections);
    }

    private static async Task WithNobodyAsync(Func<string, Task> test)
    {
        using var nobody = DeadPort.Refusing();
        await test(nobody.Url());
    }
}
