using Prestop.Elb.Client;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Client;

public class CallBudgetTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void A_burst_goes_at_once_and_the_rest_in_its_rhythm()
    {
        var budget = new CallBudget(2, 3, _clock);

        Assert.Equal([0, 0, 0, 0.5, 1, 1.5], Turns(budget, 6));
    }

    [Fact]
    public void A_rest_earns_no_more_than_one_burst()
    {
        var budget = new CallBudget(2, 3, _clock);
        Turns(budget, 3);
        _clock.Run(() => Rest(3600));

        var start = _clock.Now.TotalSeconds;
        Assert.Equal([0, 0, 0, 0.5], Turns(budget, 4).Select(turn => turn - start));
    }

    [Fact]
    public void Who_gives_up_waits_no_longer()
    {
        var budget = new CallBudget(0.1, 1, _clock);
        Turns(budget, 1);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2), _clock);

        Assert.ThrowsAny<OperationCanceledException>(() => _clock.Run(async () =>
        {
            await budget.TakeAsync(stop.Token);
            return 0;
        }));
        Assert.Equal(2, _clock.Now.TotalSeconds);
    }

    private List<double> Turns(CallBudget budget, int count)
    {
        var turns = new List<double>();
        _clock.Run(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
            {
                await budget.TakeAsync(TestContext.Current.CancellationToken);
                turns.Add(_clock.Now.TotalSeconds);
            }));
            return 0;
        });
        return turns;
    }

    private async Task<int> Rest(double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), _clock);
        return 0;
    }
}
