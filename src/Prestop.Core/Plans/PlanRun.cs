using Prestop.Core.Waiting;

namespace Prestop.Core.Plans;

/// <summary>Carries out a plan.</summary>
/// <param name="plan">The plan.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts.</param>
/// <param name="observer">Is told of everything that happens.</param>
public sealed class PlanRun(Plan plan, TimeProvider time, Random random, IPlanObserver observer)
{
    /// <summary>
    /// Runs the plan to its end. <see cref="WaitEnd.Met"/> when the steps are done, or when the plan goes on after failures;
    /// otherwise the end of the step that stopped it.
    /// </summary>
    /// <param name="cancellation">The caller's way to call the plan off.</param>
    public async Task<WaitResult> RunAsync(CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var chain = plan.Max is { } max ? Deadline.After(max, start, time) : null;
        var loop = new WaitingLoop(
            new WaitingRules
            {
                Interval = plan.Interval,
                Successes = plan.Successes,
                Fallback = plan.Fallback is { } fallback ? Deadline.After(fallback, start, time) : null,
            },
            time,
            random);

        Task<WaitResult> RunStep(Step step, CancellationToken stop) => RunStepAsync(step, loop, chain, stop);
        var steps = plan.Order switch
        {
            StepOrder.InOrder => await InOrderAsync(RunStep, cancellation),
            StepOrder.Any => await SideBySideAsync(RunStep, Succeeded, cancellation),
            _ => await SideBySideAsync(RunStep, result => !Succeeded(result) && !plan.ContinueOnFailure, cancellation),
        };

        var calledOff = steps.End is WaitEnd.Cancelled || !await HoldUntilMinAsync(start, cancellation);
        var end = calledOff ? WaitEnd.Cancelled
            : Succeeded(steps) || plan.ContinueOnFailure ? WaitEnd.Met
            : steps.End;
        return new WaitResult(end, steps.Seen, time.GetElapsedTime(start));
    }

    private static bool Succeeded(WaitResult result) => result.End is WaitEnd.Met or WaitEnd.FellBack;

    private async Task<WaitResult> InOrderAsync(Func<Step, CancellationToken, Task<WaitResult>> run, CancellationToken cancellation)
    {
        WaitResult result = default;
        foreach (var step in plan.Steps)
        {
            result = await run(step, cancellation);
            if (result.End is WaitEnd.Cancelled || (!Succeeded(result) && !plan.ContinueOnFailure))
            {
                break;
            }
        }

        return result;
    }

    /// <summary>
    /// Runs all steps until one of them decides, then calls the others off and waits until they have stopped. Where none
    /// decides, the mildest end speaks for all: a deadline before a broken condition.
    /// </summary>
    private async Task<WaitResult> SideBySideAsync(
        Func<Step, CancellationToken, Task<WaitResult>> run, Predicate<WaitResult> decides, CancellationToken cancellation)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        WaitResult? mildest = null;
        WaitResult? decision = null;

        List<Task<WaitResult>> running = [.. plan.Steps.Select(step => run(step, rest.Token))];
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            var result = await ended;
            if (decision is not null)
            {
                continue;
            }

            mildest = mildest?.End <= result.End ? mildest : result;
            if (decides(result) || result.End is WaitEnd.Cancelled)
            {
                decision = result;
                rest.Cancel();
            }
        }

        return decision ?? mildest!.Value;
    }

    private async Task<WaitResult> RunStepAsync(Step step, WaitingLoop loop, Deadline? chain, CancellationToken cancellation)
    {
        var longest = plan.LongestOf(step);
        observer.Started(step, chain?.Left < longest ? chain.Left : longest);

        var start = time.GetTimestamp();
        var result = step switch
        {
            PauseStep pause => await RunPauseAsync(pause, start, chain ?? Deadline.Never(time), cancellation),
            ConditionStep wait => await loop.UntilMetAsync(
                wait.Condition,
                chain ?? Deadline.After(Plan.ConditionMax, start, time),
                observation => observer.Looked(step, observation),
                cancellation),
            _ => throw new ArgumentException($"unknown kind of step: {step}", nameof(step)),
        };
        observer.Ended(step, result);
        return result;
    }

    private async Task<WaitResult> RunPauseAsync(PauseStep pause, long start, Deadline deadline, CancellationToken cancellation)
    {
        using var limit = deadline.Or(cancellation);
        var whole = await Pause.UntilAsync(pause.Length, start, time, limit.Token);
        return new WaitResult(whole ? WaitEnd.Met : limit.End, "", time.GetElapsedTime(start));
    }

    /// <summary>False when the caller called it off. The deadline cannot come first: <c>Min</c> is not above <c>Max</c>.</summary>
    private async Task<bool> HoldUntilMinAsync(long start, CancellationToken cancellation)
    {
        var left = plan.Min - time.GetElapsedTime(start);
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        observer.HoldsUntilMin(left);
        return await Pause.UntilAsync(plan.Min, start, time, cancellation);
    }
}
