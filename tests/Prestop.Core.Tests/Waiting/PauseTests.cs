using Prestop.Core.Waiting;
using Prestop.Testing;
using Xunit;

namespace Prestop.Core.Tests.Waiting;

public class PauseTests
{
    private readonly FakeClock _clock = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9_999)]
    [InlineData(10_001)]
    [InlineData(123_456_789_012_345)]
    public void Never_ends_early(long ticks)
    {
        var length = TimeSpan.FromTicks(ticks);

        Assert.True(_clock.Run(() => Pause.UntilAsync(length, 0, _clock, TestContext.Current.CancellationToken)));
        Assert.InRange(_clock.Now, length, length + TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Lasts_longer_than_a_timer_can_run()
    {
        var length = TimeSpan.FromDays(3650);

        Assert.True(_clock.Run(() => Pause.UntilAsync(length, 0, _clock, TestContext.Current.CancellationToken)));
        Assert.Equal(length, _clock.Now);
    }

    [Fact]
    public void Is_called_off_by_the_caller()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(TimeSpan.FromSeconds(3), caller.Cancel);

        Assert.False(_clock.Run(() => Pause.UntilAsync(TimeSpan.MaxValue, 0, _clock, caller.Token)));
        Assert.Equal(TimeSpan.FromSeconds(3), _clock.Now);
    }
}
