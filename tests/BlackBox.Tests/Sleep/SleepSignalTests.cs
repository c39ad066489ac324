using System.Diagnostics;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sleep;

public sealed class SleepSignalTests
{
    private const int Urgent = 23;

    public static TheoryData<int> Deadly =>
        new(Signal.Hangup, Signal.Interrupt, Signal.Quit, Signal.User1, Signal.User2, Signal.Pipe, Signal.Alarm, Signal.Terminate);

    [Theory]
    [MemberData(nameof(Deadly))]
    public void A_signal_that_ends_GNU_sleep_ends_it(int signal)
    {
        string[] both = [SleepFile.Gnu, SleepFile.Path];
        foreach (var path in both)
        {
            using var child = RawChild.Start(path, "infinity");
            WaitUntilAsleep(child.Id);
            child.Send(signal);
            Assert.Equal(ExitStatus.KilledBy(signal), child.Wait());
            Assert.Equal(("", ""), (child.Output, child.Error));
        }
    }

    [Fact]
    public void Outside_process_1_it_handles_no_signal()
    {
        using var child = RawChild.Start(SleepFile.Path, "infinity");
        WaitUntilAsleep(child.Id);
        Assert.Equal(0ul, SignalsIn(child.Id, "SigCgt"));
        Assert.Equal(0ul, SignalsIn(child.Id, "SigBlk"));
    }

    [Theory]
    [InlineData(Signal.Child)]
    [InlineData(Signal.WindowChange)]
    [InlineData(Urgent)]
    public void A_signal_that_means_nothing_to_it_does_not_shorten_it(int signal)
    {
        var start = Stopwatch.GetTimestamp();
        using var child = RawChild.Start(SleepFile.Path, "400ms");
        WaitUntilAsleep(child.Id);
        for (var i = 0; i < 20; i++)
        {
            child.Send(signal);
        }

        Assert.Equal(ExitStatus.With(0), child.Wait());
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public void A_signal_that_the_caller_ignores_stays_ignored()
    {
        var start = Stopwatch.GetTimestamp();
        using var child = RawChild.Start("sh", "-c", "trap '' TERM HUP; exec \"$0\" 0.4", SleepFile.Path);
        RawChild.WaitForStatus(child.Id, "Name", name => name == "sleep");
        WaitUntilAsleep(child.Id);
        child.Send(Signal.Terminate);
        child.Send(Signal.Hangup);
        Assert.Equal(ExitStatus.With(0), child.Wait());
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public void A_stop_does_not_move_the_deadline()
    {
        using var folder = new TemporaryFolder();
        using var strace = RawChild.Start("strace", "-qq", "-o", folder["log"], "-e", "trace=clock_nanosleep", SleepFile.Path, "1h");
        var sleeper = RawChild.WaitForChildOf(strace.Id, "sleep");
        var log = folder["log"];
        WaitForLines(log, "clock_nanosleep(", 1);
        for (var stops = 1; stops <= 3; stops++)
        {
            RawChild.Send(sleeper, Signal.Stop);
            WaitForLines(log, "--- stopped by SIGSTOP ---", stops);
            RawChild.Send(sleeper, Signal.Continue);
            WaitForLines(log, "clock_nanosleep(", stops + 1);
        }

        RawChild.Send(sleeper, Signal.Terminate);
        Assert.Equal(ExitStatus.KilledBy(Signal.Terminate), strace.Wait());
        var deadlines = File.ReadAllLines(log).Select(Strace.SleepIn).OfType<TimeSpecArgument>().ToArray();
        Assert.Equal(4, deadlines.Length);
        Assert.Single(deadlines.Distinct());
    }

    [Fact]
    public void It_is_still_stopped_when_its_time_has_passed_and_then_ends_at_once()
    {
        using var child = RawChild.Start(SleepFile.Path, "1");
        WaitUntilAsleep(child.Id);
        child.Send(Signal.Stop);
        RawChild.WaitForStatus(child.Id, "State", state => state[0] == 'T');
        using (var later = RawChild.Start(SleepFile.Path, "1.1"))
        {
            Assert.Equal(ExitStatus.With(0), later.Wait());
        }

        RawChild.WaitForStatus(child.Id, "State", state => state[0] == 'T');
        child.Send(Signal.Continue);
        Assert.Equal(ExitStatus.With(0), child.Wait());
    }

    [Theory]
    [MemberData(nameof(Deadly))]
    public void As_process_1_it_ends_with_128_and_the_signal(int signal)
    {
        using var unshare = StartAsFirstProcess("exec");
        var first = FirstProcessOf(unshare);
        RawChild.Send(first, signal);
        Assert.Equal(ExitStatus.With(128 + signal), unshare.Wait());
    }

    [Fact]
    public void As_process_1_it_leaves_alone_what_the_caller_ignores()
    {
        using var unshare = StartAsFirstProcess("trap '' TERM; exec");
        var first = FirstProcessOf(unshare);
        Assert.Equal(1ul << (Signal.Terminate - 1), SignalsIn(first, "SigIgn"));
        RawChild.Send(first, Signal.Terminate);
        RawChild.Send(first, Signal.Child);
        RawChild.Send(first, Signal.Interrupt);
        Assert.Equal(ExitStatus.With(128 + Signal.Interrupt), unshare.Wait());
    }

    [Fact]
    public void As_process_1_it_ends_with_0_when_its_time_has_passed()
    {
        using var unshare = RawChild.Start("unshare", [.. NewNamespace, SleepFile.Path, "50ms"]);
        Assert.Equal(ExitStatus.With(0), unshare.Wait());
    }

    // Where the tests do not run as root, a user namespace of their own permits the process namespace.
    private static string[] NewNamespace =>
        Environment.IsPrivilegedProcess ? ["--fork", "--pid", "--kill-child"] : ["--user", "--map-root-user", "--fork", "--pid", "--kill-child"];

    private static RawChild StartAsFirstProcess(string before) =>
        RawChild.Start("unshare", [.. NewNamespace, "sh", "-c", before + " \"$0\" infinity", SleepFile.Path]);

    private static int FirstProcessOf(RawChild unshare)
    {
        var first = RawChild.WaitForChildOf(unshare.Id, "sleep");
        WaitUntilAsleep(first);
        return first;
    }

    // Or until it has ended, where a busy machine let its time pass in between.
    private static void WaitUntilAsleep(int id) => RawChild.WaitForStatus(id, "State", state => state[0] is 'S' or 'Z');

    private static void WaitForLines(string log, string part, int count) => RawChild.WaitUntil(
        () => File.Exists(log) && File.ReadAllText(log).Split(part).Length > count, $"'{part}', {count} times");

    private static ulong SignalsIn(int id, string field) => Convert.ToUInt64(RawChild.StatusOf(id, field).Single(), 16);
}
