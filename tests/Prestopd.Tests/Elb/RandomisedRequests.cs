using System.Globalization;
using Prestop.Elb.Client;
using Prestop.Elb.Draining;
using Prestop.Elb.Tests.ElbService;
using Xunit;

namespace Prestopd.Tests.Elb;

/// <summary>
/// Random callers of the whole service, against what was truly so: pods that leave and come back, balancers of both kinds, a slow API that fails for a while, callers
/// that hang up, write nonsense or come after SIGTERM.
/// </summary>
public sealed class RandomisedRequests
{
    private const int Runs = 1000;

    [Fact]
    public void None_is_answered_200_while_a_balancer_may_still_send()
    {
        var answers = new Dictionary<int, int>();
        for (var seed = 0; seed < Runs; seed++)
        {
            foreach (var status in new Run(seed).Play())
            {
                answers[status] = answers.GetValueOrDefault(status) + 1;
            }
        }

        // What never happens is not tested.
        Assert.All([200, 400, 404, 499, 502, 503, 504], status => Assert.InRange(answers.GetValueOrDefault(status), Runs / 20, int.MaxValue));
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);

        public IReadOnlyList<int> Play()
        {
            // From the beginning of one group's look to the end of the other's.
            var (interval, slowest) = (Seconds(1, 8), _random.Next(2) == 0 ? 0.1 : 2);
            using var rig = new ElbRig(seed, interval, maxWaits: 6, longestShutdown: 150);
            rig.Api.Latency = () => TimeSpan.FromSeconds(Seconds(0.001, slowest));
            var (stormy, denied) = (Seconds(0, 300), _random.Next(8) == 0 ? Seconds(0, 300) : double.MaxValue);
            rig.Api.Fault = call => rig.Clock.Now.TotalSeconds is var now && now > denied ? new ElbError(ElbFault.Denied, call, "denied")
                : now > stormy && now < stormy + 20 ? new ElbError((ElbFault)_random.Next(4), call, "a storm")
                : null;
            var lives = new Dictionary<(ModelGroup Group, string Pod), List<(double From, double To)>>();
            foreach (var group in new[] { rig.Web, rig.Net })
            {
                foreach (var pod in Pods)
                {
                    lives[(group, pod)] = Live(rig, group, pod);
                }
            }

            if (_random.Next(3) == 0)
            {
                rig.At(Seconds(50, 400), () => rig.Shutdown.Signal("terminated"));
            }

            return [.. rig.Clock.Run(() => Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(rig, lives, (1.1 * interval) + (4 * slowest)))))];
        }

        private static string[] Pods => [ElbRig.Pod, "10.0.1.8", "fd00::9"];

        private double Seconds(double from, double to) => from + (_random.NextDouble() * (to - from));

        /// <summary>In service at first, then out, and some of them in again.</summary>
        private List<(double From, double To)> Live(ElbRig rig, ModelGroup group, string pod)
        {
            var spans = new List<(double From, double To)>();
            for (double at = 0; spans.Count == 0 || (spans.Count < 3 && _random.Next(3) == 0);)
            {
                var (from, to) = (at, at + Seconds(40, 200));
                spans.Add((from, to));
                rig.At(from, () => group.Set(pod, _random.Next(4) == 0 ? "initial" : "healthy"));
                rig.At(to, () => group.Set(pod, _random.Next(3) == 0 ? "" : "draining"));
                at = to + Seconds(5, 150);
            }

            return spans;
        }

        private async Task<int> AskAsync(ElbRig rig, Dictionary<(ModelGroup Group, string Pod), List<(double From, double To)>> lives, double unseen)
        {
            await Task.Delay(TimeSpan.FromSeconds(Seconds(1, 350)), rig.Clock);
            var (pod, isWeb) = (Pods[_random.Next(Pods.Length)], _random.Next(2) == 0);
            double? settle = _random.Next(2) == 0 ? Math.Round(Seconds(0, 60)) : null;
            var maxDelay = Math.Round(Seconds(1, 300));
            var name = (isWeb, _random.Next(12)) switch { (_, 0) => "ingress=none", (_, 1) => "ingress=/", (true, _) => "ingress=web", _ => "service=net" };
            using var caller = new CancellationTokenSource(TimeSpan.FromSeconds(_random.Next(6) == 0 ? Seconds(0, 100) : 10_000), rig.Clock);

            var answer = await rig.AskAsync(
                string.Create(CultureInfo.InvariantCulture, $"{name}&max-delay={maxDelay}{(settle is { } given ? $"&settle={given}" : "")}&ip={pod}&namespace=shop"), aborted: caller.Token);

            Assert.True(answer.Seconds <= maxDelay + 0.001, $"run {seed}: waited {answer.Seconds} of {maxDelay}");
            if (answer.Status == 200)
            {
                var now = rig.Clock.Now.TotalSeconds;
                var (group, kind) = isWeb ? (rig.Web, BalancerKind.Application) : (rig.Net, BalancerKind.Network);
                var needed = settle ?? DrainRule.DefaultSettle(kind).TotalSeconds;
                Assert.DoesNotContain(lives[(group, pod)], span => span.From < now - unseen && span.To > now - needed);
            }

            return answer.Status;
        }
    }
}
