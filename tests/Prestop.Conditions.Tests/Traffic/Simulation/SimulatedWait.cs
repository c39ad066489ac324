using System.Net;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;

namespace Prestop.Testing.Simulation;

/// <summary>
/// One wait on fake time: the rules of <c>idle://</c> are told, look by look, what the kernel would show of a balancer's requests and of
/// the kubelet's probes.
/// </summary>
internal sealed class SimulatedWait
{
    private static readonly InternetAddress Balancer = InternetAddress.From(IPAddress.Parse("10.0.3.7"));
    private static readonly InternetAddress Gateway = InternetAddress.From(IPAddress.Parse("10.244.1.1"));

    private readonly TrafficRecord _record;
    private readonly (double Last, uint Segments)[] _open;
    private TimeSpan _now;
    private TimeSpan _lastRequest;

    private SimulatedWait(QuietPeriod quiet, int? keptOpen)
    {
        _record = new TrafficRecord(quiet, knowsProbes: true);
        _open = new (double, uint)[keptOpen ?? 0];
        Array.Fill(_open, (-1.0, 100u));
    }

    /// <summary>Tries waits with a lag that is anywhere from 0 to the longest, or always that.</summary>
    /// <param name="quiet">The rule.</param>
    /// <param name="arrivals">What the balancer sends.</param>
    /// <param name="count">How many waits.</param>
    /// <param name="lag">When the balancer stops, in seconds.</param>
    /// <param name="isSpread">Whether it is anywhere from 0 to that, one as likely as the other.</param>
    /// <param name="probes">The periods of the kubelet's probes, in seconds.</param>
    /// <param name="max">When its time is up, in seconds.</param>
    /// <param name="seed">The same traffic for the same number.</param>
    public static Waits Try(
        QuietPeriod quiet, Arrivals arrivals, int count, double lag, bool isSpread = true, double[]? probes = null, double max = 600, int seed = 1)
    {
        var random = new Random(seed);
        var waits = new Waits();
        for (var i = 0; i < count; i++)
        {
            var stop = isSpread ? lag * random.NextDouble() : lag;
            List<double> requests = [.. arrivals.Until(stop, random)];
            List<double> checks = [.. (probes ?? []).SelectMany(period => Probes(period, max, random)).Order()];
            var (end, failed) = new SimulatedWait(quiet, arrivals.KeptOpen).Run(requests, checks, max, random);
            waits.Add(stop, requests.Count > 0 ? requests[^1] : 0, end, failed);
        }

        return waits;
    }

    /// <summary>The kubelet's: on a ticker that does not drift, each check a little late, one in fifty more than that.</summary>
    public static IEnumerable<double> Probes(double period, double end, Random random)
    {
        for (var tick = period * random.NextDouble(); tick < end; tick += period)
        {
            yield return tick + (random.NextDouble() * (random.Next(50) == 0 ? 0.12 : 0.02));
        }
    }

    private (double End, bool Failed) Run(List<double> requests, List<double> probes, double max, Random random)
    {
        int request = 0, probe = 0;
        while (true)
        {
            var next = Math.Min(request < requests.Count ? requests[request] : max, probe < probes.Count ? probes[probe] : max);
            var end = TimeSpan.MaxValue;
            // No rule ends a wait sooner after a request: until then there is nothing to judge.
            if (_now - _lastRequest >= QuietPeriod.ShortestDensest)
            {
                var (last, quiet) = _record.Judge(_now);
                end = (last > TimeSpan.Zero ? last.Value : TimeSpan.Zero) + quiet;
                if (end <= _now)
                {
                    return (_now.TotalSeconds, false);
                }
            }

            // Between two looks nothing is known; when nothing comes, the next that matters is the one at the end, or when a probe is due.
            var pace = _now + TrafficHistory.Look;
            var idle = probes.Count > 0 || next <= pace.TotalSeconds || end == TimeSpan.MaxValue ? pace : Look(next);
            _now = end < idle ? end : idle;
            if (_now.TotalSeconds >= max)
            {
                var quietFor = TimeSpan.FromSeconds(max) - (_record.Judge(TimeSpan.FromSeconds(max)).Last ?? TimeSpan.Zero);
                return (max, quietFor < QuietPeriod.EnoughAtMax);
            }

            for (; request < requests.Count && requests[request] <= _now.TotalSeconds; request++)
            {
                Add(requests[request], random);
                _lastRequest = TimeSpan.FromSeconds(requests[request]);
            }

            for (; probe < probes.Count && probes[probe] <= _now.TotalSeconds; probe++)
            {
                AddShort(Gateway, probes[probe]);
            }

            ShowOpen();
        }
    }

    private static TimeSpan Look(double seconds) => (Math.Floor(seconds / 0.1) + 1) * TrafficHistory.Look;

    private void Add(double at, Random random)
    {
        if (_open.Length > 0)
        {
            ref var connection = ref _open[random.Next(_open.Length)];
            connection = (at, connection.Segments + 1);
        }
        else
        {
            AddShort(Balancer, at);
        }
    }

    private void AddShort(InternetAddress from, double at) =>
        _record.AddEnded(new Arrival(from, TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(at), Segments: 1, IsSmall: true), _now);

    private void ShowOpen()
    {
        if (_open.Length == 0)
        {
            return;
        }

        _record.BeginOpen();
        foreach (var (last, segments) in _open)
        {
            _record.AddOpen(new Arrival(Balancer, TimeSpan.FromSeconds(last), TimeSpan.FromSeconds(last), segments, IsSmall: false), _now);
        }

        _record.EndOpen(_now);
    }
}
