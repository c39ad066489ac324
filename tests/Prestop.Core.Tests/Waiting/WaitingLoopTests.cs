using Prestop.Core.Waiting;
using Prestop.Testing;
using Xunit;

namespace Prestop.Core.Tests.Waiting;

public class WaitingLoopTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeClock _clock = new();
    private readonly List<Observation> _looks = [];

    [Fact]
    public void Asks_at_once()
    {
        var result = Wait(new Script(Script.Met));

        Assert.Equal(new WaitResult(WaitEnd.Met, "met", TimeSpan.Zero), result);
    }

    [Fact]
    public void Asks_again_after_each_interval_until_met()
    {
        var script = new Script(Script.NotMet, Script.Absent, Script.Unclear, Script.Met);

        var result = Wait(script, new WaitingRules { Interval = Second });

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.Equal(4, script.Asked);
        Assert.Equal([Script.NotMet, Script.Absent, Script.Unclear, Script.Met], _looks);
        Assert.InRange(result.Elapsed, 3 * 0.9 * Second, 3 * 1.1 * Second);
    }

    [Fact]
    public void The_interval_is_spread_by_a_tenth_to_both_sides()
    {
        var gaps = new List<double>();
        var script = new Script([.. Enumerable.Repeat(Script.NotMet, 1000), Script.Met]);
        var last = TimeSpan.Zero;

        _clock.Run(() => Loop(new WaitingRules { Interval = Second }).UntilMetAsync(
            script,
            Deadline.Never(_clock),
            _ =>
            {
                gaps.Add((_clock.Now - last) / Second);
                last = _clock.Now;
            },
            TestContext.Current.CancellationToken));

        Assert.InRange(gaps.Skip(1).Min(), 0.9, 0.95);
        Assert.InRange(gaps.Skip(1).Max(), 1.05, 1.101);
    }

    [Fact]
    public void A_condition_may_say_itself_when_to_look_again()
    {
        var script = new Script(Script.NotMet with { LookAgainIn = TimeSpan.FromMilliseconds(42) }, Script.Met);

        Assert.Equal(TimeSpan.FromMilliseconds(42), Wait(script).Elapsed);
    }

    [Fact]
    public void The_deadline_ends_the_wait_and_tells_what_was_seen_last()
    {
        var result = Wait(new Script(Script.NotMet), deadline: 10 * Second);

        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "not met", 10 * Second), result);
    }

    [Fact]
    public void The_deadline_ends_a_look_that_hangs()
    {
        var hanging = Script.Hanging();

        var result = Wait(hanging, deadline: 3 * Second);

        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "", 3 * Second), result);
        Assert.True(hanging.WasCancelled);
    }

    [Fact]
    public void The_deadline_ends_a_look_that_is_deaf_to_cancellation()
    {
        var deaf = new DeafCondition();

        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(deaf, deadline: Second).End);
    }

    [Fact]
    public void The_caller_is_told_apart_from_the_deadline()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(2 * Second, caller.Cancel);

        var result = Wait(new Script(Script.NotMet), deadline: 10 * Second, cancellation: caller.Token);

        Assert.Equal(WaitEnd.Cancelled, result.End);
        Assert.Equal(2 * Second, result.Elapsed);
    }

    [Fact]
    public void The_caller_counts_before_a_deadline_at_the_same_moment()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(2 * Second, caller.Cancel);

        Assert.Equal(WaitEnd.Cancelled, Wait(Script.Hanging(), deadline: 2 * Second, cancellation: caller.Token).End);
    }

    [Fact]
    public void What_is_broken_is_not_asked_again()
    {
        var script = new Script(Script.NotMet, Script.Broken, Script.Met);

        Assert.Equal(WaitEnd.Broken, Wait(script).End);
        Assert.Equal(2, script.Asked);
    }

    [Fact]
    public void Successes_must_follow_each_other()
    {
        var flapping = new Script(Script.Met, Script.Met, Script.NotMet, Script.Met, Script.Met, Script.Met);

        Assert.Equal(WaitEnd.Met, Wait(flapping, new WaitingRules { Successes = 3 }).End);
        Assert.Equal(6, flapping.Asked);
    }

    [Fact]
    public void A_condition_that_cannot_be_judged_is_let_go_at_the_fallback()
    {
        var result = Wait(new Script(Script.Unclear), Fallback(7 * Second));

        Assert.Equal(new WaitResult(WaitEnd.FellBack, "unclear", 7 * Second), result);
    }

    [Fact]
    public void A_broken_condition_is_held_until_the_fallback()
    {
        var script = new Script(Script.Broken);

        var result = Wait(script, Fallback(7 * Second));

        Assert.Equal(new WaitResult(WaitEnd.FellBack, "broken", 7 * Second), result);
        Assert.Equal(1, script.Asked);
    }

    [Fact]
    public void A_condition_that_was_judged_is_waited_for_beyond_the_fallback()
    {
        var result = Wait(new Script(Script.NotMet), Fallback(7 * Second), deadline: 20 * Second);

        Assert.Equal(WaitEnd.DeadlineExceeded, result.End);
    }

    [Fact]
    public void The_deadline_comes_before_a_later_fallback()
    {
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(new Script(Script.Broken), Fallback(30 * Second), deadline: 20 * Second).End);
    }

    [Fact]
    public void A_look_that_is_still_pending_is_let_go_at_the_fallback_with_or_without_a_deadline_at_that_moment()
    {
        var hanging = Script.Hanging();

        Assert.Equal(new WaitResult(WaitEnd.FellBack, "", 7 * Second), Wait(hanging, Fallback(7 * Second), deadline: 20 * Second));
        Assert.True(hanging.WasCancelled);
        Assert.Equal(WaitEnd.FellBack, Wait(Script.Hanging(), Fallback(7 * Second), deadline: 7 * Second).End);
        Assert.Equal(WaitEnd.FellBack, Wait(new DeafCondition(), Fallback(7 * Second)).End);
    }

    [Fact]
    public void A_look_that_is_being_judged_is_waited_for_beyond_the_fallback()
    {
        var judged = new Script { IsBeingJudged = true };

        Assert.Equal(new WaitResult(WaitEnd.DeadlineExceeded, "", 20 * Second), Wait(judged, Fallback(7 * Second), deadline: 20 * Second));
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(new GoneCondition(judged), Fallback(7 * Second), deadline: 20 * Second).End);
    }

    [Fact]
    public void A_look_after_a_judgement_is_waited_for_beyond_the_fallback()
    {
        var hangs = new Sequence(() => Task.FromResult(Script.NotMet), () => new TaskCompletionSource<Observation>().Task);

        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(hangs, Fallback(7 * Second), deadline: 20 * Second).End);
    }

    [Fact]
    public void The_caller_ends_a_look_before_the_fallback()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(2 * Second, caller.Cancel);

        Assert.Equal(WaitEnd.Cancelled, Wait(Script.Hanging(), Fallback(7 * Second), cancellation: caller.Token).End);
    }

    [Fact]
    public void What_a_condition_throws_makes_it_broken_with_the_words_of_it()
    {
        var thrown = new Sequence(() => throw new InvalidOperationException("no such thing"));
        var later = new Sequence(() => Task.FromException<Observation>(new TimeoutException("The time is over")));
        var cancelled = new Sequence(() => Task.FromCanceled<Observation>(new CancellationToken(canceled: true)));

        Assert.Equal((WaitEnd.Broken, "unforeseen failure: InvalidOperationException: no such thing"), (Wait(thrown).End, Wait(thrown).Seen));
        Assert.Equal("unforeseen failure: TimeoutException: The time is over", Wait(later).Seen);
        Assert.Equal(WaitEnd.Broken, Wait(cancelled).End);
        Assert.Equal(WaitEnd.FellBack, Wait(thrown, Fallback(7 * Second)).End);
    }

    [Theory]
    [InlineData("IO_PathNotFound_Path, /secret")]
    [InlineData("Arg_OverflowException")]
    [InlineData("net_invalid_ip_addr Arg_ParamName_Name, hostName")]
    [InlineData("Overflow")]
    [InlineData("Overflow, secret")]
    public void The_name_of_a_message_and_what_stands_behind_it_are_not_shown(string message) =>
        Assert.Equal("unforeseen failure: IOException", Wait(new Sequence(() => throw new IOException(message))).Seen);

    [Fact]
    public void An_endless_interval_means_one_look()
    {
        var script = new Script(Script.NotMet);

        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(script, new WaitingRules { Interval = TimeSpan.MaxValue }, deadline: 90 * Second).End);
        Assert.Equal(1, script.Asked);
    }

    [Theory]
    [InlineData(25)]
    [InlineData(48)]
    [InlineData(60)]
    public void Deadlines_intervals_and_fallbacks_may_be_longer_than_timers(int days)
    {
        var length = TimeSpan.FromDays(days);
        _clock.At(TimeSpan.FromDays(100), () => { });
        using var caller = new CancellationTokenSource();
        _clock.At(TimeSpan.FromDays(70), caller.Cancel);

        var rules = new WaitingRules { Interval = length, Fallback = Deadline.After(length, 0, _clock) };
        Assert.Equal(WaitEnd.Cancelled, Wait(new Script(Script.NotMet), rules, deadline: length, cancellation: caller.Token).End);
    }

    [Fact]
    public void A_deadline_that_is_no_whole_number_of_milliseconds_does_not_come_early()
    {
        var length = TimeSpan.FromMicroseconds(1_500_300.1);

        Assert.InRange(Wait(Script.Hanging(), deadline: length).Elapsed, length, length + TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Gone_is_met_by_what_is_certain_only()
    {
        Assert.Equal(WaitEnd.Met, Wait(new GoneCondition(new Script(Script.Absent))).End);
        Assert.Equal(WaitEnd.Met, Wait(new GoneCondition(new Script(Script.NotMet))).End);
        Assert.Equal(WaitEnd.Broken, Wait(new GoneCondition(new Script(Script.Broken))).End);
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(new GoneCondition(new Script(Script.Met)), deadline: Second).End);
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(new GoneCondition(new Script(Script.Unclear)), deadline: Second).End);
    }

    private WaitingLoop Loop(WaitingRules rules) => new(rules, _clock, new Random(1));

    private WaitingRules Fallback(TimeSpan after) => new() { Fallback = Deadline.After(after, _clock.GetTimestamp(), _clock) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void At_the_deadline_a_condition_may_settle_for_less(bool hangs)
    {
        var settled = new Observation(Finding.Met, "quiet for 6 s, as long as --max allows");
        var script = hangs ? new Script() { Settled = settled } : new Script(Script.NotMet) { Settled = settled };

        var result = Wait(script, deadline: Second);

        Assert.Equal(new WaitResult(WaitEnd.Met, settled.Seen, Second), result);
        Assert.Equal(settled, _looks[^1]);
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(new GoneCondition(new Script(Script.Met) { Settled = settled }), deadline: Second).End);
    }

    [Fact]
    public void It_is_not_asked_to_settle_when_the_caller_calls_it_off()
    {
        using var caller = new CancellationTokenSource();
        _clock.At(0.5 * Second, caller.Cancel);

        var result = _clock.Run(() => Loop(new WaitingRules()).UntilMetAsync(
            new Script(Script.NotMet) { Settled = Script.Met }, Deadline.After(Second, 0, _clock), _looks.Add, caller.Token));

        Assert.Equal(WaitEnd.Cancelled, result.End);
    }

    private WaitResult Wait(
        ICondition condition, WaitingRules? rules = null, TimeSpan? deadline = null, CancellationToken cancellation = default)
    {
        var limit = deadline is { } length ? Deadline.After(length, _clock.GetTimestamp(), _clock) : Deadline.Never(_clock);
        return _clock.Run(() => Loop(rules ?? new WaitingRules()).UntilMetAsync(condition, limit, _looks.Add, cancellation));
    }

    private sealed class Sequence(params Func<Task<Observation>>[] answers) : ICondition
    {
        private int _asked;

        public ValueTask<Observation> AskAsync(CancellationToken cancellation) => new(answers[Math.Min(_asked++, answers.Length - 1)]());
    }

    private sealed class DeafCondition : ICondition
    {
        public ValueTask<Observation> AskAsync(CancellationToken cancellation) => new(new TaskCompletionSource<Observation>().Task);
    }
}
