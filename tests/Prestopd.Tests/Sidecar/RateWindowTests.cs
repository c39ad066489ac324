using FsCheck;
using FsCheck.Fluent;
using Prestop.Testing;
using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>A hit counts for INTERVAL, within 5 %.</summary>
public sealed class RateWindowTests
{
    private const double Interval = 10;

    [Fact]
    public void A_lone_hit_counts_for_exactly_one_interval()
    {
        var time = new FakeClock();
        var window = new RateWindow(TimeSpan.FromSeconds(4), time);
        time.Advance(123.4567);

        Assert.Equal(1, window.Add().InWindow);
        time.Advance(3.9999);
        Assert.Equal(1, window.Count);
        time.Advance(0.0001);

        Assert.Equal(0, window.Count);
    }

    [Fact]
    public void A_hit_in_the_middle_of_a_slot_counts_for_a_little_less()
    {
        var time = new FakeClock();
        var window = new RateWindow(TimeSpan.FromSeconds(4), time);
        window.Add();
        time.Advance(0.19);
        Assert.Equal(2, window.Add().InWindow);

        time.Advance(3.81 - 0.0001);
        Assert.Equal(2, window.Count);
        time.Advance(0.0001);

        Assert.Equal(0, window.Count);
    }

    [Fact]
    public void A_hit_knows_the_time_since_the_one_before()
    {
        var time = new FakeClock();
        var window = new RateWindow(TimeSpan.FromSeconds(4), time);

        Assert.Equal(TimeSpan.MaxValue, window.Add().SinceLast);
        time.Advance(2.5);
        Assert.Equal(TimeSpan.FromSeconds(2.5), window.Add().SinceLast);
    }

    [Fact]
    public void Years_of_hits_leave_it_right()
    {
        var time = new FakeClock();
        var window = new RateWindow(TimeSpan.FromHours(24), time);
        for (var day = 0; day < 365 * 6; day++)
        {
            time.Advance(86_400 / 2);
            Assert.InRange(window.Add().InWindow, 1, 3);
        }
    }

    [Fact]
    public void It_lies_between_the_hits_of_the_last_95_percent_and_of_the_whole_interval()
    {
        // Gaps in hundredths of a second, from bursts to several windows of silence; looks come between hits as well.
        var gaps = Gen.Frequency(
            (6, Gen.Choose(0, 60)), (3, Gen.Choose(0, 500)), (1, Gen.Choose(900, 1100)), (1, Gen.Choose(1000, 5000)));
        var steps = gaps.Zip(ArbMap.Default.GeneratorFor<bool>()).ListOf().ToArbitrary();

        Prop.ForAll(steps, AgreesWithAListOfTimes).QuickCheckThrowOnFailure();
    }

    private static bool AgreesWithAListOfTimes(IEnumerable<(int Gap, bool IsHit)> steps)
    {
        var time = new FakeClock();
        var window = new RateWindow(TimeSpan.FromSeconds(Interval), time);
        var hits = new List<decimal>();
        decimal now = 0;
        foreach (var (gap, isHit) in steps)
        {
            time.Advance(gap / 100.0);
            now += gap / 100m;
            if (isHit)
            {
                hits.Add(now);
            }

            var count = isHit ? window.Add().InWindow : window.Count;
            var surely = hits.Count(hit => now - hit < (decimal)Interval * 0.95m);
            var perhaps = hits.Count(hit => now - hit < (decimal)Interval);
            if (count < surely || count > perhaps)
            {
                return false;
            }
        }

        return true;
    }
}
