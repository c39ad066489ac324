namespace Prestop.Core.Waiting;

/// <summary>Asks a condition until it is met, can never be judged, or time is up. What ends at the deadline has ended in time.</summary>
/// <param name="rules">How often, and how many times in a row.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts.</param>
public sealed class WaitingLoop(WaitingRules rules, TimeProvider time, Random random)
{
    /// <summary>Waits. No exception leaves: what a condition throws is a broken condition.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="looked">Is told of every look.</param>
    /// <param name="cancellation">The caller's way to call the wait off.</param>
    public Task<WaitResult> UntilMetAsync(
        ICondition condition, Deadline deadline, Action<Observation> looked, CancellationToken cancellation) =>
        RunAsync(condition, null, new Progress(), deadline, looked, cancellation);

    /// <summary>
    /// Goes on with a condition that was met just now until a moment at which it must hold. Where it does not hold then, waits until it is
    /// met again.
    /// </summary>
    /// <param name="condition">What was waited for, and what can be watched.</param>
    /// <param name="seen">What was seen of it when it was met.</param>
    /// <param name="moment">When it must hold; the deadline is not before it.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="looked">Is told of every look.</param>
    /// <param name="cancellation">The caller's way to call the wait off.</param>
    public Task<WaitResult> UntilHoldsAtAsync(
        ICondition condition, string seen, Deadline moment, Deadline deadline, Action<Observation> looked, CancellationToken cancellation) =>
        RunAsync(
            condition,
            moment,
            new Progress { Last = new Observation(Finding.Met, seen), InARow = rules.Successes },
            deadline,
            looked,
            cancellation);

    private async Task<WaitResult> RunAsync(
        ICondition condition, Deadline? moment, Progress known, Deadline deadline, Action<Observation> looked, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        using var limit = deadline.Or(cancellation);
        using var fallbackLimit = rules.Fallback?.ComesBy(deadline) is true ? rules.Fallback.Or(cancellation) : null;
        using var end = new CancellationTokenSource();
        try
        {
            for (var isFirst = moment is null; ; isFirst = false)
            {
                if (!isFirst)
                {
                    var next = NextLook(known.Last, moment);
                    var fallsBack = known.Last.Finding is Finding.Broken || (!known.Last.IsJudged && rules.Fallback?.ComesBy(next) is true);
                    if (!await ArrivesAsync(fallsBack ? rules.Fallback! : next, deadline, cancellation))
                    {
                        return OutOfTime();
                    }

                    if (fallsBack)
                    {
                        return Ended(WaitEnd.FellBack);
                    }
                }

                var look = AskAsync(condition, end.Token);
                if (fallbackLimit is not null && !known.Last.IsJudged
                    && !await EndsAsync(look, fallbackLimit) && !condition.IsBeingJudged)
                {
                    return Ended(cancellation.IsCancellationRequested ? WaitEnd.Cancelled : WaitEnd.FellBack);
                }

                if (!await EndsAsync(look, limit))
                {
                    // The look at the end of a hold may not come to its answer any more: then the one before it counts.
                    return limit.End is WaitEnd.DeadlineExceeded && IsDone() ? Ended(WaitEnd.Met) : OutOfTime();
                }

                known = known.With(await look);
                looked(known.Last);
                if (IsDone())
                {
                    return Ended(WaitEnd.Met);
                }

                if (known.Last.Finding is Finding.Broken && rules.Fallback is null)
                {
                    return Ended(WaitEnd.Broken);
                }
            }
        }
        finally
        {
            // A look that is deaf to this (getaddrinfo cannot be interrupted) is left alone: nobody waits for it.
            end.Cancel();
        }

        bool IsDone() => known.InARow >= rules.Successes && (moment is null || moment.HasCome);

        WaitResult OutOfTime()
        {
            if (limit.End is WaitEnd.DeadlineExceeded && AtDeadline(condition) is { } settled)
            {
                known = known.With(settled);
                looked(settled);
                return Ended(WaitEnd.Met);
            }

            return Ended(limit.End);
        }

        WaitResult Ended(WaitEnd how) => new(how, known.Last.Seen, time.GetElapsedTime(start));
    }

    /// <summary>The one boundary between conditions and everything else: whatever goes wrong in one, the wait goes by its rules.</summary>
    private static async Task<Observation> AskAsync(ICondition condition, CancellationToken cancellation)
    {
        try
        {
            return await condition.AskAsync(cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            return new Observation(Finding.Broken, $"unforeseen failure: {WordsOf(failure)}");
        }
    }

    private static Observation? AtDeadline(ICondition condition)
    {
        try
        {
            return condition.AtDeadline();
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>
    /// A trimmed program has names in place of .NET's messages, and what they would be filled in with, which may be secret, behind a
    /// comma (UseSystemResourceKeys): <c>net_http_headers_invalid_value, VALUE</c>.
    /// </summary>
    private static string WordsOf(Exception failure)
    {
        var start = failure.Message.Split(' ')[0];
        var isName = start.Contains('_', StringComparison.Ordinal) || start.Contains(',', StringComparison.Ordinal) || start == failure.Message;
        return isName ? failure.GetType().Name : $"{failure.GetType().Name}: {failure.Message}";
    }

    /// <summary>Waits for a look. False when the limit came first and the look had not ended at that moment.</summary>
    private static async Task<bool> EndsAsync(Task look, DeadlineTokenSource limit)
    {
        try
        {
            await look.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested)
        {
            // Whether the look ended as well is what counts.
        }

        return look.IsCompleted;
    }

    private Deadline NextLook(in Observation last, Deadline? moment)
    {
        var interval = rules.Interval < Deadline.Longest
            ? rules.Interval * (1 + (WaitingRules.Jitter * ((2 * random.NextDouble()) - 1)))
            : TimeSpan.MaxValue;
        var next = Deadline.After(last.LookAgainIn ?? interval, time.GetTimestamp(), time);
        return moment is { HasCome: false } && moment.ComesBy(next) ? moment : next;
    }

    /// <summary>Waits for a moment. False when the deadline or the caller came first; a moment at the deadline has come.</summary>
    private static async Task<bool> ArrivesAsync(Deadline moment, Deadline deadline, CancellationToken cancellation)
    {
        var isInTime = moment.ComesBy(deadline);
        return await (isInTime ? moment : deadline).ArrivesAsync(cancellation) && isInTime;
    }

    private readonly record struct Progress()
    {
        public Observation Last { get; init; } = new(Finding.Unclear, "");

        public int InARow { get; init; }

        public Progress With(in Observation seen) => new() { Last = seen, InARow = seen.Finding is Finding.Met ? InARow + 1 : 0 };
    }
}

/// <summary>How a condition is asked again and again.</summary>
public sealed record WaitingRules
{
    /// <summary>The share of the interval by which an attempt may come sooner or later, so that pods do not ask in step.</summary>
    public const double Jitter = 0.1;

    /// <summary>Between the end of an attempt and the start of the next; the first attempt is at once. Default 500 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many attempts in a row must find the condition met; 1 or more. Default 1.</summary>
    public int Successes { get; init; } = 1;

    /// <summary>When a condition that could not be judged is let go; null: never.</summary>
    public Deadline? Fallback { get; init; }
}

/// <summary>How a wait can end, the mildest first.</summary>
public enum WaitEnd
{
    /// <summary>What was waited for has come.</summary>
    Met,

    /// <summary>The condition could not be judged by the time at which a plain sleep would have been over.</summary>
    FellBack,

    /// <summary>The deadline came first.</summary>
    DeadlineExceeded,

    /// <summary>The condition can never be judged.</summary>
    Broken,

    /// <summary>The caller called it off.</summary>
    Cancelled,
}

/// <summary>The end of a wait.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Seen">What was seen last, in words; empty when nothing was.</param>
/// <param name="Elapsed">How long it took.</param>
public readonly record struct WaitResult(WaitEnd End, string Seen, TimeSpan Elapsed);
