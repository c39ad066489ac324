using System.Diagnostics;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

public sealed class DurationStepTests
{
    [Theory]
    [InlineData(200, "0.2")]
    [InlineData(300, "0.1", "100ms", "PT0.1S")]
    [InlineData(0, "0")]
    [InlineData(250, "--all", "0.1", "250ms")]
    [InlineData(100, "--any", "infinity", "0.1")]
    [InlineData(200, "--min", "0.2", "0")]
    public async Task It_takes_at_least_as_long_as_it_should(int milliseconds, params string[] steps)
    {
        var clock = Stopwatch.StartNew();

        await InRoot.EndsAsync(0, steps);

        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(milliseconds), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task An_infinite_sleep_ends_by_a_signal()
    {
        await using var run = EmptyRoot.Start("prestop", "inf");
        Assert.Equal("prestop: sleeping for ever", await run.WaitForLineAsync("sleeping"));

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(143);
    }

    [Fact]
    public async Task Stopping_and_continuing_does_not_end_a_sleep()
    {
        await using var run = EmptyRoot.Start("prestop", "--max", "0.5", "inf");
        await run.WaitForLineAsync("sleeping");

        await run.SignalAsync(Signal.Stop);
        await run.SignalAsync(Signal.Continue);
        await run.SignalAsync(Signal.WindowChange);

        await run.ExitsWithAsync(124);
    }

    [Fact]
    public async Task Every_step_is_told_with_its_length()
    {
        var run = await InRoot.EndsAsync(0, "0.1", "0.05");

        Assert.Equal("prestop: sleeping 100ms", run.Stderr.Lines[0]);
        Assert.StartsWith("prestop: sleep 0.1: done after ", run.Stderr.Lines[1], StringComparison.Ordinal);
        Assert.Equal("prestop: sleeping 50ms", run.Stderr.Lines[2]);
        Assert.StartsWith("prestop: sleep 0.05: done after ", run.Stderr.Lines[3], StringComparison.Ordinal);
        Assert.StartsWith("prestop: done after ", run.Stderr.Lines[4], StringComparison.Ordinal);
        Assert.Equal(5, run.Stderr.Lines.Count);
        Assert.Empty(run.Stdout.Text);
    }
}
