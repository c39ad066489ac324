using System.Globalization;
using Bench.Figures;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Testing;
using Prestop.Testing.Simulation;

namespace Bench.Sections;

/// <summary>The same with the kubelet's probes on the port, which go on when the balancer has stopped.</summary>
internal static class ProbeSimulationSection
{
    private static readonly QuietPeriod Auto = QuietPeriod.Auto(QuietPeriod.DefaultUnseen);

    public static Section Measure()
    {
        var count = LongRun.IsAsked ? 5_000 : 500;
        var table = new Table(
            "idle:// on simulated requests and probes; the balancer stops after 2 s or after 8 s",
            ("probes every", "s"), ("requests", "a second"), ("stops", "after s"), ("waits", ""), ("early", ""), ("mean", "s"), ("from the stop", "longest s"), ("--max 25s", "fails"));
        var goals = new List<Goal>();
        foreach (var probes in new double[][] { [1], [2], [5], [10], [5, 5], [5, 10], [5, 5, 10] })
        {
            foreach (var (rate, lag) in new (double, double)[] { (200, 2), (200, 8), (0.3, 8) })
            {
                var waits = SimulatedWait.Try(Auto, new Independent(rate), count, lag, isSpread: false, probes);
                var bounded = SimulatedWait.Try(Auto, new Independent(rate), count, lag, isSpread: false, probes, max: 25);
                var name = string.Join(" and ", probes.Select(period => period.ToString(CultureInfo.InvariantCulture)));
                table.Add(
                    name, rate.ToString(CultureInfo.InvariantCulture), Cell.Seconds(lag), Cell.Count(count), Cell.Share(waits.ShareEarly),
                    Cell.Seconds(waits.MeanWait), Cell.Seconds(waits.LongestAfter), Cell.Count(bounded.Failed));
                if (probes.Length == 1)
                {
                    goals.Add(Goal.Count($"probes every {name} s, {rate}/s, stop after {lag} s: waits that end early", waits.Early, 0));
                }

                if (probes is [<= 5 and var period] && rate >= 20)
                {
                    // A check that is late by more than 75 ms may make it one period longer.
                    var latest = period > 1 ? (3 * period) + 1 : 3.5;
                    goals.Add(Goal.Share($"probes every {name} s, {rate}/s, stop after {lag} s: share that end later than {latest} s after it", waits.ShareLongerAfter(latest), 0.001));
                }
            }
        }

        table.Explain("A probe is late by up to 20 ms, one in fifty by up to 120 ms; all come from one address, the balancer's requests from another, each on a new connection.");
        table.Explain("--max 25s fails: waits that would not be over then, on a port that has not been quiet for 5 s.");
        return new Section(table, goals);
    }
}
