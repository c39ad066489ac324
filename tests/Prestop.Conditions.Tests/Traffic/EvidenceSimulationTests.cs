using Prestop.Conditions.Traffic.Evidence;
using Prestop.Testing;
using Prestop.Testing.Simulation;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

/// <summary>A small part of what <c>./build.sh bench evidence</c> tries.</summary>
public sealed class EvidenceSimulationTests
{
    private static readonly QuietPeriod Auto = QuietPeriod.Auto(QuietPeriod.DefaultUnseen);
    private static readonly QuietPeriod FiveSeconds = QuietPeriod.Fixed(TimeSpan.FromSeconds(5));

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public void Independent_requests_never_pause_for_so_long_that_it_ends_before_the_balancer_stops(double rate)
    {
        Assert.Equal(0, SimulatedWait.Try(Auto, new Independent(rate), count: 500, lag: 10).Early);
        Assert.Equal(0, SimulatedWait.Try(Auto, new Independent(rate), count: 500, lag: 10, isSpread: false).Early);
    }

    [Theory]
    [InlineData(10, 20, 1)]
    [InlineData(30, 10, 1)]
    [InlineData(20, 50, 5)]
    [InlineData(100, 100, 10)]
    public void Bursts_end_it_early_a_twentieth_as_often_as_a_fixed_period(int size, double within, double rate)
    {
        var bursts = new Bursts(size, within, rate);

        var fixedOnes = SimulatedWait.Try(FiveSeconds, bursts, count: 5_000, lag: 10);
        Assert.InRange(fixedOnes.ShareEarly, 0.1, 1);
        Assert.InRange(SimulatedWait.Try(Auto, bursts, count: 5_000, lag: 10).ShareEarly, 0, fixedOnes.ShareEarly / 20);
    }

    [Theory]
    [InlineData(30, 5, null)]
    [InlineData(100, 1.4, null)]
    [InlineData(100, 1.4, 1)]
    [InlineData(20, 10, 1)]
    [InlineData(100, 8, 10)]
    public void A_busy_pod_is_done_two_and_a_half_seconds_after_the_last_request(double rate, double lag, int? keptOpen)
    {
        Arrivals arrivals = keptOpen is null ? new Independent(rate) : new Even(rate) { KeptOpen = keptOpen };

        Assert.Equal(0, SimulatedWait.Try(Auto, arrivals, count: 200, lag, isSpread: false).Late);
    }

    [Fact]
    public void Nobody_who_knows_the_lag_to_20_seconds_waits_less_with_a_plain_sleep_that_is_as_safe()
    {
        foreach (var rate in new[] { 10, 30, 100 })
        {
            var waits = SimulatedWait.Try(Auto, new Independent(rate), count: 300, lag: 20);

            Assert.InRange(waits.MeanWait, 2, waits.SleepOfSameSafety - 2);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void A_probe_delays_the_end_by_three_of_its_periods_at_the_most(double period)
    {
        var waits = SimulatedWait.Try(Auto, new Independent(200), count: 200, lag: 8, isSpread: false, probes: [period]);

        Assert.Equal(0, waits.Early);
        Assert.InRange(waits.LongestAfter, 1.1, Math.Max(2.1, (3 * period) + 1));
    }

    [Fact]
    public void A_quiet_pod_with_a_probe_is_not_done_before_its_balancer_stops()
    {
        foreach (var rate in new[] { 0.15, 0.3 })
        {
            Assert.Equal(0, SimulatedWait.Try(Auto, new Independent(rate), count: 500, lag: 8, isSpread: false, probes: [5]).Early);
            Assert.Equal(0, SimulatedWait.Try(Auto, new Even(rate), count: 500, lag: 8, isSpread: false, probes: [2]).Early);
        }
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(5, 10)]
    [InlineData(1, 10)]
    public void Two_probes_are_all_known_within_three_periods_of_the_slower(double one, double other)
    {
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var habit = new ProbeHabit(_ => { });
            var slower = Math.Max(one, other);
            foreach (var moment in SimulatedWait.Probes(one, 3.3 * slower, random).Concat(SimulatedWait.Probes(other, 3.3 * slower, random)).Order())
            {
                habit.Add(new Exchange(TimeSpan.FromSeconds(moment), TimeSpan.FromSeconds(moment)));
            }

            // Ones that came by chance in step with the wrong probe may be left, but none of late.
            Assert.DoesNotContain(habit.Unexplained.ToArray(), exchange => exchange.At.TotalSeconds > 2.8 * slower);
        }
    }
}
