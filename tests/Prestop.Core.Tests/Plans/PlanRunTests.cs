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
        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "", Seconds(4)), Run(new Plan { Steps = [Sleep(2), Sleep(3)], Max = Seconds(4) }));
    }

    [Fact]
    public void Without_max_each_condition_has_25_seconds_of_its_own_and_pauses_have_no_limit()
    {
        var plan = new Plan { Steps = [Sleep(100), Until(Script.NotMet)] };

        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "not met", Seconds(125)), Run(plan));
    }

    [Fact]
    public void A_failed_step_stops_the_chain()
    {
        var later = new Script(Script.Met);

        var result = Run(new Plan { Steps = [Until(Script.Broken), new ConditionStep("later", later)] });

        Assert.Equal(WaitEnd.Broken, result.End);
        Assert.Equal(0, later.Asked);
    }

    [Fact]
    public void A_failed_step_is_passed_over_when_told_to_continue()
    {
        var later = new Script(Script.Met);

        var result = Run(new Plan { Steps = [Until(Script.Broken), new ConditionStep("later", later)], ContinueOnFailure = true });

        Assert.Equal(WaitEnd.Met, result.End);
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
        Assert.Equal(new WaitResult(WaitEnd.Broken, "broken", Seconds(8)), Run(new Plan { Steps = [Until(Script.Broken)], Min = Seconds(8) }));
    }

    [Fact]
    public void The_fallback_counts_from_the_start_of_the_plan()
    {
        var plan = new Plan { Steps = [Sleep(5), Until(Script.Unclear), Sleep(1)], Fallback = Seconds(20), Max = Seconds(60) };

        Assert.Equal(Met(21), Run(plan));
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

        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "not met", Seconds(5)), Run(plan));
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

        Assert.Equal(new WaitResult(WaitEnd.Broken, "broken", TimeSpan.Zero), Run(plan));
        Assert.True(hanging.WasCancelled);
    }

    [Fact]
    public void The_same_step_twice_is_two_steps()
    {
        var step = Sleep(2);

        Assert.Equal(Seconds(2), Run(new Plan { Steps = [step, step], Order = StepOrder.All }).Elapsed);
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

    private static WaitResult Met(int seconds, string seen = "") => new(WaitEnd.Met, seen, Seconds(seconds));

    private WaitResult Run(Plan plan, CancellationToken cancellation = default) =>
        _clock.Run(() => new PlanRun(plan, _clock, new Random(1), _story).RunAsync(cancellation));

    private sealed class Story : IPlanObserver
    {
        public List<WaitEnd> Ends { get; } = [];

        public List<TimeSpan> Holds { get; } = [];

        public void Started(Step step, TimeSpan longest)
        {
        }

        public void Looked(Step step, Observation observation)
        {
        }

        public void Ended(Step step, WaitResult result) => Ends.Add(result.End);

        public void HoldsUntilMin(TimeSpan left) => Holds.Add(left);
    }
}
