using System.Diagnostics;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sleep;

/// <summary>What it asks of the kernel, as strace shows it.</summary>
public sealed class SleepKernelTests
{
    private static string[] ReturnsAtOnce { get; } = ["-e", "inject=clock_nanosleep:retval=0"];

    // Before main: musl's start-up. On a clock that user space cannot read the kernel is asked for the time.
    private static string[] NotItsOwn { get; } = ["arch_prctl", "set_tid_address", "clock_gettime"];

    [Theory]
    [InlineData("0.01", "getpid clock_nanosleep exit_group")]
    [InlineData("x", "write exit_group")]
    [InlineData("--help", "write exit_group")]
    [InlineData("--version", "write exit_group")]
    [InlineData("--foo", "write exit_group")]
    public void It_makes_no_system_call_but_these(string argument, string calls) =>
        Assert.Equal(calls.Split(' '), Strace.Run(SleepFile.Path, [], argument).Calls.Except(NotItsOwn));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1.5", 1_500_000_000)]
    [InlineData("1e-10", 1)]
    [InlineData("0xd", 13_000_000_000)]
    [InlineData("0x1.1p-1d", 45_900_000_000_000)]
    [InlineData("1m30s", 90_000_000_000)]
    [InlineData("PT1M30S", 90_000_000_000)]
    [InlineData("1d 1h 1m 1s 1ms", 90_061_001_000_000)]
    [InlineData("1e9", 1_000_000_000_000_000_000)]
    public void It_waits_for_a_moment_of_the_monotonic_clock(string arguments, long nanoseconds)
    {
        var before = MonotonicNanoseconds;
        var run = Strace.Run(SleepFile.Path, ReturnsAtOnce, arguments.Split(' '));
        var after = MonotonicNanoseconds;
        Assert.Contains("clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, ", Assert.Single(run.Lines, line => line.StartsWith("clock_nano", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.InRange(run.Sleeps.Single().InNanoseconds - nanoseconds, before, after);
        Assert.Equal(ExitStatus.With(0), run.Status);
    }

    [Theory]
    [InlineData("0.05")]
    [InlineData("20ms", "30ms")]
    [InlineData("0x1p-5")]
    public void It_never_ends_early(params string[] operands)
    {
        var start = Stopwatch.GetTimestamp();
        Assert.Equal(ExitStatus.With(0), SleepFile.RunAsSleep(SleepFile.Path, operands).Status);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(operands[0] == "0x1p-5" ? 31.25 : 50));
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775806.999999999")]
    [InlineData("9223372036854775807", "0.999999999")]
    public void A_moment_that_no_clock_can_show_becomes_the_last_one(params string[] operands)
    {
        var run = Strace.Run(SleepFile.Path, ReturnsAtOnce, operands);
        Assert.Equal(long.MaxValue, run.Sleeps.Single().Seconds);
    }

    [Theory]
    [InlineData("infinity")]
    [InlineData("1e99999999999999999999")]
    [InlineData("9223372036854775807", "1")]
    [InlineData("1", "INFd")]
    public void For_ever_does_not_end_even_when_the_kernel_says_so(params string[] operands)
    {
        using var folder = new TemporaryFolder();
        var log = folder["log"];
        using var strace = RawChild.Start(
            "strace", ["-qq", "-o", log, "-e", "trace=clock_nanosleep", "-e", "inject=clock_nanosleep:retval=0:when=1..8", SleepFile.Path, .. operands]);
        var sleeper = RawChild.WaitForChildOf(strace.Id, "sleep");
        RawChild.WaitUntil(() => File.Exists(log) && File.ReadAllText(log).Split("clock_nanosleep(").Length > 9, "the ninth wait");
        RawChild.Send(sleeper, Signal.Terminate);
        Assert.Equal(ExitStatus.KilledBy(Signal.Terminate), strace.Wait());
    }

    [Fact]
    public void An_interrupted_wait_goes_on_to_the_same_deadline()
    {
        var run = Strace.Run(SleepFile.Path, ["-e", "inject=clock_nanosleep:error=EINTR:when=1..3"], "0.01");
        Assert.Equal(4, run.Sleeps.Length);
        Assert.Single(run.Sleeps.Distinct());
        Assert.Equal(ExitStatus.With(0), run.Status);
    }

    [Theory]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")]
    [InlineData("EINVAL")]
    public void A_kernel_that_will_not_wait_is_reported_as_GNU_does(string error)
    {
        string[] injection = ["-e", $"inject=clock_nanosleep:error={error}"];
        var gnu = Strace.Run(SleepFile.Gnu, injection, "1");
        var ours = Strace.Run(SleepFile.Path, injection, "1");
        Assert.StartsWith("sleep: cannot read realtime clock: ", ours.Error, StringComparison.Ordinal);
        Assert.Equal((gnu.Error, gnu.Status), (ours.Error, ours.Status));
    }

    [Theory]
    [InlineData("EIO")]
    [InlineData("EFBIG")]
    [InlineData("EDQUOT")]
    [InlineData("EAGAIN")]
    [InlineData("EPIPE")]
    [InlineData("EINVAL")]
    public void A_failed_write_is_reported_as_GNU_does(string error)
    {
        string[] injection = ["-e", $"inject=write:error={error}:when=1"];
        var gnu = Strace.Run(SleepFile.Gnu, injection, "--version");
        var ours = Strace.Run(SleepFile.Path, injection, "--version");
        Assert.Equal((gnu.Error, gnu.Status), (ours.Error, ours.Status));
    }

    [Theory]
    [InlineData("error=EINTR:when=1")]
    [InlineData("retval=1:when=1")]
    public void An_interrupted_or_partial_write_is_completed(string first)
    {
        var run = Strace.Run(SleepFile.Path, ["-e", "inject=write:" + first], "x");
        Assert.Equal(["write", "write"], run.Calls.Where(call => call == "write"));
        Assert.EndsWith("leep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.With(1), run.Status);
    }

    [Fact]
    public void It_is_one_static_file_of_at_most_16384_bytes()
    {
        var file = File.ReadAllBytes(SleepFile.Path);
        Assert.InRange(file.Length, 1, 16_384);
        Assert.Equal("\u007FELF", System.Text.Encoding.Latin1.GetString(file, 0, 4));
        const int interpreter = 3, dynamic = 2; // PT_INTERP, PT_DYNAMIC of elf(5)
        var table = (int)BitConverter.ToInt64(file, 32);
        var size = BitConverter.ToInt16(file, 54);
        var kinds = Enumerable.Range(0, BitConverter.ToInt16(file, 56)).Select(i => BitConverter.ToInt32(file, table + (i * size))).ToArray();
        Assert.NotEmpty(kinds);
        Assert.DoesNotContain(interpreter, kinds);
        Assert.DoesNotContain(dynamic, kinds);
    }

    private static long MonotonicNanoseconds => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
}
