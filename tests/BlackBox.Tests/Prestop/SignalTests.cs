using System.Diagnostics;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>SIGTERM and SIGINT end every kind of wait at once, as process 1 and below it.</summary>
public sealed class SignalTests
{
    public static TheoryData<int, bool> Ways => new() { { Signal.Terminate, true }, { Signal.Terminate, false }, { Signal.Interrupt, true }, { Signal.Interrupt, false } };

    private static async Task EndsAsync(int signal, bool asPid1, Func<Child, Task> begun, params string[] arguments)
    {
        await using var run = (InRoot.WithBusybox with { AsPid1 = asPid1 }).Prestop([.. arguments, "--", InRoot.Busybox, "echo", "started"]);
        await begun(run);

        await run.SignalAsync(signal);

        await run.ExitsWithAsync(128 + signal);
        Assert.Matches($"^prestop: ended by SIG{(signal == Signal.Interrupt ? "INT" : "TERM")} after ", run.Stderr.Lines[^1]);
        Assert.Empty(run.Stdout.Text);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_sleep_ends(int signal, bool asPid1) => EndsAsync(signal, asPid1, run => run.WaitForLineAsync("sleeping"), "1h");

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_hanging_request_ends(int signal, bool asPid1)
    {
        await using var server = FaultyServer.Start(Answer.Silence);

        await EndsAsync(signal, asPid1, _ => server.WaitForRequestAsync(), server.Url());

        await server.WaitUntilAsync(self => self.OpenConnections == 0, "the connection closed");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_connection_that_is_not_made_ends(int signal, bool asPid1)
    {
        using var silent = DeadPort.Silent();

        await EndsAsync(signal, asPid1, run => run.WaitForLineAsync("waiting for"), "--connect-timeout", "1h", silent.Url());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_time_between_two_attempts_ends(int signal, bool asPid1)
    {
        using var nobody = DeadPort.Refusing();

        await EndsAsync(signal, asPid1, run => run.WaitForLineAsync("connection refused"), "--interval", "1h", nobody.Url());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task The_least_time_ends(int signal, bool asPid1) =>
        EndsAsync(signal, asPid1, run => run.WaitForLineAsync("steps done; holding"), "--min", "1h", "0");

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_fallback_ends(int signal, bool asPid1)
    {
        using var nobody = DeadPort.Refusing();

        await EndsAsync(signal, asPid1, run => run.WaitForLineAsync("connection refused"), "--max", "2h", "--fallback", "1h", "--interval", "30m", nobody.Url());
    }

    [Fact]
    public Task All_of_many_steps_end() =>
        EndsAsync(Signal.Terminate, asPid1: true, run => run.WaitForLineAsync("sleeping 2h"), "--all", "1h", "inf", "2h");

    [Fact]
    public async Task A_second_signal_changes_nothing()
    {
        await using var run = EmptyRoot.Start("prestop", "1h");
        await run.WaitForLineAsync("sleeping");
        await run.SignalAsync(Signal.Stop); // so that both are there when it looks

        await run.SignalAsync(Signal.Terminate);
        await run.SignalAsync(Signal.Terminate);
        await run.SignalAsync(Signal.Continue);

        await run.ExitsWithAsync(143);
    }

    [Fact]
    public async Task A_failure_that_is_gone_on_from_does_not_hide_a_signal()
    {
        await using var run = InRoot.WithBusybox.Prestop("--on-failure", "continue", "1h", "--", InRoot.Busybox, "echo", "started");
        await run.WaitForLineAsync("sleeping");

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(143);
        Assert.Empty(run.Stdout.Text);
    }

    [Fact]
    public async Task On_the_host_too_it_is_an_exit_code()
    {
        await using var run = OnHost.Start("prestop", "1h");
        await run.WaitForLineAsync("sleeping");

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(143);
    }

    [Fact]
    public async Task A_kill_leaves_nothing_running()
    {
        await using var server = FaultyServer.Start(Answer.Silence);
        await using var run = OnHost.Start("prestop", server.Url());
        await server.WaitForRequestAsync();

        await run.SignalAsync(Signal.Kill);

        await run.DiesOfAsync(Signal.Kill);
        await server.WaitUntilAsync(self => self.OpenConnections == 0, "the connection closed");
    }

    [Fact]
    public async Task Wherever_it_falls_between_start_and_command_a_signal_ends_one_of_the_two()
    {
        const int spreadMicroseconds = 8000; // twice what it takes until the command runs
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            await using var run = OnHost.Start("prestop", "-q", "0", "--", SystemProgram.Busybox, "sleep", "1");
            var start = Stopwatch.GetTimestamp();
            var moment = TimeSpan.FromMicroseconds(random.Next(spreadMicroseconds));
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) >= moment);

            await run.SignalAsync(Signal.Terminate);

            // The command, too, dies of it; to sleep on would be the end of a program that never got it.
            Assert.True((await run.ExitAsync()) is var end && (end == ExitStatus.With(143) || end == ExitStatus.KilledBy(Signal.Terminate)), $"{moment}: {run}");
        }
    }

    [Fact]
    public async Task The_command_finds_blocked_what_was_blocked_before()
    {
        // env(1) of coreutils sets the mask that prestop is started with.
        await using var run = OnHost.Start(
            SystemProgram.Find("env", "coreutils"), "--block-signal=TERM", Repository.Published("prestop"), "-q", "0.01", "--", "/bin/grep", "SigBlk", "/proc/self/status");

        await run.ExitsWithAsync(0);
        Assert.Equal("SigBlk:\t0000000000004000", run.Stdout.Lines[0]);
    }

    [Fact]
    public async Task As_process_1_it_holds_every_signal_back_until_just_before_the_command()
    {
        // Stopped at any moment, it must have SIGTERM blocked, so that the kernel keeps it: a command that is not ready for signals yet gets none as
        // process 1 (pid_namespaces(7)).
        var random = new Random(1);
        var (tries, held) = (0, 0);
        for (; held < 5 && tries < 100; tries++)
        {
            await using var run = (InRoot.WithBusybox with { AsPid1 = true }).Prestop("-q", "1ms", "--", InRoot.Busybox, "sleep", "60");
            var program = await run.ProgramAsync();
            await Task.Delay(random.Next(6), TestContext.Current.CancellationToken);
            await run.SignalAsync(Signal.Stop);
            await ProcessTable.UntilStoppedAsync(program, TestContext.Current.CancellationToken);
            var blocks = ProcessTable.Executes(program, "busybox") && ProcessTable.Blocks(program, Signal.Terminate);
            await run.SignalAsync(Signal.Terminate);
            await run.SignalAsync(Signal.Continue);

            if (blocks)
            {
                await run.ExitsWithAsync(143);
                held++;
            }
            else
            {
                await run.SignalAsync(Signal.Kill);
                await run.ExitAsync();
            }
        }

        Assert.True(held == 5, $"it was found to block SIGTERM {held} times in {tries}");
    }
}
