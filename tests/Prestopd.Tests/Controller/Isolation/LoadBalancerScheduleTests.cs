using System.Text.Json.Nodes;
using Prestop.Elb.Client;
using Prestop.Elb.Draining;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>
/// Over hundreds of schedules of evictors, people and controllers, load balancers of both kinds, targets that leave late, an API that is slow, throttles and breaks, replicas that are
/// killed, and drains that are called off: no pod ends before its deadline unless each of its load balancers has let go of it for the settle time, and none outlives its deadline by
/// more than 10 s.
/// </summary>
public sealed class LoadBalancerScheduleTests
{
    private const int Schedules = 300;

    [Fact]
    public async Task No_drain_ends_on_less_than_evidence_and_none_outlives_its_deadline()
    {
        var (onEvidence, atDeadline, cancelled) = (0, 0, 0);
        for (var seed = 0; seed < Schedules; seed++)
        {
            await using var schedule = new Schedule(seed);
            schedule.Play();
            onEvidence += schedule.OnEvidence;
            atDeadline += schedule.AtDeadline;
            cancelled += schedule.Cancelled;
        }

        // What never happens is not tested.
        Assert.True(onEvidence > Schedules / 2 && atDeadline > Schedules / 2 && cancelled > Schedules / 20, $"{onEvidence} on evidence, {atDeadline} at their deadlines, {cancelled} called off");
    }

    private sealed class Schedule : IAsyncDisposable
    {
        private readonly int _seed;
        private readonly Random _random;
        private readonly ControlledCluster _cluster;
        private readonly List<ModelGroup> _groups = [];
        private readonly HashSet<string> _ended = [];
        private readonly (TimeSpan From, TimeSpan To) _storm;
        private readonly ElbFault _fault;
        private string? _problem;

        public Schedule(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            _cluster = new ControlledCluster(1 + _random.Next(2), hasBalancers: true);
            _cluster.Registrar!.Lag = () => Seconds(0, 20);
            for (var number = 0; number < 1 + _random.Next(2); number++)
            {
                var group = _cluster.Registrar.Bind("web", _random.Next(3) == 0 ? "network" : "application", name: $"group-{number}");
                group.DeregistrationDelay = Seconds(0, 300);
                _groups.Add(group);
            }

            var from = Seconds(30, 120);
            _storm = _random.Next(2) == 0 ? (from, from + Seconds(1, 60)) : default;
            _fault = (ElbFault)_random.Next(4);
            _cluster.Api.Store.Changed += () => _cluster.Api.Store.All(ApiKind.Pod, "rec").Where(pod => pod.IsTerminating() && _ended.Add(pod.Name())).ToList().ForEach(Ended);
        }

        public int OnEvidence { get; private set; }

        public int AtDeadline { get; private set; }

        public int Cancelled { get; private set; }

        public void Play() => _cluster.Run(async cluster =>
        {
            SetUp(cluster.Replicas);
            string[] names = [.. Enumerable.Range(1, 1 + _random.Next(4)).Select(number => $"web-{number}")];
            for (var number = 0; number < names.Length; number++)
            {
                cluster.PutPod(names[number], $$"""
                    {"metadata": {"annotations": {"prestop/drain": "{{30 + _random.Next(210)}}s"} }, "status": {"podIPs": [{"ip": "10.0.1.{{number + 1}}"}]} }
                    """);
            }

            await cluster.WaitAsync(25);
            var restarting = cluster.Replicas.Count == 2 && _random.Next(2) == 0 ? RestartAsync() : Task.CompletedTask;
            await Task.WhenAll(names.Select(AskAsync));
            await restarting;
            await cluster.WaitAsync(260);

            Assert.True(_problem is null, _problem);
            Assert.Equal(names.Order(), _ended.Order());
        });

        public ValueTask DisposeAsync() => _cluster.DisposeAsync();

        private void SetUp(IEnumerable<ControlledCluster.Replica> replicas)
        {
            foreach (var replica in replicas)
            {
                var slowest = _random.NextDouble() < 0.8 ? 0.2 : 4;
                replica.Elb!.Latency = () => Seconds(0.001, slowest);
                replica.Elb.Fault = call => _storm.From <= _cluster.Clock.Now && _cluster.Clock.Now < _storm.To && _random.NextDouble() < 0.9 ? new ElbError(_fault, call, "a storm") : null;
            }
        }

        private async Task RestartAsync()
        {
            await Task.Delay(Seconds(1, 120), _cluster.Clock);
            await _cluster.StopAsync(_cluster.First);
            await Task.Delay(Seconds(0, 5), _cluster.Clock);
            SetUp([_cluster.Start()]);
        }

        private async Task AskAsync(string pod)
        {
            await Task.Delay(Seconds(0, 60), _cluster.Clock);
            var asker = _random.Next(3);
            var isCancelled = asker != 0 && _random.Next(8) == 0;
            await WantGoneAsync();
            if (!isCancelled)
            {
                return;
            }

            await Task.Delay(Seconds(1, 29), _cluster.Clock);
            if (_cluster.Pod(pod)!.IsTerminating())
            {
                return;
            }

            Cancelled++;
            _cluster.ChangePod(pod, found => found.Child("metadata", "annotations")[ControllerNames.Wishes.Cancel] = "true");
            await Task.Delay(Seconds(10, 60), _cluster.Clock);
            await WantGoneAsync();

            async Task WantGoneAsync()
            {
                if (asker == 1)
                {
                    await _cluster.EvictAsync(pod);
                }
                else if (asker == 2)
                {
                    await _cluster.DeleteAsync(pod, ApiUser.Controller("replicaset-controller"));
                }
                else
                {
                    ApiAnswer answer;
                    while ((answer = await _cluster.DeleteAsync(pod)).Status == 429)
                    {
                        await _cluster.WaitAsync(int.Parse(answer.Header("Retry-After")!));
                    }
                }
            }
        }

        private void Ended(JsonObject pod)
        {
            var (now, until) = (_cluster.Clock.GetUtcNow(), DateTimeOffset.Parse(_cluster.Annotation(pod.Name(), ControllerNames.State.DrainUntil)!));
            Require(now <= until.AddSeconds(10), $"{pod.Name()} outlives its drain by {now - until}");
            if (now >= until)
            {
                AtDeadline++;
                return;
            }

            OnEvidence++;
            foreach (var group in _groups)
            {
                var left = _cluster.Registrar!.LeftAt(group, pod.Items("status", "podIPs").Single().Text("ip")!);
                var settle = DrainRule.DefaultSettle(group.Protocol == "HTTP" ? BalancerKind.Application : BalancerKind.Network);
                Require(left is { } at && _cluster.Clock.Now - at >= settle, $"{pod.Name()} ends at {_cluster.Clock.Now}, but left {group.Name} at {left?.ToString() ?? "no time"}; settle {settle}");
            }
        }

        private void Require(bool holds, string what) => _problem ??= holds ? null : $"schedule {_seed}: {what}";

        private TimeSpan Seconds(double from, double to) => TimeSpan.FromSeconds(from + (_random.NextDouble() * (to - from)));
    }
}
