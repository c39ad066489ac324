using Prestop.Options;
using Xunit;

namespace Prestop.Tests.Options;

public class SuggestionsTests
{
    [Theory]
    [InlineData("prestop --on-failure ", "continue stop")]
    [InlineData("prestop --on-failure=c", "--on-failure=continue")]
    [InlineData("prestop --max 5s --log-to p", "pid1")]
    [InlineData("prestop --max ", "")]
    [InlineData("prestop --quiet ", "auto")]
    [InlineData("prestop --ignore=n", "--ignore=node --ignore=none")]
    [InlineData("prestop --max 5s htt", "http:// https://")]
    [InlineData("prestop --max 5s --ma", "--max")]
    [InlineData("prestop -X ", "")]
    [InlineData("prestop gon", "gone:")]
    [InlineData("prestop 5s gone:ht", "gone:http:// gone:https://")]
    [InlineData("prestop inst", "install")]
    [InlineData("prestop install inst", "")]
    [InlineData("prestop 5s -- --ma", "")]
    [InlineData("prestop  --a", "--all --answer-timeout --any")]
    public void Suggests_what_can_stand_there(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', Ask(line, line.Length).Order(StringComparer.Ordinal)));

    [Fact]
    public void What_stands_behind_the_cursor_does_not_count() => Assert.Equal(["--max"], Ask("prestop --ma 5s", "prestop --ma".Length));

    [Fact]
    public void An_empty_word_may_become_any_step_or_command() => Assert.Superset(new HashSet<string> { "dns://", "gone:", "install" }, Ask("prestop ", 8).ToHashSet());

    [Theory]
    [InlineData("[suggest:x]", "prestop ")]
    [InlineData("suggest:8", "prestop ")]
    [InlineData("[suggest:8]")]
    public void All_else_is_no_question(params string[] words) => Assert.Null(Suggestions.For(words));

    private static string[] Ask(string line, int position) =>
        Suggestions.For([$"[suggest:{position}]", line])!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
