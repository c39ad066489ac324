using System.Globalization;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

public sealed class ChildTests
{
    private static Child Shell(string script) => OnHost.Start("/bin/sh", "-c", script);

    [Fact]
    public async Task The_environment_is_empty_but_for_what_the_test_gives()
    {
        await using var run = new OnHost { Environment = { ["GIVEN"] = "a b" } }.Run(SystemProgram.Busybox, "env");

        await run.ExitsWithAsync(0);

        Assert.Equal("GIVEN=a b\n", run.Stdout.Text);
    }

    [Fact]
    public async Task Output_and_errors_are_kept_apart()
    {
        await using var run = Shell("echo out; echo err >&2; printf unfinished");

        await run.ExitsWithAsync(0);

        Assert.Equal("out\nunfinished", run.Stdout.Text);
        Assert.Equal(["out"], run.Stdout.Lines);
        Assert.Equal("err\n", run.Stderr.Text);
    }

    [Fact]
    public async Task A_line_arrives_while_the_program_goes_on()
    {
        await using var run = Shell("echo one; echo two >&2; exec sleep 1000");

        Assert.Equal("two", await run.WaitForLineAsync("tw"));
        Assert.Equal("one", await run.WaitForLineAsync(line => line.StartsWith('o')));
        await run.SignalAsync(Signal.Terminate);
        await run.DiesOfAsync(Signal.Terminate);
    }

    [Fact]
    public async Task An_unfinished_line_can_be_waited_for()
    {
        await using var run = Shell("printf waiting; exec sleep 1000");

        await run.WaitUntilAsync(child => child.Stdout.Text == "waiting", "the word waiting");

        Assert.Empty(run.Stdout.Lines);
    }

    [Fact]
    public async Task Waiting_for_a_line_ends_with_the_program()
    {
        await using var run = Shell("echo something else; exit 3");

        var failure = await Assert.ThrowsAsync<HarnessException>(() => run.WaitForLineAsync("never"));

        Assert.Contains("ended without a line with 'never'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("something else", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(143)]
    [InlineData(255)]
    public async Task An_exit_code_is_an_exit_code(int code)
    {
        await using var run = Shell($"exit {code}");

        Assert.Equal(ExitStatus.With(code), await run.ExitAsync());
    }

    [Fact]
    public async Task A_death_by_signal_is_not_an_exit_code()
    {
        await using var run = Shell("kill -TERM $$");

        Assert.Equal(ExitStatus.KilledBy(Signal.Terminate), await run.ExitAsync());
    }

    [Fact]
    public async Task A_wrong_ending_is_told_with_all_output()
    {
        await using var run = Shell("echo the reason >&2; exit 2");

        var failure = await Assert.ThrowsAsync<HarnessException>(() => run.ExitsWithAsync(0));

        Assert.Contains("should have ended with exit code 0, not exit code 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the reason", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_output_than_a_pipe_holds_does_not_stop_the_program()
    {
        await using var run = Shell("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2");

        await run.ExitsWithAsync(0);

        Assert.Equal(5_000_000, run.Stdout.Bytes.Length);
        Assert.Equal(5_000_000, run.Stderr.Bytes.Length);
    }

    [Fact]
    public async Task The_watchdog_kills_and_tells_all_output()
    {
        await using var run = new OnHost { Watchdog = TimeSpan.FromMilliseconds(300) }
            .Run("/bin/sh", "-c", "trap '' TERM; echo last words; sleep 1000");

        var failure = await Assert.ThrowsAsync<HarnessException>(run.ExitAsync);

        Assert.Contains("did not come to its end within 0.3 s and was killed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("last words", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_kills_the_program_and_what_it_started()
    {
        int child;
        await using (var run = Shell("sleep 1000 & echo started $!; wait"))
        {
            child = int.Parse((await run.WaitForLineAsync("started ")).Split(' ')[1], CultureInfo.InvariantCulture);
        }

        await Processes.GoneAsync(child);
    }

    [Fact]
    public async Task A_program_that_leaves_something_running_does_not_pass()
    {
        await using var run = new OnHost { Watchdog = TimeSpan.FromMilliseconds(300) }.Run("/bin/sh", "-c", "sleep 1000 & exit 0");

        var failure = await Assert.ThrowsAsync<HarnessException>(() => run.ExitsWithAsync(0));

        Assert.Contains("did not come to its end", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_signal_is_ignored_or_blocked_and_no_file_is_inherited()
    {
        await using var status = OnHost.Start(SystemProgram.Busybox, "cat", "/proc/self/status");
        await status.ExitsWithAsync(0);
        await using var files = OnHost.Start(SystemProgram.Busybox, "ls", "/proc/self/fd");
        await files.ExitsWithAsync(0);

        Assert.Contains("SigBlk:\t0000000000000000", status.Stdout.Lines);
        Assert.Equal("SigIgn:\t0000000000000000", status.Stdout.Lines.Single(line => line.StartsWith("SigIgn", StringComparison.Ordinal)));
        Assert.Equal(["0", "1", "2", "3"], files.Stdout.Lines); // 3 is the folder that ls reads
    }

    [Fact]
    public async Task A_stream_can_be_closed()
    {
        var closed = new OnHost { Stdin = Stdio.Closed, Stderr = Stdio.Closed };

        await using var run = closed.Run(SystemProgram.Busybox, "sh", "-c", "[ -e /proc/$$/fd/0 ] || [ -e /proc/$$/fd/2 ] || echo closed");

        await run.ExitsWithAsync(0);
        Assert.Equal("closed\n", run.Stdout.Text);
    }

    [Fact]
    public async Task A_full_stream_fails_every_write()
    {
        await using var run = new OnHost { Stdout = Stdio.Full }.Run("/bin/echo", "something");

        await run.ExitsWithAsync(1);

        Assert.Contains("No space left on device", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_pipe_kills_who_writes_to_it()
    {
        await using var run = new OnHost { Stdout = Stdio.Broken }.Run("/bin/echo", "something");

        await run.DiesOfAsync(Signal.Pipe);
    }

    [Fact]
    public async Task A_terminal_is_a_terminal_of_80_columns()
    {
        await using var run = new OnHost { Stdin = Stdio.Terminal, Stderr = Stdio.Terminal }
            .Run("/bin/sh", "-c", "test -t 2 && stty size >&2; test -t 1 || echo plain");

        await run.ExitsWithAsync(0);

        Assert.Equal(["24 80"], run.Stderr.Lines);
        Assert.Equal(["plain"], run.Stdout.Lines);
    }

    [Fact]
    public async Task Time_on_the_processor_is_counted_and_waiting_is_not()
    {
        await using var busy = Shell("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
        await busy.ExitsWithAsync(0);
        await using var idle = Shell("sleep 0.2");
        await idle.ExitsWithAsync(0);

        Assert.True(busy.CpuTime >= TimeSpan.FromMilliseconds(50), $"{busy.CpuTime}");
        Assert.True(idle.CpuTime < TimeSpan.FromMilliseconds(100), $"{idle.CpuTime}");
    }

    [Fact]
    public async Task Peak_memory_is_the_programs_own_and_not_the_test_runs()
    {
        await using var run = OnHost.Start(SystemProgram.Busybox, "sh", "-c", "echo ready; sleep 1000; true");
        await run.WaitForLineAsync("ready");

        var peak = await run.PeakMemoryAsync();

        Assert.InRange(peak, 100_000, 10_000_000);
        Assert.True(peak < Environment.WorkingSet, $"{peak} should be far below the test run's {Environment.WorkingSet}");
    }
}
