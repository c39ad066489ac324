using FsCheck;
using FsCheck.Fluent;
using Prestop.Conditions.Traffic.Evidence;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class QuietPeriodTests
{
    private static readonly QuietPeriod Auto = QuietPeriod.Auto(QuietPeriod.DefaultUnseen);

    private readonly TrafficHistory _history = new();

    [Fact]
    public void A_fixed_period_never_changes()
    {
        var quiet = QuietPeriod.Fixed(TimeSpan.FromSeconds(3));
        Every(0.1, until: 60);

        Assert.Equal((3, 3), (quiet.After(default).TotalSeconds, quiet.After(_history.Rhythm()).TotalSeconds));
    }

    [Fact]
    public void Where_nothing_was_seen_it_is_the_longest() => Assert.Equal(15, Seconds());

    [Fact]
    public void A_few_requests_are_too_little_to_tell()
    {
        Every(3, until: 25);

        Assert.Equal(15, Seconds());
    }

    [Theory]
    [InlineData(20, 1.6)]
    [InlineData(30, 1.2)]
    [InlineData(1_000, 1.2)]
    public void After_dense_traffic_it_is_two_seconds_and_the_denser_the_sooner(double rate, double seen)
    {
        Every(1 / rate, until: seen);
        Assert.Equal(2, Seconds());

        _history.CopyFrom(new TrafficHistory());
        Every(1 / rate, until: seen - 0.1);
        Assert.Equal(10, Seconds());
    }

    [Fact]
    public void After_one_second_of_it_two_thirds_of_the_longest()
    {
        Every(0.05, until: 1.2);

        Assert.Equal(10, Seconds());
    }

    [Fact]
    public void Dense_traffic_with_a_pause_needs_four_times_that_pause()
    {
        Every(0.05, until: 5);
        Every(0.05, until: 8, from: 5.65);

        Assert.Equal(2.8, Seconds(), 0.001);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(1_000)]
    public void After_the_densest_it_is_less_once_it_was_seen_for_long_enough(double rate)
    {
        Every(1 / rate, until: 1.5);
        Assert.Equal(2, Seconds());

        Every(1 / rate, until: 1.6, from: 1.5);
        Assert.Equal(1.2, Seconds());
    }

    [Fact]
    public void Where_one_look_in_five_shows_less_than_three_arrivals_it_is_two_seconds()
    {
        Every(0.02, until: 10);
        Assert.Equal(1.2, Seconds());

        Every(0.1, until: 12.7, from: 10);
        Assert.Equal(2, Seconds());
    }

    [Fact]
    public void A_rhythm_is_worth_ten_times_its_longest_gap()
    {
        Every(0.4, until: 12);
        Every(0.4, until: 16, from: 12.5);

        Assert.Equal(9, Seconds(), 0.001);
    }

    [Fact]
    public void A_rhythm_needs_five_seconds_at_least_and_never_more_than_the_longest()
    {
        Every(0.3, until: 20);
        Assert.Equal(5, Seconds());

        Every(0.3, until: 60, from: 30);
        Assert.Equal(15, Seconds());
    }

    [Theory]
    [InlineData(0.7, 10, 0.05)]
    [InlineData(0.7, 30, 0.1)]
    [InlineData(4, 100, 0.05)]
    public void One_burst_after_the_start_is_no_rhythm(double start, int size, double interval)
    {
        Every(interval, until: start + (size * interval), from: start);

        Assert.True(Seconds() >= 10, $"{Seconds()} s");
    }

    [Fact]
    public void It_is_never_longer_than_the_user_allows()
    {
        var quiet = QuietPeriod.Auto(TimeSpan.FromSeconds(1));
        Every(0.05, until: 5);

        Assert.Equal(1, quiet.After(_history.Rhythm()).TotalSeconds);
        Assert.Equal(1, quiet.After(default).TotalSeconds);
    }

    [Fact]
    public void A_history_sums_up_what_a_list_of_the_moments_does_in_whatever_order_they_come()
    {
        var looks = Gen.OneOf(Gen.Choose(0, 3_000), Gen.Choose(0, 30)).ListOf();
        Prop.ForAll(looks.ToArbitrary(), list =>
        {
            var history = new TrafficHistory();
            foreach (var look in list)
            {
                history.Add((look * TrafficHistory.Look) + TimeSpan.FromMilliseconds(look % 100));
            }

            var newest = list.DefaultIfEmpty(0).Max();
            var first = Math.Max(0, newest - 1023);
            int[] kept = [.. list.Where(look => look >= first).Distinct().Order()];
            var gaps = kept.Zip(kept.Prepend(first - 1), (look, before) => look - before);
            int With(Func<int, bool> arrivals) => kept.Count(look => arrivals(list.Count(other => other == look)));
            var expected = kept.Length == 0
                ? default
                : new Rhythm(
                    With(count => count == 1), With(count => count == 2), With(count => count > 2), kept[^1] + 1 - first - kept.Length,
                    kept.Select(look => look / 10).Distinct().Count(), gaps.Max() * TrafficHistory.Look);
            return history.Rhythm() == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Moments_before_the_start_and_older_than_the_history_are_left_out()
    {
        _history.Add(TimeSpan.FromSeconds(-0.05));
        Assert.Equal(default, _history.Rhythm());

        _history.Add(TimeSpan.FromHours(30));
        _history.Add(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _history.Rhythm().Busy);
    }

    private double Seconds() => Auto.After(_history.Rhythm()).TotalSeconds;

    private void Every(double seconds, double until, double from = 0)
    {
        for (var i = 0; from + (i * seconds) < until; i++)
        {
            _history.Add(TimeSpan.FromSeconds(Math.Round(from + (i * seconds), 6)));
        }
    }
}
