using System.Globalization;
using Bench.Figures;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Testing;
using Prestop.Testing.Simulation;

namespace Bench.Sections;

/// <summary>The rules of <c>--quiet</c> on fake time: how often they end a wait before the balancer has stopped, and how long they take.</summary>
internal static class SimulationSection
{
    private static readonly QuietPeriod Auto = QuietPeriod.Auto(QuietPeriod.DefaultUnseen);
    private static readonly QuietPeriod FiveSeconds = QuietPeriod.Fixed(TimeSpan.FromSeconds(5));

    public static Section Measure()
    {
        var table = new Table(
            "idle:// on simulated requests; the balancer stops at a moment between 0 and 10 s, or 0 and 20 s, after the start",
            ("requests", ""), ("a second", ""), ("waits", ""), ("auto", "early"), ("auto", "mean s"), ("--quiet 5s", "early"), ("--quiet 5s", "mean s"),
            ("sleep", "s"), ("auto, 20", "early"), ("auto, 20", "mean s"), ("sleep, 20", "s"), ("auto, 8", "late"));
        var goals = new List<Goal>();
        var worst = 0.0;
        foreach (var arrivals in All())
        {
            var count = (int)Math.Min(LongRun.IsAsked ? 20_000 : 8_000, (LongRun.IsAsked ? 1_000_000 : 400_000) / arrivals.Rate);
            var auto = SimulatedWait.Try(Auto, arrivals, count, lag: 10);
            var always = SimulatedWait.Try(Auto, arrivals, count, lag: 10, isSpread: false);
            var five = SimulatedWait.Try(FiveSeconds, arrivals, count, lag: 10);
            var twenty = SimulatedWait.Try(Auto, arrivals, count, lag: 20);
            var eight = SimulatedWait.Try(Auto, arrivals, count, lag: 8, isSpread: false);
            var name = arrivals.Name + (arrivals.KeptOpen is { } kept ? $", {kept} kept open" : "");
            table.Add(
                name, arrivals.Rate.ToString(CultureInfo.InvariantCulture), Cell.Count(count), Cell.Share(auto.ShareEarly), Cell.Seconds(auto.MeanWait),
                Cell.Share(five.ShareEarly), Cell.Seconds(five.MeanWait), Cell.Seconds(auto.SleepOfSameSafety), Cell.Share(twenty.ShareEarly),
                Cell.Seconds(twenty.MeanWait), Cell.Seconds(twenty.SleepOfSameSafety), Cell.Share(eight.ShareLate));

            if (arrivals is Independent)
            {
                worst = Math.Max(worst, Math.Max(auto.ShareEarly, always.ShareEarly));
            }

            if (arrivals is Bursts { Size: var size, Within: var within } && size / within <= 3 && five.ShareEarly >= 0.1)
            {
                goals.Add(Goal.Share($"{name}, {arrivals.Rate}/s: ends early, against a twentieth of --quiet 5s", auto.ShareEarly, five.ShareEarly / 20));
            }

            if (arrivals is Independent { Rate: >= 20 })
            {
                goals.Add(Goal.Seconds($"{name}, {arrivals.Rate}/s: mean wait, against the sleep that is as safe up to 10 s", auto.MeanWait, auto.SleepOfSameSafety));
            }

            if (arrivals is Independent { Rate: >= 10 })
            {
                goals.Add(Goal.Seconds($"{name}, {arrivals.Rate}/s: mean wait, against the sleep that is as safe up to 20 s", twenty.MeanWait, twenty.SleepOfSameSafety));
            }

            if (arrivals is not Bursts && arrivals.Rate >= 20)
            {
                // At random, 20 a second may begin so slowly that it takes longer than 8 s to know them.
                var share = arrivals is Independent { Rate: < 30 } ? 0.005 : 0;
                goals.Add(Goal.Share($"{name}, {arrivals.Rate}/s: ends later than 2.5 s after the last request", eight.ShareLate, share));
            }
        }

        goals.Insert(0, Goal.Share("independent requests, the worst rate: share of waits that end early, lag up to 10 s", worst, 0.0001));
        table.Explain("early: share of waits that ended before the balancer stopped. sleep: the shortest plain sleep that is early no more often.");
        table.Explain("auto, 20: it stops between 0 and 20 s. late: it stops at 8 s; share not over 2.5 s after the last request.");
        table.Explain("bursts begin independently of each other and of the wait. One of many a second that lasts longer than 1.2 s is, for that long, a busy pod: nothing tells them apart.");
        table.Explain("Goals are for bursts of up to 3 s.");
        table.Explain($"{LongRun.Variable}=1 tries 2.5 times as many waits.");
        return new Section(table, goals);
    }

    private static IEnumerable<Arrivals> All() =>
    [
        .. new[] { 0.01, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 100, 1_000 }.Select(rate => new Independent(rate)),
        new Independent(20) { KeptOpen = 8 },
        new Independent(100) { KeptOpen = 8 },
        new Independent(1_000) { KeptOpen = 100 },
        .. new[] { 0.1, 1, 5, 20, 100 }.Select(rate => new Even(rate)),
        new Even(1) { KeptOpen = 1 },
        new Even(20) { KeptOpen = 1 },
        new Bursts(10, 20, 0.2),
        new Bursts(10, 20, 1),
        new Bursts(10, 20, 5),
        new Bursts(20, 50, 1),
        new Bursts(20, 50, 5),
        new Bursts(100, 100, 1),
        new Bursts(100, 100, 10),
        new Bursts(30, 10, 1),
        new Bursts(30, 10, 5),
        new Bursts(60, 20, 1),
        new Bursts(100, 20, 5),
    ];
}
