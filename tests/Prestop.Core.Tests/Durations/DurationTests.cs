using Xunit;

namespace Prestop.Core.Tests.Durations;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0", "0s")]
    [InlineData("90", "1m30s")]
    [InlineData("60", "1m")]
    [InlineData("5400", "1h30m")]
    [InlineData("86400.5", "1d0.5s")]
    [InlineData("93784.000000001", "1d2h3m4.000000001s")]
    [InlineData("0.5", "500ms")]
    [InlineData("0.0015", "1500us")]
    [InlineData("0.000000001", "1ns")]
    [InlineData("1e99", "infinity")]
    [InlineData("9223372036854775807", "106751991167300d15h30m7s")]
    public void It_prints_its_parts_without_those_that_are_zero(string text, string printed) => Assert.Equal(printed, Read(text).ToString());

    [Fact]
    public void A_time_span_is_rounded_up_to_its_tick()
    {
        Assert.Equal(TimeSpan.FromTicks(1), Read("1ns").ToTimeSpan());
        Assert.Equal(TimeSpan.FromTicks(1), Read("100ns").ToTimeSpan());
        Assert.Equal(TimeSpan.FromTicks(2), Read("101ns").ToTimeSpan());
        Assert.Equal(TimeSpan.FromSeconds(1), Read("999999999ns").ToTimeSpan());
        Assert.Equal(TimeSpan.Zero, Duration.Zero.ToTimeSpan());
    }

    [Fact]
    public void What_a_time_span_cannot_hold_is_its_maximum()
    {
        Assert.Equal(TimeSpan.MaxValue, Duration.Forever.ToTimeSpan());
        Assert.Equal(TimeSpan.MaxValue, Read("922337203686").ToTimeSpan());
        Assert.Equal(TimeSpan.MaxValue, Read("9223372036854775807").ToTimeSpan());
        Assert.Equal(TimeSpan.MaxValue - TimeSpan.FromTicks(1), Read("922337203685.4775806").ToTimeSpan());
    }

    [Fact]
    public void A_time_span_becomes_the_same_length()
    {
        Assert.Equal(Read("1.5"), Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)));
        Assert.Equal(Read("100ns"), Duration.FromTimeSpan(TimeSpan.FromTicks(1)));
        Assert.Equal(Duration.Zero, Duration.FromTimeSpan(TimeSpan.Zero));
        Assert.Equal(Duration.Forever, Duration.FromTimeSpan(TimeSpan.MaxValue));
        Assert.Equal(Duration.Forever, Duration.FromTimeSpan(Timeout.InfiniteTimeSpan));
        Assert.Throws<ArgumentOutOfRangeException>(() => Duration.FromTimeSpan(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Sums_carry_and_saturate()
    {
        Assert.Equal(Read("2"), Read("1.5") + Read("0.5"));
        Assert.Equal(Read("1.999999998"), Read("0.999999999") + Read("0.999999999"));
        Assert.Equal(Duration.Forever, Read("9223372036854775807.5") + Read("0.5"));
        Assert.False((Read("9223372036854775807.5") + Read("0.499999999")).IsForever);
        Assert.Equal(Duration.Forever, Duration.Forever + Duration.Zero);
        Assert.Equal(Duration.Forever, Duration.Forever + Duration.Forever);
    }

    [Fact]
    public void For_ever_is_longer_than_the_longest_that_ends()
    {
        var longest = Read("9223372036854775807.999999999");
        Assert.False(longest.IsForever);
        Assert.True(longest < Duration.Forever);
        Assert.True(Duration.Forever > longest && Duration.Forever >= longest && longest <= Duration.Forever && longest != Duration.Forever);
        Assert.Equal((long.MaxValue, 999_999_999u), (Duration.Forever.WholeSeconds, Duration.Forever.Nanoseconds));
    }

    private static Duration Read(string text)
    {
        Assert.True(Duration.TryParse(text, out var value, out var problem), problem);
        return value;
    }
}
