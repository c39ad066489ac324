namespace Prestop.Core.Waiting;

/// <summary>Asks a condition until it is met, can never be judged, or time is up.</summary>
/// <param name="rules">How often, and how many times in a row.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts.</param>
public sealed class WaitingLoop(WaitingRules rules, TimeProvider time, Random random)
{
    /// <summary>Waits. No exception leaves but a fault of the condition itself.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="looked">Is told of every look.</param>
    /// <param name="cancellation">The caller's way to call the wait off.</param>
    public async Task<WaitResult> UntilMetAsync(
        ICondition condition, Deadline deadline, Action<Observation> looked, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        using var limit = deadline.Or(cancellation);
        var last = new Observation(Finding.Unclear, "");
        var inARow = 0;

        try
        {
            while (true)
            {
                // A look that is deaf to cancellation (getaddrinfo cannot be interrupted) must not outlast the deadline.
                last = await condition.AskAsync(limit.Token).AsTask().WaitAsync(limit.Token);
                looked(last);

                inARow = last.Finding is Finding.Met ? inARow + 1 : 0;
                if (inARow >= rules.Successes)
                {
                    return Ended(WaitEnd.Met);
                }

                if (last.Finding is Finding.Broken)
                {
                    return Ended(await HoldUntilFallbackAsync(limit.Token));
                }

                var delay = last.LookAgainIn ?? rules.Interval * (1 + (WaitingRules.Jitter * ((2 * random.NextDouble()) - 1)));
                var fallsBack = !last.IsJudged && rules.Fallback?.Left <= delay;
                await DelayAsync(fallsBack ? rules.Fallback!.Left : delay, limit.Token);
                if (fallsBack)
                {
                    return Ended(WaitEnd.FellBack);
                }
            }
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested)
        {
            return Ended(limit.End);
        }

        WaitResult Ended(WaitEnd end) => new(end, last.Seen, time.GetElapsedTime(start));
    }

    private async Task<WaitEnd> HoldUntilFallbackAsync(CancellationToken limit)
    {
        if (rules.Fallback is null)
        {
            return WaitEnd.Broken;
        }

        await DelayAsync(rules.Fallback.Left, limit);
        return WaitEnd.FellBack;
    }

    private async Task DelayAsync(TimeSpan length, CancellationToken limit)
    {
        if (!await Pause.UntilAsync(length, time.GetTimestamp(), time, limit))
        {
            throw new OperationCanceledException(limit);
        }
    }
}
