using Prestop.Core.Waiting;

namespace Prestop.Core.Plans;

/// <summary>The end of a plan.</summary>
public sealed class PlanResult
{
    /// <summary>The step that decided how the plan ended.</summary>
    public required Step Step { get; init; }

    /// <summary>How that step ended.</summary>
    public required WaitEnd End { get; init; }

    /// <summary>Whether what stands behind the plan follows: all was met, or fell back, or failures are passed over.</summary>
    public required bool GoesOn { get; init; }

    /// <summary>What was seen of that step last, in words; empty when nothing was.</summary>
    public required string Seen { get; init; }

    /// <summary>How long the plan took.</summary>
    public required TimeSpan Elapsed { get; init; }
}

/// <summary>One run of a plan, whose time begins when this is made.</summary>
public sealed class PlanRun
{
    private readonly Plan _plan;
    private readonly TimeProvider _time;
    private readonly IPlanObserver _observer;
    private readonly long _start;
    private readonly Deadline _chain;
    private readonly WaitingLoop _loop;

    /// <summary>Starts the plan's time.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Spreads the attempts.</param>
    /// <param name="observer">Is told of everything that happens.</param>
    public PlanRun(Plan plan, TimeProvider time, Random random, IPlanObserver observer)
    {
        (_plan, _time, _observer, _start) = (plan, time, observer, time.GetTimestamp());
        _chain = plan.Max is { } max ? Deadline.After(max, _start, time) : Deadline.Never(time);
        var rules = new WaitingRules
        {
            Interval = plan.Interval,
            Successes = plan.Successes,
            Fallback = plan.Fallback is { } fallback ? Deadline.After(fallback, _start, time) : null,
        };
        _loop = new WaitingLoop(rules, time, random);
    }

    /// <summary>Runs the plan to its end, once, and disposes of its conditions.</summary>
    /// <param name="cancellation">The caller's way to call the plan off.</param>
    public async Task<PlanResult> RunAsync(CancellationToken cancellation)
    {
        try
        {
            return await RunStepsAsync(cancellation);
        }
        finally
        {
            foreach (var step in _plan.Steps)
            {
                if (step is ConditionStep { Condition: var condition })
                {
                    await condition.DisposeAsync();
                }
            }
        }
    }

    private async Task<PlanResult> RunStepsAsync(CancellationToken cancellation)
    {
        var ends = _plan.Order switch
        {
            StepOrder.InOrder => await InOrderAsync(cancellation),
            StepOrder.Any => await SideBySideAsync(BeginAll, IsSuccess, cancellation),
            _ => await SideBySideAsync(BeginAll, StopsPlan, cancellation),
        };
        var end = Decisive(ends);
        if (_plan.Min > _time.GetElapsedTime(_start) && end.End is not WaitEnd.Cancelled)
        {
            end = await HoldUntilMinAsync(end, StopsPlan(end) ? [] : Watched(ends), cancellation);
        }

        return new PlanResult
        {
            Step = end.Step,
            End = end.End,
            GoesOn = !StopsPlan(end),
            Seen = end.Seen,
            Elapsed = _time.GetElapsedTime(_start),
        };

        IEnumerable<Task<StepEnd>> BeginAll(CancellationToken stop) => _plan.Steps.Select(step => RunStepAsync(step, TimeSpan.Zero, stop));
    }

    private static bool IsSuccess(StepEnd step) => step.End is WaitEnd.Met or WaitEnd.FellBack;

    private bool StopsPlan(StepEnd step) => step.End is WaitEnd.Cancelled || (!IsSuccess(step) && !_plan.ContinueOnFailure);

    /// <summary>
    /// The end that speaks for the plan. Where one step is enough, the mildest: a deadline before a broken condition. Else the severest;
    /// where all were met, the last.
    /// </summary>
    private StepEnd Decisive(List<StepEnd> ends)
    {
        var decisive = ends[0];
        foreach (var end in ends)
        {
            var replaces = _plan.Order is StepOrder.Any
                ? end.End < decisive.End
                : end.End > decisive.End || decisive.End is WaitEnd.Met;
            decisive = replaces ? end : decisive;
        }

        return decisive;
    }

    private async Task<List<StepEnd>> InOrderAsync(CancellationToken cancellation)
    {
        var ends = new List<StepEnd>(_plan.Steps.Count);

        // A duration begins where the one before it ended by right, not when the timer fired: together they are exact.
        var begin = TimeSpan.Zero;
        foreach (var step in _plan.Steps)
        {
            var end = await RunStepAsync(step, begin, cancellation);
            ends.Add(end);
            if (StopsPlan(end))
            {
                break;
            }

            begin = step is PauseStep pause ? Plan.Add(begin, pause.Length) : _time.GetElapsedTime(_start);
        }

        return ends;
    }

    /// <summary>Runs all until one of them decides, then calls the others off and waits until they have stopped.</summary>
    /// <returns>The end that decided, or all.</returns>
    private static async Task<List<StepEnd>> SideBySideAsync(
        Func<CancellationToken, IEnumerable<Task<StepEnd>>> begin, Predicate<StepEnd> decides, CancellationToken cancellation)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ends = new List<StepEnd>();
        StepEnd? decision = null;

        List<Task<StepEnd>> running = [.. begin(rest.Token)];
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            var end = await ended;
            ends.Add(end);
            if (decision is null && (decides(end) || end.End is WaitEnd.Cancelled))
            {
                decision = end;
                rest.Cancel();
            }
        }

        return decision is null ? ends : [decision];
    }

    private async Task<StepEnd> RunStepAsync(Step step, TimeSpan begin, CancellationToken cancellation)
    {
        var longest = _plan.LongestOf(step);
        _observer.Started(step, _chain.Left < longest ? _chain.Left : longest);

        var start = _time.GetTimestamp();
        var deadline = _plan.Max is null ? Deadline.After(Plan.ConditionMax, start, _time) : _chain;
        var result = step switch
        {
            PauseStep pause => await RunPauseAsync(pause, begin, start, cancellation),
            ConditionStep wait => await _loop.UntilMetAsync(wait.Condition, deadline, seen => _observer.Looked(step, seen), cancellation),
            _ => throw new ArgumentException($"unknown kind of step: {step}", nameof(step)),
        };
        _observer.Ended(step, result);
        return new StepEnd(step, result.End, result.Seen, deadline);
    }

    private async Task<WaitResult> RunPauseAsync(PauseStep pause, TimeSpan begin, long start, CancellationToken cancellation)
    {
        var whole = Plan.Add(begin, pause.Length);
        var end = _plan.Max < whole ? _plan.Max.Value : whole;
        var isOver = await Pause.UntilAsync(end, _start, _time, cancellation);
        return new WaitResult(
            !isOver ? WaitEnd.Cancelled : end < whole ? WaitEnd.DeadlineExceeded : WaitEnd.Met, "", _time.GetElapsedTime(start));
    }

    /// <summary>
    /// The conditions that must hold when the least time ends: in order the last that can be watched, as steps before it may say the
    /// opposite; side by side every one that was met.
    /// </summary>
    private List<StepEnd> Watched(List<StepEnd> ends)
    {
        var met = ends.FindAll(end => end is { Step: ConditionStep { Condition.CanBeWatched: true }, End: WaitEnd.Met });
        return _plan.Order is StepOrder.InOrder && met.Count > 0 ? [met[^1]] : met;
    }

    private async Task<StepEnd> HoldUntilMinAsync(StepEnd end, List<StepEnd> watched, CancellationToken cancellation)
    {
        var min = Deadline.After(_plan.Min, _start, _time);
        _observer.HoldsUntilMin(min.Left, watched.ConvertAll(step => step.Step));
        var held = await SideBySideAsync(stop => watched.Select(step => HoldAsync(step, min, stop)), StopsPlan, cancellation);
        foreach (var hold in held)
        {
            end = hold.End > end.End || end.End is WaitEnd.Met ? hold : end;
        }

        return await min.ArrivesAsync(cancellation) ? end : new StepEnd(end.Step, WaitEnd.Cancelled, end.Seen, end.Deadline);
    }

    private async Task<StepEnd> HoldAsync(StepEnd met, Deadline min, CancellationToken cancellation)
    {
        var result = await _loop.UntilHoldsAtAsync(
            ((ConditionStep)met.Step).Condition,
            met.Seen,
            min,
            met.Deadline.ComesBy(min) ? min : met.Deadline,
            seen => _observer.Looked(met.Step, seen),
            cancellation);
        return new StepEnd(met.Step, result.End, result.Seen, met.Deadline);
    }

    private sealed class StepEnd(Step step, WaitEnd end, string seen, Deadline deadline)
    {
        public Step Step => step;

        public WaitEnd End => end;

        public string Seen => seen;

        public Deadline Deadline => deadline;
    }
}
