using Xunit;

namespace Prestop.Core.Tests.Durations;

public sealed class DurationParsingTests
{
    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("60", 60, 0)]
    [InlineData("010", 10, 0)]
    [InlineData("5.", 5, 0)]
    [InlineData(".5", 0, 500_000_000)]
    [InlineData("5.m", 300, 0)]
    [InlineData("1s", 1, 0)]
    [InlineData("1m", 60, 0)]
    [InlineData("1h", 3_600, 0)]
    [InlineData("1d", 86_400, 0)]
    [InlineData("0.1", 0, 100_000_000)]
    [InlineData("0.1d", 8_640, 0)]
    [InlineData("1e3", 1_000, 0)]
    [InlineData("1E+3s", 1_000, 0)]
    [InlineData("1e-1m", 6, 0)]
    [InlineData("15e-1h", 5_400, 0)]
    [InlineData("+1", 1, 0)]
    [InlineData(" \t\n\v\f\r1", 1, 0)]
    [InlineData(" +1.5s", 1, 500_000_000)]
    [InlineData("-0", 0, 0)]
    [InlineData("-0.000e5d", 0, 0)]
    [InlineData("-0x0p-3", 0, 0)]
    [InlineData("0xd", 13, 0)]
    [InlineData("0XFF", 255, 0)]
    [InlineData("0x0p0d", 0, 0)]
    [InlineData("0x1p-3", 0, 125_000_000)]
    [InlineData("0x1P4", 16, 0)]
    [InlineData("0x.8", 0, 500_000_000)]
    [InlineData("0x8.", 8, 0)]
    [InlineData("0x.002p1", 0, 976_563)]
    [InlineData("0x0.01d", 0, 7_080_079)]
    [InlineData("0x1.1p-1d", 45_900, 0)]
    [InlineData("0x1e3", 483, 0)]
    [InlineData("0x10s", 16, 0)]
    [InlineData("9223372036854775807", long.MaxValue, 0)]
    [InlineData("9223372036854775806.9999999999", long.MaxValue, 0)]
    [InlineData("106751991167300d", 9_223_372_036_854_720_000, 0)]
    [InlineData("0.30000000000000004", 0, 300_000_001)]
    public void The_form_of_GNU_sleep_is_read_exactly(string text, long seconds, uint nanoseconds) => AssertReads(text, seconds, nanoseconds);

    [Theory]
    [InlineData("1m30s", 90, 0)]
    [InlineData("30s1m", 90, 0)]
    [InlineData("1.5h", 5_400, 0)]
    [InlineData("1h15m30.5s", 4_530, 500_000_000)]
    [InlineData("500ms", 0, 500_000_000)]
    [InlineData(".5ms", 0, 500_000)]
    [InlineData("1us", 0, 1_000)]
    [InlineData("1\u00B5s", 0, 1_000)]
    [InlineData("1\u03BCs", 0, 1_000)]
    [InlineData("1ns", 0, 1)]
    [InlineData("1d1ns", 86_400, 1)]
    [InlineData("1m1ms", 60, 1_000_000)]
    [InlineData("1s1s", 2, 0)]
    [InlineData("0m0s", 0, 0)]
    [InlineData("99999999999999999999ns", 99_999_999_999, 999_999_999)]
    [InlineData("1500000ms", 1_500, 0)]
    public void The_compound_form_is_read_exactly(string text, long seconds, uint nanoseconds) => AssertReads(text, seconds, nanoseconds);

    [Theory]
    [InlineData("PT0S", 0, 0)]
    [InlineData("P0D", 0, 0)]
    [InlineData("P1D", 86_400, 0)]
    [InlineData("PT1M30S", 90, 0)]
    [InlineData("P1DT2H3M4.5S", 93_784, 500_000_000)]
    [InlineData("PT1.5H", 5_400, 0)]
    [InlineData("PT90M", 5_400, 0)]
    [InlineData("PT.5S", 0, 500_000_000)]
    public void The_ISO_8601_form_is_read_exactly(string text, long seconds, uint nanoseconds) => AssertReads(text, seconds, nanoseconds);

    [Theory]
    [InlineData("1e-9", 1)]
    [InlineData("1e-10", 1)]
    [InlineData("1.0000000001e-9", 2)]
    [InlineData("0x1p-30", 1)]
    [InlineData("0x1p-9999999999", 1)]
    [InlineData("1e-99999999999999999999", 1)]
    [InlineData("0.00000000000000000000000000000000000001d", 1)]
    [InlineData("0.1ns", 1)]
    [InlineData("1.5ns", 2)]
    [InlineData("PT0.00000000001S", 1)]
    public void A_part_of_a_nanosecond_counts_as_a_whole_one(string text, uint nanoseconds) => AssertReads(text, 0, nanoseconds);

    [Theory]
    [InlineData("inf")]
    [InlineData("Infinity")]
    [InlineData("+INFd")]
    [InlineData("infinitys")]
    [InlineData(" inf")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036854775807.0000000001e0d")]
    [InlineData("9223372036854775807.9999999999")]
    [InlineData("106751991167301d")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e5000")]
    [InlineData("0x1p63")]
    [InlineData("0x1p9223372036854775807")]
    [InlineData("9223372036854775807s1ns1s")]
    [InlineData("PT9223372036854775808S")]
    public void What_overflows_is_for_ever(string text)
    {
        Assert.True(Duration.TryParse(text, out var value, out var problem), problem);
        Assert.Equal(Duration.Forever, value);
        Assert.True(value.IsForever);
    }

    [Theory]
    [InlineData("0e99999999999999999999")]
    [InlineData("0x0p9999999999")]
    [InlineData("0.000e-99999999999999999999")]
    [InlineData("-0e400")]
    public void Zero_times_anything_is_zero(string text) => AssertReads(text, 0, 0);

    [Theory]
    [InlineData(".")]
    [InlineData("+")]
    [InlineData("+-1")]
    [InlineData("+ 1")]
    [InlineData(".e1")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1es")]
    [InlineData("0x")]
    [InlineData("0x.")]
    [InlineData("0x.p1")]
    [InlineData("0xs")]
    [InlineData("0x1p")]
    [InlineData("0x1ps")]
    [InlineData("0b1")]
    [InlineData("1ss")]
    [InlineData("infi")]
    [InlineData("infinit")]
    [InlineData("infD")]
    [InlineData("42D")]
    [InlineData("1S")]
    [InlineData("42day")]
    [InlineData("1years")]
    [InlineData("1w")]
    [InlineData("1m-30s")]
    [InlineData("+1m30s")]
    [InlineData(" 1m30s")]
    [InlineData("1m 30s")]
    [InlineData("1m5.s")]
    [InlineData("1e3m2s")]
    [InlineData("0x1m2s")]
    [InlineData("1Ms")]
    [InlineData("1mss")]
    [InlineData("s")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1")]
    [InlineData("P1DT")]
    [InlineData("P1T")]
    [InlineData("P1H")]
    [InlineData("PT1D")]
    [InlineData("P1Y")]
    [InlineData("P1M")]
    [InlineData("P1W")]
    [InlineData("PT1M1H")]
    [InlineData("PT1S1S")]
    [InlineData("PT1.5M1S")]
    [InlineData("PT1,5S")]
    [InlineData("pt1s")]
    [InlineData("-PT1S")]
    [InlineData("PTT1S")]
    [InlineData("P1DT1HT1M")]
    [InlineData("1s\0")]
    [InlineData("\u0661")]
    [InlineData("\uD800")]
    [InlineData("nan(1)")]
    [InlineData("-1e-400")]
    [InlineData("-0x1p-99999")]
    [InlineData("-inf")]
    public void What_is_no_duration_is_rejected_with_advice(string text)
    {
        Assert.False(Duration.TryParse(text, out var value, out var problem));
        Assert.Equal(Duration.Zero, value);
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("1:30", "write 1m30s")]
    [InlineData("01:02:03", "write 1h2m3s")]
    [InlineData("00:00:00", "write 0s")]
    [InlineData("0:00.5", "write 0.5s")]
    [InlineData("5sec", "write 5s")]
    [InlineData("5 min", "write 5m")]
    [InlineData("5M", "write 5m")]
    [InlineData("2 Hours 5 Minutes", "write 2h5m")]
    [InlineData("1h30", "write 1h30m")]
    [InlineData("1m30", "write 1m30s")]
    [InlineData("1,5", "write 1.5s")]
    [InlineData("1_000ms", "write 1000ms")]
    [InlineData("5s ", "write 5s")]
    [InlineData(" 1m30s", "write 1m30s")]
    [InlineData("1m 30s", "write 1m30s")]
    [InlineData("-1", "a duration cannot be negative; write 0 for none")]
    [InlineData("-1m30s", "a duration cannot be negative; write 0 for none")]
    [InlineData("", "it is empty; write a number and a unit, such as 30s, 500ms or 1m30s")]
    [InlineData("  ", "it is blank; write a number and a unit, such as 30s, 500ms or 1m30s")]
    [InlineData("NaN", "not a number has no length; write a number and a unit, such as 30s, 500ms or 1m30s")]
    [InlineData("htp://x", "write a number and a unit, such as 30s, 500ms or 1m30s")]
    [InlineData("1:2:3:4", "write a number and a unit, such as 30s, 500ms or 1m30s")]
    public void Advice_names_what_was_meant(string text, string advice)
    {
        Assert.False(Duration.TryParse(text, out _, out var problem));
        Assert.Equal(advice, problem);
    }

    [Fact]
    public void A_null_is_treated_as_an_empty_text()
    {
        Assert.False(Duration.TryParse((string?)null, out _, out var problem));
        Assert.StartsWith("it is empty", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_may_have_4096_characters_and_no_more()
    {
        Assert.True(Duration.TryParse(new string('0', 4095) + "7", out var value, out _));
        Assert.Equal(7, value.WholeSeconds);
        Assert.False(Duration.TryParse(new string('0', 4096) + "7", out _, out var problem));
        Assert.Contains("4097 characters, at most 4096", problem, StringComparison.Ordinal);
    }

    private static void AssertReads(string text, long seconds, uint nanoseconds)
    {
        Assert.True(Duration.TryParse(text, out var value, out var problem), problem);
        Assert.Equal((seconds, nanoseconds, false), (value.WholeSeconds, value.Nanoseconds, value.IsForever));
        Assert.Null(problem);
    }
}
