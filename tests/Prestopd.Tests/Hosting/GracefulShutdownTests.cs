using Prestop.Testing;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>Not ready, no new work, the old work done, gone: on fake time.</summary>
public sealed class GracefulShutdownTests : IDisposable
{
    private readonly FakeClock _time = new();
    private readonly MemoryStream _stderr = new();
    private readonly LineWriter _lines;
    private readonly GracefulShutdown _shutdown;

    public GracefulShutdownTests()
    {
        _lines = new LineWriter(_stderr, TimeProvider.System);
        _shutdown = new GracefulShutdown(
            TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), new ServerLog(_lines, _time, LogFormat.Text, everything: true), _time);
    }

    [Fact]
    public void Until_a_signal_comes_it_is_ready_and_nothing_ends_it()
    {
        Assert.True(_shutdown.TryBegin());
        _shutdown.End();
        _time.Advance(3600);

        Assert.True(_shutdown.IsReady);
        Assert.False(_shutdown.Released.IsCompleted);
        Assert.Equal(0, _time.RunningTimers);
    }

    [Fact]
    public void Without_work_it_goes_on_for_the_notice()
    {
        _shutdown.Signal("terminated");
        Assert.False(_shutdown.IsReady);
        Assert.False(_shutdown.TryBegin());

        _time.Advance(4.999);
        Assert.False(_shutdown.Released.IsCompleted);

        _time.Advance(0.001);
        Assert.True(_shutdown.Released.IsCompleted);
    }

    [Fact]
    public void Work_that_it_holds_is_finished()
    {
        Assert.True(_shutdown.TryBegin());
        Assert.True(_shutdown.TryBegin());
        _shutdown.Signal("terminated");

        _shutdown.End();
        _time.Advance(30);
        Assert.False(_shutdown.Released.IsCompleted);
        Assert.False(_shutdown.Dropped.IsCancellationRequested);

        _shutdown.End();
        Assert.True(_shutdown.Released.IsCompleted);
    }

    [Fact]
    public async Task At_the_limit_it_ends_and_says_what_is_dropped()
    {
        _shutdown.TryBegin();
        _shutdown.Signal("terminated");

        _time.Advance(60);

        Assert.True(_shutdown.Released.IsCompleted);
        Assert.True(_shutdown.Dropped.IsCancellationRequested);
        Assert.EndsWith("warning: 1 requests are held at the end of the longest shutdown: dropped\n", await LogAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once_and_later_ones_change_nothing()
    {
        _shutdown.TryBegin();
        _shutdown.Signal("terminated");
        _shutdown.Signal("interrupt");
        Assert.True(_shutdown.Released.IsCompleted);
        Assert.True(_shutdown.Dropped.IsCancellationRequested);
        var log = await LogAsync();

        _shutdown.Signal("interrupt");

        Assert.EndsWith("the second signal ends it now, with 1 requests held\n", log, StringComparison.Ordinal);
        Assert.Equal(log, await LogAsync());
    }

    public void Dispose() => _shutdown.Dispose();

    private async Task<string> LogAsync()
    {
        await _lines.FlushAsync();
        return System.Text.Encoding.UTF8.GetString(_stderr.ToArray());
    }
}
