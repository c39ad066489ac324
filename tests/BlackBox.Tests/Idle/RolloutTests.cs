using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Idle;

/// <summary>Pods that are deleted while a balancer sends to them and the kubelet probes them; <c>./build.sh bench evidence</c> has many more.</summary>
public sealed class RolloutTests
{
    private static readonly (Check, double) EverySecond = (Check.Http, 1), EveryOtherSecond = (Check.Http, 2);

    [Fact]
    public async Task Probes_do_not_keep_busy_pods_from_their_end()
    {
        var busy = new Rollout(new Even(50) { KeptOpen = 4 }, TimeSpan.FromSeconds(2));

        await AllEndInTimeAsync(
            busy with { Probes = [EverySecond] }, busy with { Probes = [EveryOtherSecond] }, busy with { Probes = [EverySecond, (Check.Tcp, 3)] });
    }

    [Fact]
    public async Task Quiet_pods_do_not_end_before_their_balancer_has_stopped()
    {
        var lag = TimeSpan.FromSeconds(8);

        await AllEndInTimeAsync(
            new Rollout(new Even(1 / 3.0), lag),
            new Rollout(new Even(1 / 6.0) { KeptOpen = 1 }, lag) { Probes = [EverySecond] },
            new Rollout(new Independent(0.25), lag) { Probes = [EveryOtherSecond] });
    }

    private static async Task AllEndInTimeAsync(params Rollout[] rollouts)
    {
        using var pods = await PodsOnNode.CreateAsync(rollouts.Length);
        var hooks = rollouts.Select((_, index) => new EmptyRoot { Network = pods.Network(index + 1), Proc = true }).ToList();

        await Task.WhenAll(rollouts.Select(async (rollout, index) =>
        {
            Child? prestop = null;
            var end = await rollout.RunAsync(pods.Place(index + 1), null, async () =>
            {
                prestop = hooks[index].Run("prestop", "--min", "2s", "--max", "50s", $"idle://:{App.Port}");
                await prestop.ExitsWithAsync(0);
                return true;
            }, seed: index);

            await using (prestop)
            {
                Assert.False(end.IsEarly, $"{rollout}: {end}{Environment.NewLine}{prestop}");
                Assert.Equal(0, end.Failed);
            }
        }));
    }
}
