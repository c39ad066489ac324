using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Prestop.Testing;
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
            Assert.Matches(@"^prestop: went on after \S+: deadline exceeded: connection refused$", run.Stderr.Lines[^1]);
        });
    }

    [Fact]
    public async Task After_a_broken_condition_it_can_go_on()
    {
        using var certificates = new Certificates();
        await using var server = new FaultyServer.Listen { Certificate = certificates.Untrusted }.Start();

        var run = await EndsAsync(0, 0, "--on-failure", "continue", server.Url(), "0.01");

        Assert.Matches(@$"^prestop: went on after \S+: {Regex.Escape(server.Url())}: broken: the server's certificate", run.Stderr.Lines[^1]);
    }

    [Fact]
    public Task What_cannot_be_judged_becomes_a_sleep() =>
        WithNobodyAsync(async url =>
        {
            var run = await EndsAsync(0, 0.3, "--fallback", "0.3", "--interval", "20ms", url);

            Assert.Matches(@"^prestop: went on after \S+: could not be judged until --fallback: connection refused$", run.Stderr.Lines[^1]);
        });

    [Theory]
    [InlineData("3s", "3s")]
    [InlineData("500ms", "200ms", "300ms")]
    [InlineData("100ms", "1us", "99.999ms")]
    public Task What_ends_at_the_deadline_is_done(string max, params string[] steps) => EndsAsync(0, 0.1, ["--max", max, .. steps]);

    [Fact]
    public Task A_fallback_at_the_deadline_is_done() =>
        WithNobodyAsync(url => EndsAsync(0, 0.3, "--fallback", "0.3", "--max", "0.3", url));

    [Fact]
    public async Task A_connection_takes_a_second_at_most_by_default()
    {
        using var silent = DeadPort.Silent();
        await using var run = new EmptyRoot().Prestop("--max", "inf", silent.Url());

        await run.WaitForLineAsync("connecting timed out");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("tcp")]
    public async Task What_cannot_be_judged_becomes_a_sleep_while_it_is_pending_too(string scheme)
    {
        using var silent = DeadPort.Silent();

        var run = await EndsAsync(0, 0.3, "--connect-timeout", "1h", "--fallback", "0.3", "--max", "1h", $"{scheme}://127.0.0.1:{silent.Port}");

        Assert.Matches(@"^prestop: went on after \S+: could not be judged until --fallback$", run.Stderr.Lines[^1]);
    }

    [Fact]
    public async Task An_answer_that_hangs_is_being_judged()
    {
        await using var server = FaultyServer.Start(Answer.Silence);

        await EndsAsync(124, 0.5, "--fallback", "0.1", "--max", "0.5", server.Url());

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Until_the_least_time_ends_a_file_must_go_on_being_there()
    {
        using var volume = new TemporaryFolder();
        volume.Write("ready", "");
        var root = new EmptyRoot { Volumes = { ["/run/v"] = volume.Path } };
        await using var run = root.Prestop("--interval", "1ms", "--max", "1m", "--min", "500ms", "file:///run/v/ready");
        await run.WaitForLineAsync("steps done; holding");

        File.Delete(volume["ready"]);
        await run.WaitForLineAsync("file:///run/v/ready: does not exist");
        volume.Write("ready", "");

        await run.ExitsWithAsync(0);
    }

    [Fact]
    public async Task Until_the_least_time_ends_an_endpoint_is_not_asked_again()
    {
        await using var server = FaultyServer.Start(Answer.Status(200), Answer.Silence);

        await EndsAsync(0, 0.5, "--interval", "1ms", "--min", "0.5", server.Url());

        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("--interval", "inf")]
    [InlineData("--connect-timeout", "25d")]
    [InlineData("--connect-timeout", "49d")]
    [InlineData("--connect-timeout", "inf")]
    [InlineData("--fallback", "49d")]
    [InlineData("--quiet", "49d")]
    [InlineData("--grace", "49d")]
    public async Task Every_length_of_time_holds_in_every_step(string option, string length)
    {
        foreach (var step in new[] { "http://127.0.0.1:9", "https://127.0.0.1:9", "tcp://127.0.0.1:9", "unix:///no", "file:///no", "idle://:9", "0.05" })
        {
            await using var run = new EmptyRoot { Offline = true }.Prestop(option, length, "--max", "0.1", step, step);
            Assert.True((await run.ExitAsync()).Code is 0 or 124, $"{run}");
            Assert.DoesNotContain("unforeseen", run.Stderr.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_time_to_connect_at_all_is_refused_in_every_step() =>
        Assert.StartsWith(
            "prestop: --connect-timeout '0': too short; write 1ms or more",
            (await InRoot.EndsAsync(2, "--connect-timeout", "0", "http://127.0.0.1:9", "tcp://127.0.0.1:9")).Stderr.Lines[0],
            StringComparison.Ordinal);

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
    [InlineData("prestop: warning: the plan can take 30s of a grace period of 20s: raise terminationGracePeriodSeconds to 32, or lower --max to 18s", "--grace", "20", "5s", "http://h/")]
    [InlineData("prestop: warning: the plan can take for ever of a grace period of 30s: shorten its steps to 28s", "--grace", "30s", "inf")]
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
                "   31.5s  at the latest: run /bin/busybox echo $(NAME), with 8.5s left",
                "          $(NAME) is not set: COMMAND gets these words",
                "          after a deadline: exit 124; after a broken condition: exit 125",
                "     40s  the grace period ends: SIGKILL",
            ],
            run.Stdout.Lines);
        Assert.Empty(run.Stderr.Text);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("--quiet", "20s", "--max", "10s", "idle://:9")]
    [InlineData("--fallback", "60s", "http://127.0.0.1:9")]
    [InlineData("--grace", "10s", "http://127.0.0.1:9")]
    [InlineData("inf", "--", "/bin/true")]
    public async Task A_dry_run_fails_where_the_plan_cannot_work_and_a_real_one_warns(params string[] arguments)
    {
        var dry = await InRoot.EndsAsync(1, ["--dry-run", .. arguments]);
        var json = await InRoot.EndsAsync(1, ["--dry-run", "--log-format", "json", .. arguments]);
        await using var real = new EmptyRoot { Offline = true }.Prestop(arguments);

        var warning = Assert.Single(dry.Stdout.Lines, line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.Equal($"prestop: {warning}", await real.WaitForLineAsync("warning"));
        using var plan = JsonDocument.Parse(Assert.Single(json.Stdout.Lines));
        Assert.Equal(warning, $"warning: {plan.RootElement.GetProperty("warnings")[0].GetString()}");
    }

    private static async Task WithNobodyAsync(Func<string, Task> test)
    {
        using var nobody = DeadPort.Refusing();
        await test(nobody.Url());
    }
}
