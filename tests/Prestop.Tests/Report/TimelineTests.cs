using Prestop.Options;
using Prestop.Report;
using Xunit;

namespace Prestop.Tests.Report;

public class TimelineTests
{
    [Fact]
    public void A_chain_is_drawn_step_by_step()
    {
        Assert.Equal(
            """
                  0s  sleep 5s
                  5s  wait for http://h/, at most 25s
                 30s  at the latest: run /bin/true now
                 40s  the grace period ends: SIGKILL

            """,
            Draw("5s", "http://h/", "--grace", "40s", "--", "/bin/true", "now"));
    }

    [Fact]
    public void A_plan_that_does_not_fit_into_the_grace_period_is_warned_of_with_both_ways_out()
    {
        Assert.EndsWith(
            "warning: the plan can take 1m of a grace period of 30s: raise terminationGracePeriodSeconds to 62, or lower --max below 28s\n",
            Draw("60s", "--grace", "30s"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("28s", false)]
    [InlineData("28.1s", true)]
    public void The_plan_must_leave_two_seconds_of_the_grace_period(string length, bool warned) =>
        Assert.Equal(warned, Draw(length, "--grace", "30s").Contains("warning", StringComparison.Ordinal));

    [Fact]
    public void What_may_take_for_ever_is_said_to()
    {
        var timeline = Draw("infinity", "--grace", "30s");

        Assert.Contains("   never  at the latest: exit\n", timeline, StringComparison.Ordinal);
        Assert.Contains("warning: the plan can take for ever of a grace period of 30s: lower --max below 28s\n", timeline, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_side_by_side_begin_together()
    {
        Assert.Equal(
            """
                  0s  sleep 20s
                  0s  wait for http://h/, at most 25s
            side by side; the first that is done ends the wait
                  8s  not finished before this (--min)
                 20s  at the latest: exit

            """,
            Draw("20s", "http://h/", "--any", "--min", "8s"));
    }

    private static string Draw(params string[] words) => Timeline.Of(Assert.IsType<Request.Wait>(RequestReader.Read(words, _ => null)));
}
