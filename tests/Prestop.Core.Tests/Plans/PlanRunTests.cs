using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Testing;
using Xunit;

namespace Prestop.Core.Tests.Plans;

public class PlanRunTests
{
    private readonly FakeClock _clock = new();
    private readonly Story _story = new();

    [Fact]
    public void Pauses_follow_each_other()
    {
        Assert.Equal(Met(5), Run(new Plan { Steps = [Sleep(2), Sleep(3)] }));
    }

    [Fact]
    public void Max_bounds_pauses_too()
    {
        Assert.Equal(Failed(4), Run(new Plan { Steps = [Sleep(2), Sleep(3)], Max = Seconds(4) }));
    }

    [Fact]
    public void Without_max_each_condition_has_25_seconds_of_its_own_and_pauses_have_no_limit()
    {
        var plan = new Plan { Steps = [Sleep(100), Until(Script.NotMet)] };

        Assert.Equal(Failed(125, "not met"), Run(plan));
    }

    [Fact]
    public void A_failed_step_stops_the_chain()
    {
        var later = new Script(Script.Met);

        var result = Run(new Plan { Steps = [Until(Script.Broken), new ConditionStep("later", later)] });

        Assert.Equal((WaitEnd.Broken, false), (result.End, result.GoesOn));
        Assert.Equal(0, later.Asked);
    }

    [Theory]
    [InlineData(StepOrder.InOrder)]
    [InlineData(StepOrder.Any)]
    [InlineData(StepOrder.All)]
    public void The_run_disposes_of_all_conditions_once_also_of_those_that_were_never_asked_and_of_opposites(StepOrder order)
    {
        Script[] scripts = [new(Script.Broken), new(Script.Met), Script.Hanging()];

        Run(new Plan { Steps = [Sleep(1), .. scripts.Select(script => new ConditionStep("", new GoneCondition(script)))], Order = order });

        Assert.All(scripts, script => Assert.Equal(1, script.Disposed));
    }

    [Fact]
    public void A_failed_step_is_passed_over_when_told_to_continue()
    {
        var later = new Script(Script.Met);

        var result = Run(new Plan { Steps = [Until(Script.Broken), new ConditionStep("later", later)], ContinueOnFailure = true });

        Assert.Equal((WaitEnd.Broken, true, "broken"), (result.End, result.GoesOn, result.Seen));
        Assert.Equal(1, later.Asked);
    }

    [Fact]
    public void After_the_deadline_of_the_chain_the_rest_is_passed_over_at_once_when_told_to_continue()
    {
        var plan = new Plan { Steps = [Until(Script.NotMet), Sleep(60), Until(Script.NotMet)], Max = Seconds(10), ContinueOnFailure = true };

        Assert.Equal(Seconds(10), Run(plan).Elapsed);
    }

    [Theory]
    [InlineData(StepOrder.InOrder)]
    [InlineData(StepOrder.Any)]
    [InlineData(StepOrder.All)]
    public void Min_holds_however_soon_the_steps_are(StepOrder order)
    {
        Assert.Equal(Met(8, "met"), Run(new Plan { Steps = [Until(Script.Met)], Order = order, Min = Seconds(8) }));
        Assert.Equal([Seconds(8)], _story.Holds);
    }

    [Fact]
    public void Min_holds_for_a_broken_condition_too()
    {
        Assert.Equal(new Outcome(WaitEnd.Broken, false, "broken", Seconds(8)), Run(new Plan { Steps = [Until(Script.Broken)], Min = Seconds(8) }));
    }

    [Fact]
    public void The_fallback_counts_from_the_start_of_the_plan()
    {
        var plan = new Plan { Steps = [Sleep(5), Until(Script.Unclear), Sleep(1)], Fallback = Seconds(20), Max = Seconds(60) };

        Assert.Equal(new Outcome(WaitEnd.FellBack, true, "unclear", Seconds(21)), Run(plan));
    }

    [Fact]
    public void Any_ends_with_the_first_step_and_calls_the_others_off()
    {
        var hanging = Script.Hanging();

        var result = Run(new Plan { Steps = [new ConditionStep("hanging", hanging), Sleep(3)], Order = StepOrder.Any });

        Assert.Equal(Met(3), result);
        Assert.True(hanging.WasCancelled);
        Assert.Equal([WaitEnd.Met, WaitEnd.Cancelled], _story.Ends);
    }

    [Fact]
    public void Any_goes_on_while_a_step_is_left_that_can_still_be_done()
    {
        Assert.Equal(Met(3), Run(new Plan { Steps = [Until(Script.Broken), Sleep(3)], Order = StepOrder.Any }));
    }

    [Fact]
    public void Any_fails_with_the_mildest_end_when_no_step_is_done()
    {
        var plan = new Plan { Steps = [Until(Script.Broken), Until(Script.NotMet)], Order = StepOrder.Any, Max = Seconds(5) };

        Assert.Equal(Failed(5, "not met"), Run(plan));
    }

    [Fact]
    public void All_ends_with_the_last_step()
    {
        Assert.Equal(Seconds(5), Run(new Plan { Steps = [Sleep(5), Sleep(2), Until(Script.Met)], Order = StepOrder.All }).Elapsed);
    }

    [Fact]
    public void All_fails_with_the_first_failure_and_calls_the_others_off()
    {
        var hanging = Script.Hanging();
        var plan = new Plan { Steps = [new ConditionStep("hanging", hanging), Until(Script.Broken), Sleep(9)], Order = StepOrder.All };

        Assert.Equal(new Outcome(WaitEnd.Broken, false, "broken", TimeSpan.Zero), Run(plan));
        Assert.True(hanging.WasCancelled);
    }

    [Fact]
    public void The_same_step_twice_is_two_steps()
    {
        var step = Sleep(2);

        Assert.Equal(Seconds(2), Run(new Plan { Steps = [step, step], Order = StepOrder.All }).Elapsed);
    }

    [Theory]
    [InlineData("3s")]
    [InlineData("3000000.9us")]
    [InlineData("1us 2000000.5us 3s")]
    public void Durations_that_end_at_the_deadline_are_done(string lengths)
    {
        PauseStep[] steps = [.. lengths.Split(' ').Select(text => Duration.TryParse(text, out var length, out _) ? new PauseStep(text, length.ToTimeSpan()) : null!)];
        var sum = TimeSpan.FromTicks(steps.Sum(step => step.Length.Ticks));
        var clock = new SlowClock(_clock);

        var result = _clock.Run(() =>
            new PlanRun(new Plan { Steps = steps, Max = sum }, clock, new Random(1), _story).RunAsync(TestContext.Current.CancellationToken));

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed, sum, sum + TimeSpan.FromMilliseconds(2));
    }

    [Theory]
    [InlineData(StepOrder.InOrder)]
    [InlineData(StepOrder.Any)]
    [InlineData(StepOrder.All)]
    public void A_duration_as_long_as_the_deadline_is_done(StepOrder order) =>
        Assert.Equal(Met(3), Run(new Plan { Steps = [Sleep(3)], Order = order, Max = Seconds(3) }));

    [Fact]
    public void A_fallback_at_the_deadline_comes_first()
    {
        var expected = new Outcome(WaitEnd.FellBack, true, "absent", Seconds(6));

        Assert.Equal(expected, Run(new Plan { Steps = [Until(Script.Absent)], Fallback = Seconds(6), Max = Seconds(6) }));
    }

    [Fact]
    public void While_min_holds_a_condition_must_go_on_being_met()
    {
        // Met after 3 s, no longer at 5 s, again at 12 s.
        var step = ByTime(now => now is >= 3 and < 5 or >= 12 ? Script.Met : Script.NotMet);

        var result = Run(new Plan { Steps = [step], Min = Seconds(10), Interval = Seconds(1) });

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed, Seconds(12), Seconds(14));
    }

    [Fact]
    public void A_condition_that_holds_again_by_the_end_of_min_is_met_at_that_moment()
    {
        var step = ByTime(now => now is >= 3 and < 5 or >= 7 ? Script.Met : Script.NotMet);

        Assert.Equal(Seconds(10), Run(new Plan { Steps = [step], Min = Seconds(10) }).Elapsed);
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(null, 25)]
    public void What_no_longer_holds_when_min_ends_is_waited_for_until_the_deadline(int? max, int end)
    {
        var step = ByTime(now => now < 5 ? Script.Met : Script.NotMet);

        var plan = new Plan { Steps = [step], Min = Seconds(10), Max = max is { } seconds ? Seconds(seconds) : null };

        Assert.Equal(Failed(end, "not met"), Run(plan));
    }

    [Fact]
    public void Without_a_deadline_behind_min_the_end_of_min_is_the_deadline()
    {
        Assert.Equal(Failed(40, "not met"), Run(new Plan { Steps = [ByTime(now => now < 5 ? Script.Met : Script.NotMet)], Min = Seconds(40) }));
        Assert.Equal(Met(40, "met"), new PlanRunTests().Run(new Plan { Steps = [Until(Script.Met)], Min = Seconds(40) }));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(60)]
    public void Where_the_look_at_the_end_of_min_is_not_answered_the_one_before_it_counts(int max)
    {
        var hangs = new HangingAfter(TimeSpan.FromSeconds(29.9), _clock);

        Assert.Equal(Met(max, "met"), Run(new Plan { Steps = [new ConditionStep("x", hangs)], Min = Seconds(30), Max = Seconds(max) }));
    }

    [Fact]
    public void In_order_the_last_condition_that_can_be_watched_is_watched()
    {
        var once = new Script(Script.Met, Script.NotMet) { CanBeWatched = false };
        Step[] steps = [ByTime(now => now == 0 ? Script.Met : Script.NotMet), Until(Script.Met), new ConditionStep("once", once), Sleep(2)];

        Assert.Equal(Met(8), Run(new Plan { Steps = steps, Min = Seconds(8) }) with { Seen = "" });
        Assert.Equal(["met"], _story.Watched);
        Assert.Equal(1, once.Asked);
    }

    [Fact]
    public void With_all_every_condition_must_hold_when_min_ends()
    {
        Step[] steps = [ByTime(now => now is < 2 or > 15 ? Script.Met : Script.NotMet), Until(Script.Met)];

        var result = Run(new Plan { Steps = steps, Order = StepOrder.All, Min = Seconds(8) });

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed, Seconds(15), Seconds(17));
    }

    [Fact]
    public void With_any_the_condition_that_was_met_must_hold_when_min_ends()
    {
        Step[] steps = [Until(Script.NotMet), ByTime(now => now is < 2 or > 15 ? Script.Met : Script.NotMet)];

        Assert.InRange(Run(new Plan { Steps = steps, Order = StepOrder.Any, Min = Seconds(8) }).Elapsed, Seconds(15), Seconds(17));
        Assert.Equal(["by time"], _story.Watched);
    }

    [Fact]
    public void What_breaks_while_min_holds_is_told_when_min_ends()
    {
        var step = ByTime(now => now < 3 ? Script.Met : Script.Broken);

        Assert.Equal(new Outcome(WaitEnd.Broken, false, "broken", Seconds(8)), Run(new Plan { Steps = [step], Min = Seconds(8) }));
    }

    [Fact]
    public void With_all_the_first_of_the_severest_ends_speaks_for_the_plan_that_continues()
    {
        var plan = new Plan { Steps = [Until(Script.Met), Until(Script.Broken), Sleep(3)], Order = StepOrder.All, ContinueOnFailure = true };

        Assert.Equal(new Outcome(WaitEnd.Broken, true, "broken", Seconds(3)), Run(plan));
    }

    [Fact]
    public void What_cannot_be_done_before_its_deadline_is_known_beforehand()
    {
        static ConditionStep Quiet(int seconds) => new("quiet", new Script(Script.Met) { ShortestWait = Seconds(seconds) });
        static ImpossibleStep? Find(Plan plan) => plan.FirstImpossible;

        Assert.Null(Find(new Plan { Steps = [Sleep(3)], Max = Seconds(3) }));
        Assert.Equal((Seconds(4), Seconds(3)), (Find(new Plan { Steps = [Sleep(2), Sleep(2)], Max = Seconds(3) })!.Value.End, Seconds(3)));
        Assert.Null(Find(new Plan { Steps = [Quiet(5)] }));
        Assert.Null(Find(new Plan { Steps = [Sleep(60), Quiet(24)] }));
        Assert.Equal((Seconds(85), Seconds(85)), (Find(new Plan { Steps = [Sleep(60), Quiet(25)] })!.Value.End, Find(new Plan { Steps = [Sleep(60), Quiet(25)] })!.Value.Deadline));
        Assert.NotNull(Find(new Plan { Steps = [Quiet(20)], Max = Seconds(10) }));
        Assert.NotNull(Find(new Plan { Steps = [Sleep(1), Quiet(20)], Max = Seconds(10), Order = StepOrder.All }));
        Assert.Null(Find(new Plan { Steps = [Sleep(1), Quiet(20)], Max = Seconds(10), Order = StepOrder.Any }));
        Assert.NotNull(Find(new Plan { Steps = [Until(Script.Met)], Successes = 100, Interval = Seconds(1) }));
        Assert.NotNull(Find(new Plan { Steps = [Until(Script.Met)], Successes = 2, Interval = TimeSpan.MaxValue, Max = TimeSpan.MaxValue }));
        Assert.Null(Find(new Plan { Steps = [Until(Script.Met)], Interval = TimeSpan.MaxValue }));
    }

    [Theory]
    [InlineData(StepOrder.InOrder)]
    [InlineData(StepOrder.Any)]
    [InlineData(StepOrder.All)]
    public void The_caller_ends_everything_and_min_does_not_hold_it(StepOrder order)
    {
        using var caller = new CancellationTokenSource();
        _clock.At(Seconds(2), caller.Cancel);
        var plan = new Plan { Steps = [Sleep(9), Until(Script.NotMet)], Order = order, Min = Seconds(9), ContinueOnFailure = true };

        var result = Run(plan, caller.Token);

        Assert.Equal((WaitEnd.Cancelled, Seconds(2)), (result.End, result.Elapsed));
    }

    [Fact]
    public void The_caller_ends_the_hold_for_min()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(Seconds(2), caller.Cancel);

        Assert.Equal(WaitEnd.Cancelled, Run(new Plan { Steps = [Sleep(1)], Min = Seconds(9) }, caller.Token).End);
    }

    [Fact]
    public void The_longest_run_is_what_the_bounds_allow()
    {
        Step wait = Until(Script.Met);

        Assert.Equal(Seconds(5 + 25), new Plan { Steps = [Sleep(5), wait] }.LongestRun);
        Assert.Equal(Seconds(12), new Plan { Steps = [Sleep(5), wait], Max = Seconds(12) }.LongestRun);
        Assert.Equal(Seconds(40), new Plan { Steps = [Sleep(5), wait], Min = Seconds(40) }.LongestRun);
        Assert.Equal(Seconds(5), new Plan { Steps = [Sleep(5), wait], Order = StepOrder.Any }.LongestRun);
        Assert.Equal(Seconds(25), new Plan { Steps = [Sleep(5), wait], Order = StepOrder.All }.LongestRun);
        Assert.Equal(TimeSpan.MaxValue, new Plan { Steps = [new PauseStep("inf", TimeSpan.MaxValue), wait] }.LongestRun);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static PauseStep Sleep(int seconds) => new($"{seconds}s", Seconds(seconds));

    private static ConditionStep Until(Observation answer) => new(answer.Seen, new Script(answer));

    private static Outcome Met(int seconds, string seen = "") => new(WaitEnd.Met, true, seen, Seconds(seconds));

    private static Outcome Failed(int seconds, string seen = "") => new(WaitEnd.DeadlineExceeded, false, seen, Seconds(seconds));

    /// <summary>Answers by the time of the clock.</summary>
    private ConditionStep ByTime(Func<double, Observation> answer) => new("by time", new TimedCondition(() => answer(_clock.Now.TotalSeconds)));

    private Outcome Run(Plan plan, CancellationToken cancellation = default)
    {
        var result = _clock.Run(() => new PlanRun(plan, _clock, new Random(1), _story).RunAsync(cancellation));
        return new Outcome(result.End, result.GoesOn, result.Seen, result.Elapsed);
    }

    private sealed record Outcome(WaitEnd End, bool GoesOn, string Seen, TimeSpan Elapsed);

    private sealed class TimedCondition(Func<Observation> answer) : ICondition
    {
        public ValueTask<Observation> AskAsync(CancellationToken cancellation) => ValueTask.FromResult(answer());
    }

    /// <summary>Met, until from some time on it hangs.</summary>
    private sealed class HangingAfter(TimeSpan time, FakeClock clock) : ICondition
    {
        public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
        {
            await Task.Delay(clock.Now < time ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellation);
            return Script.Met;
        }
    }

    /// <summary>A clock that goes on by 100 ns whenever it is read, as a real one does between two instructions.</summary>
    private sealed class SlowClock(FakeClock clock) : TimeProvider
    {
        private long _reads;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp() + ++_reads;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Story : IPlanObserver
    {
        public List<WaitEnd> Ends { get; } = [];

        public List<TimeSpan> Holds { get; } = [];

        public List<string> Watched { get; } = [];

        public void Started(Step step, TimeSpan longest)
        {
        }

        public void Looked(Step step, Observation observation)
        {
        }

        public void Ended(Step step, WaitResult result) => Ends.Add(result.End);

        public void HoldsUntilMin(TimeSpan left, IReadOnlyList<Step> watched)
        {
            Holds.Add(left);
            Watched.AddRange(watched.Select(step => step.Text));
        }
    }
}
