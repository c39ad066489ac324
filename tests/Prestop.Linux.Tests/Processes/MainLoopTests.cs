using System.Runtime.InteropServices;
using Prestop.Linux.Processes;
using Xunit;

namespace Prestop.Linux.Tests.Processes;

public sealed partial class MainLoopTests
{
    private const int SIGTERM = 15;
    private const int SIGINT = 2;
    private const int SIGURG = 23;

    [Fact]
    public void Continuations_and_timers_run_on_the_thread_of_the_loop()
    {
        using var loop = new MainLoop();
        var home = Environment.CurrentManagedThreadId;
        var seen = new List<int>();

        loop.Run(async () =>
        {
            await Task.Yield();
            seen.Add(Environment.CurrentManagedThreadId);
            await Task.Delay(TimeSpan.FromMilliseconds(1), loop.Time);
            seen.Add(Environment.CurrentManagedThreadId);
            await Task.Run(() => Thread.Sleep(1));
            seen.Add(Environment.CurrentManagedThreadId);
            return 0;
        });

        Assert.Equal([home, home, home], seen);
    }

    [Fact]
    public void Every_timer_fires_and_never_early()
    {
        using var loop = new MainLoop();

        var early = loop.Run(async () =>
        {
            var all = new[] { 3, 1, 2 }.Select(async number =>
            {
                var start = loop.Time.GetTimestamp();
                await Task.Delay(TimeSpan.FromMilliseconds(number), loop.Time);
                return loop.Time.GetElapsedTime(start) < TimeSpan.FromMilliseconds(number);
            });
            return await Task.WhenAll(all);
        });

        Assert.Equal([false, false, false], early);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_disposed_of()
    {
        using var loop = new MainLoop();

        var fired = loop.Run(async () =>
        {
            var count = 0;
            var third = new TaskCompletionSource();
            await using (loop.Time.CreateTimer(
                _ =>
                {
                    if (++count == 3)
                    {
                        third.SetResult();
                    }
                },
                null, TimeSpan.Zero, TimeSpan.FromMilliseconds(1)))
            {
                await third.Task;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), loop.Time);
            return count;
        });

        Assert.Equal(3, fired);
    }

    [Fact]
    public void What_fails_on_the_loop_fails_the_run()
    {
        using var loop = new MainLoop();

        Assert.Throws<FormatException>(() => loop.Run<int>(async () =>
        {
            await Task.Yield();
            throw new FormatException();
        }));
    }

    [Theory]
    [InlineData(SIGTERM, "SIGTERM")]
    [InlineData(SIGINT, "SIGINT")]
    public void A_signal_that_comes_between_two_waits_ends_the_next_one(int signal, string name)
    {
        using var loop = new MainLoop();

        loop.Run(async () =>
        {
            Send(signal);
            Assert.False(loop.Terminated.IsCancellationRequested);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, loop.Time, loop.Terminated));
            return 0;
        });

        Assert.Equal((signal, name), (loop.Signal, loop.SignalName));
    }

    [Fact]
    public void A_signal_that_comes_once_the_work_is_done_is_found_by_the_release()
    {
        using var loop = new MainLoop();
        loop.Run(() => Task.FromResult(0));

        Send(SIGURG);
        Send(SIGTERM);
        Assert.Equal(0, loop.Signal);
        loop.Release();

        Assert.Equal(SIGTERM, loop.Signal);
    }

    [Fact]
    public void The_mask_is_as_it_was_after_the_release()
    {
        var before = Blocked("/proc/thread-self/status");
        using var loop = new MainLoop();

        var during = loop.Run(() => Task.FromResult(Blocked("/proc/thread-self/status")));
        loop.Release();

        Assert.Equal(before | (1UL << (SIGTERM - 1)) | (1UL << (SIGINT - 1)) | (1UL << (SIGURG - 1)), during);
        Assert.Equal(before, Blocked("/proc/thread-self/status"));
    }

    private static ulong Blocked(string status) =>
        Convert.ToUInt64(File.ReadLines(status).First(line => line.StartsWith("SigBlk:", StringComparison.Ordinal)).Split('\t')[1], 16);

    // To this thread alone: the test run has others that block nothing.
    private static void Send(int signal) => Assert.Equal(0, tgkill(Environment.ProcessId, gettid(), signal));

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
