using System.Globalization;
using System.Net;
using Prestop.Core.Waiting;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestop.Elb.Polling;
using Prestop.Elb.Tests.Discovery;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Draining;

/// <summary>
/// Waits of random pods behind random load balancers whose API is slow, throttles and breaks, against what was truly so. Pods register late, leave, come back for a
/// while, and leave for good; groups are added after others have made the list; callers hang up.
/// </summary>
public class RandomisedWaits
{
    private const int Runs = 1000;

    [Fact]
    public void None_says_out_too_soon_and_none_outlasts_its_deadline()
    {
        var ends = new Dictionary<DrainEnd, int>();
        for (var seed = 0; seed < Runs; seed++)
        {
            using var run = new Run(seed);
            foreach (var end in run.Play())
            {
                ends[end] = ends.GetValueOrDefault(end) + 1;
            }
        }

        // What never happens is not tested.
        Assert.All([DrainEnd.Out, DrainEnd.DeadlineExceeded, DrainEnd.Cancelled], end => Assert.InRange(ends.GetValueOrDefault(end), Runs / 10, int.MaxValue));
    }

    private sealed class Run : IDisposable
    {
        private static readonly BalancedObject Web = new(BalancedKind.Service, "shop", "web");

        private readonly int _seed;
        private readonly Random _random;
        private readonly FakeClock _clock = new();
        private readonly FakeCluster _cluster = new();
        private readonly ElbModel _model;
        private readonly ModelElb _elb;
        private readonly TargetHealthFeed _feed;
        private readonly TargetGroupSearch _search;
        private readonly DrainWaits _waits;
        private readonly TimeSpan _unseen;
        private readonly List<(TimeSpan From, TimeSpan To)> _storms = [];
        private readonly Dictionary<(ModelGroup Group, string Pod), List<(TimeSpan From, TimeSpan To)>> _inService = [];

        public Run(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            _model = new ElbModel(_clock);
            _elb = new ModelElb(_model);
            var interval = Seconds(1, 8);
            _feed = new TargetHealthFeed(_elb, interval, _clock, _random);
            _search = new TargetGroupSearch(_cluster, _elb, _clock);
            _waits = new DrainWaits(_search, _cluster, _feed, _clock, _random);

            var slowest = _random.NextDouble() < 0.5 ? 0.1 : 3;
            _elb.Latency = () => Seconds(0.001, slowest);

            // From the beginning of a group's last look to the end of another's, and of the two lists of the last search.
            _unseen = (1.1 * interval) + TimeSpan.FromSeconds(4 * slowest);
            for (var at = Seconds(0, 60); _random.NextDouble() < 0.5; at += Seconds(60, 120))
            {
                _storms.Add((at, at + Seconds(1, 30)));
            }

            _elb.Fault = call => _storms.Any(storm => storm.From <= _clock.Now && _clock.Now < storm.To) && _random.NextDouble() < 0.9
                ? new ElbError((ElbFault)_random.Next(4), call, "a storm")
                : null;
        }

        private static TimeSpan Never => TimeSpan.FromDays(1);

        public void Dispose()
        {
            _feed.Dispose();
            _search.Dispose();
        }

        public IReadOnlyList<DrainEnd> Play()
        {
            var balancers = Enumerable.Range(0, _random.Next(1, 3)).Select(i => _model.AddBalancer($"lb-{i}", _random.Next(2) == 0 ? "application" : "network")).ToList();
            _cluster.Objects[Web] = new BalancerAddresses([.. balancers.Select(balancer => balancer.DnsName)], []);
            string[] pods = [.. Enumerable.Range(1, _random.Next(1, 6)).Select(i => $"10.0.0.{i}")];
            foreach (var balancer in balancers)
            {
                AddGroup(balancer, pods, TimeSpan.Zero);
            }

            // It is there before those who wait from then on, but after the list that earlier ones had made.
            var added = Seconds(20, 60);
            _clock.At(added, () => AddGroup(balancers[0], [pods[0]], added));

            return [.. _clock.Run(() => Task.WhenAll(pods.SelectMany(pod => Enumerable.Range(0, 3).Select(number => WaitAsync(pod, pod == pods[0] && number > 0 ? added : TimeSpan.Zero)))))];
        }

        private void AddGroup(ModelBalancer balancer, string[] pods, TimeSpan from)
        {
            var group = _model.AddGroup(string.Create(CultureInfo.InvariantCulture, $"group-{_model.Groups.Count}"), balancer);
            group.InitialChecks = Seconds(0, 20);
            foreach (var pod in pods.Where(_ => _random.NextDouble() < 0.9))
            {
                var spans = _inService[(group, pod)] = [];
                var at = from + (_random.NextDouble() < 0.3 ? Seconds(0, 15) : TimeSpan.Zero);
                do
                {
                    var leaves = at + Seconds(60, 200);
                    spans.Add((at, leaves));
                    At(at, () => group.Register(pod, 8080));
                    At(leaves, () =>
                    {
                        group.DeregistrationDelay = Seconds(0, 60);
                        group.Deregister(pod);
                    });
                    at = leaves + Seconds(1, 90);
                }
                while (_random.NextDouble() < 0.3);
            }
        }

        private async Task<DrainEnd> WaitAsync(string pod, TimeSpan notBefore)
        {
            await Task.Delay(notBefore + Seconds(1, 250), _clock);
            var start = _clock.Now;
            var max = Seconds(1, 300);
            TimeSpan? settle = _random.NextDouble() < 0.5 ? Seconds(0, 40) : null;
            using var caller = new CancellationTokenSource(_random.NextDouble() < 0.2 ? Seconds(0, 200) : Never, _clock);

            var result = await _waits.WaitAsync(
                new DrainRequest(new DrainSource(Web, []), "shop", [IPAddress.Parse(pod)], settle), Deadline.After(max, _clock.GetTimestamp(), _clock), new WaitDiary(), caller.Token);

            Assert.True(_clock.Now - start <= max + TimeSpan.FromMilliseconds(1), $"run {_seed}: waited {_clock.Now - start} of {max}");
            if (result.End is DrainEnd.Out)
            {
                foreach (var ((group, _), spans) in _inService.Where(pair => pair.Key.Pod == pod && pair.Value[0].From <= start))
                {
                    var needed = settle ?? DrainRule.DefaultSettle(group.Protocol == "HTTP" ? BalancerKind.Application : BalancerKind.Network);
                    Assert.False(
                        spans.Any(span => span.From < _clock.Now - _unseen && span.To > _clock.Now - needed),
                        $"run {_seed}: {pod} is out of {group.Name} at {_clock.Now}, says '{result.Seen}', but was in service {string.Join(", ", spans)}; settle {needed}");
                }
            }

            return result.End;
        }

        private void At(TimeSpan at, Action action) => _clock.At(at, action);

        private TimeSpan Seconds(double from, double to) => TimeSpan.FromSeconds(from + (_random.NextDouble() * (to - from)));
    }
}
