using Prestop.Options;
using Prestop.Report;
using Xunit;

namespace Prestop.Tests.Report;

public class PlanFlawsTests
{
    [Theory]
    [InlineData("28s --grace 30s")]
    [InlineData("inf")]
    [InlineData("inf --max inf")]
    [InlineData("inf http://h/ --any")]
    [InlineData("3s --max 3s")]
    [InlineData("200ms 300ms --max 500ms")]
    [InlineData("http://h/ --fallback 25s")]
    [InlineData("1s --fallback 60s")]
    [InlineData("40s http://h/ --fallback 60s")]
    [InlineData("http://h/ --fallback 30s --max 30s -- true")]
    [InlineData("idle://:80 --quiet 9s --max 10s")]
    [InlineData("gone:idle://:80 --quiet 60s")]
    [InlineData("inf 1s --any -- true")]
    public void A_sound_plan_has_none(string line) => Assert.Empty(Find(line));

    [Theory]
    [InlineData("60s --grace 30s", "the plan can take 1m of a grace period of 30s: raise terminationGracePeriodSeconds to 62, or shorten its steps to 28s")]
    [InlineData("28.1s --grace 30s", "the plan can take 28.1s of a grace period of 30s: raise terminationGracePeriodSeconds to 31, or shorten its steps to 28s")]
    [InlineData("http://h/ --max 60s --grace 30s", "the plan can take 1m of a grace period of 30s: raise terminationGracePeriodSeconds to 62, or lower --max to 28s")]
    [InlineData("5s --min 60s --grace 30s", "the plan can take 1m of a grace period of 30s: raise terminationGracePeriodSeconds to 62, or lower --min to 28s")]
    [InlineData("http://h/ --min 40s --max 60s --fallback 50s --grace 30s",
        "the plan can take 1m of a grace period of 30s: raise terminationGracePeriodSeconds to 62, or lower --max and --min and --fallback to 28s")]
    [InlineData("1s --grace 1s", "the plan can take 1s of a grace period of 1s: raise terminationGracePeriodSeconds to 3")]
    [InlineData("inf --grace 30s", "the plan can take for ever of a grace period of 30s: shorten its steps to 28s")]
    public void A_plan_that_does_not_leave_two_seconds_of_the_grace_period_is_told_the_ways_out(string line, string flaw) =>
        Assert.Equal(flaw, Assert.Single(Find(line)));

    [Theory]
    [InlineData("5s --max 3s", "'5s' can never be done by the deadline of 3s, since it cannot end before 5s: raise --max to that, or shorten it")]
    [InlineData("2s 2s --max 3s -- true",
        "'2s' can never be done by the deadline of 3s, since it cannot end before 4s: raise --max to that, or shorten it; COMMAND is never run")]
    [InlineData("2s 2s --max 3s --on-failure continue -- true",
        "'2s' can never be done by the deadline of 3s, since it cannot end before 4s: raise --max to that, or shorten it")]
    [InlineData("inf --max 10s", "'inf' can never be done by the deadline of 10s, since it never ends")]
    [InlineData("idle://:80 --quiet 20s --max 10s",
        "'idle://:80' can never be done by the deadline of 10s, since it cannot end before 20s: raise --max above that, or lower --quiet, --successes or --interval")]
    [InlineData("closed://:80 --quiet 10s --max 10s",
        "'closed://:80' can never be done by the deadline of 10s, since it cannot end before 10s: raise --max above that, or lower --quiet, --successes or --interval")]
    [InlineData("http://h/ --successes 101 --interval 1s",
        "'http://h/' can never be done by the deadline of 25s, since it cannot end before 1m30s: raise --max above that, or lower --quiet, --successes or --interval")]
    [InlineData("http://h/ --successes 2 --interval inf", "'http://h/' can never be done by the deadline of 25s, since it never ends")]
    public void A_step_that_can_never_be_done_is_told(string line, string flaw) => Assert.Equal(flaw, Assert.Single(Find(line)));

    [Theory]
    [InlineData("inf -- true")]
    [InlineData("inf http://h/")]
    [InlineData("inf inf --any -- true")]
    [InlineData("inf 1s --all -- true")]
    public void What_is_never_reached_is_told(string line) =>
        Assert.Equal("'inf' never ends, so what follows it is never reached: give a duration that ends", Assert.Single(Find(line)));

    [Theory]
    [InlineData("http://h/ --fallback 60s", "--fallback 1m never begins, since the deadline comes after 25s: raise --max to 1m, or lower --fallback")]
    [InlineData("http://h/ --fallback 60s --max 59s", "--fallback 1m never begins, since the deadline comes after 59s: raise --max to 1m, or lower --fallback")]
    public void A_fallback_behind_the_deadline_is_told(string line, string flaw) => Assert.Equal(flaw, Assert.Single(Find(line)));

    [Fact]
    public void Lengths_that_are_almost_for_ever_are_no_trouble()
    {
        Assert.Contains("raise terminationGracePeriodSeconds", Assert.Single(Find("922337203685.4775806s --grace 1h")), StringComparison.Ordinal);
        Assert.StartsWith("      0s  sleep ", Timeline.Draw(Read("922337203685.4775806s 1s"), []), StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Find(string line) => PlanFlaws.Of(Read(line));

    private static Invocation.Wait Read(string line) => Assert.IsType<Invocation.Wait>(InvocationReader.Read(line.Split(' '), _ => null, TimeProvider.System));
}
