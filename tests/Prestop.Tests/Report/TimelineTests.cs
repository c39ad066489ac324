using System.Text.Json;
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
                 30s  at the latest: run /bin/true now, with 10s left
                      after a deadline: exit 124; after a broken condition: exit 125
                 40s  the grace period ends: SIGKILL

            """,
            Draw("5s", "http://h/", "--grace", "40s", "--", "/bin/true", "now"));
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
                      after a deadline: exit 124; after a broken condition: exit 125

            """,
            Draw("20s", "http://h/", "--any", "--min", "8s"));
    }

    [Fact]
    public void Fallback_failures_and_what_the_command_gets_are_shown()
    {
        Assert.Equal(
            """
                  0s  wait for http://h/, at most 90s
                  1m  what cannot be judged until now is passed over (--fallback)
               1m30s  at the latest: run sh -c 'echo $(date) $(A)' ''
                      $(date) is not set: COMMAND gets these words
                      after a deadline or a broken condition: goes on all the same

            """.Replace("90s", "1m30s", StringComparison.Ordinal),
            Draw("http://h/", "--max", "90s", "--fallback", "60s", "--on-failure", "continue", "--", "sh", "-c", "echo $(date) $(A)", ""));
    }

    [Fact]
    public void Steps_behind_the_deadline_of_the_chain_begin_at_it()
    {
        Assert.Contains("     10s  wait for http://i/, at most 10s\n", Draw("http://h/", "http://i/", "--max", "10s"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_take_for_ever_is_said_to() => Assert.Contains("   never  at the latest: exit\n", Draw("inf"), StringComparison.Ordinal);

    [Fact]
    public void The_same_is_a_JSON_object_where_asked_for()
    {
        var wait = Read("5s", "http://h/?q", "--grace", "20s", "--min", "6s", "--", "sh", "-c", "$(A) $(B)");

        using var json = JsonDocument.Parse(Timeline.Json(wait, ["flaw"]));

        Assert.Equal(
            """
            {"order":"in-order","steps":[{"step":"5s","begin_seconds":0,"max_seconds":5},{"step":"http://h/?***","begin_seconds":5,"max_seconds":25}],"min_seconds":6,"on_failure":"stop","end_seconds":30,"grace_seconds":20,"command":["sh","-c","$(A) $(B)"],"unset":["B"],"warnings":["flaw"]}
            """,
            json.RootElement.GetRawText());
    }

    private static string Draw(params string[] words) => Timeline.Draw(Read(words), []);

    private static Invocation.Wait Read(params string[] words) =>
        Assert.IsType<Invocation.Wait>(InvocationReader.Read(words, name => name == "A" ? "a" : null, TimeProvider.System));
}
