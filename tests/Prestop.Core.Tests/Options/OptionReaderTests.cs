using Prestop.Core.Options;
using Xunit;

namespace Prestop.Core.Tests.Options;

public class OptionReaderTests
{
    private static readonly OptionSpec Time = new("--time", "D", "", "", "X_");
    private static readonly OptionSpec Count = new("--count", "N", "", "", "X_");
    private static readonly OptionSpec Form = new("--form", "text|json", "", "", "X_");
    private static readonly OptionSpec Secret = new("--secret", "TEXT", "", "", "X_") { IsSecret = true, IsRepeatable = true };
    private static readonly OptionSpec Flag = new("--flag", null, "", "", "X_");

    [Fact]
    public void The_command_line_comes_before_the_environment_and_the_last_value_counts()
    {
        Assert.Equal("3s", Reader("--time 2s --time 3s", "X_TIME=4s").Text(Time));
        Assert.Equal("4s", Reader("", "X_TIME= 4s\n").Text(Time));
        Assert.Null(Reader("", "X_TIME= ").Text(Time));
    }

    [Theory]
    [InlineData("--time 1ns", "--time '1ns': too short; write 1ms or more")]
    [InlineData("--time 2h", "--time '2h': too long; write 1h or less")]
    [InlineData("--time inf", "--time 'inf': too long; write 1h or less")]
    [InlineData("--time 5M", "--time '5M': not a duration; write 5m")]
    public void A_length_has_its_range(string words, string problem)
    {
        var reader = Reader(words);

        Assert.Null(reader.Length(Time, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)));
        Assert.Equal(problem, Assert.Single(reader.Problems));
    }

    [Fact]
    public void For_ever_may_be_beyond_the_range()
    {
        Assert.Equal(TimeSpan.MaxValue, Reader("--time inf").Length(Time, TimeSpan.Zero, TimeSpan.FromHours(1), orForever: true));

        var reader = Reader("--time 2h");
        Assert.Null(reader.Length(Time, TimeSpan.Zero, TimeSpan.FromHours(1), orForever: true));
        Assert.Equal("--time '2h': too long; write 1h or less, or inf", Assert.Single(reader.Problems));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("20", 20)]
    [InlineData("0", null)]
    [InlineData("21", null)]
    [InlineData("+1", null)]
    [InlineData("1e1", null)]
    [InlineData("99999999999", null)]
    public void A_number_has_its_range(string text, int? number)
    {
        var reader = Reader($"--count {text}");

        Assert.Equal(number, reader.Number(Count, 1, 20));
        Assert.Equal(number is null ? [$"--count '{text}': write a whole number from 1 to 20"] : [], reader.Problems);
    }

    [Fact]
    public void A_choice_is_one_of_those_that_its_form_lists()
    {
        Assert.Equal("json", Reader("--form json").Choice(Form));

        var reader = Reader("", "X_FORM=xml");
        Assert.Null(reader.Choice(Form));
        Assert.Equal("X_FORM 'xml': unknown; write text or json", Assert.Single(reader.Problems));
    }

    [Theory]
    [InlineData("--flag", "", true)]
    [InlineData("--flag", "X_FLAG=false", true)]
    [InlineData("", "X_FLAG=Yes", true)]
    [InlineData("", "X_FLAG=off", false)]
    [InlineData("", "", false)]
    public void A_flag_may_be_a_variable(string words, string variable, bool expected) => Assert.Equal(expected, Reader(words, variable).Flag(Flag));

    [Fact]
    public void A_variable_of_a_repeatable_option_has_a_value_in_each_line() =>
        Assert.Equal(["a", "b c"], Reader("", "X_SECRET=a\n\n b c \n").Texts(Secret));

    [Fact]
    public void A_value_that_may_be_secret_is_not_told_and_a_problem_is_told_once()
    {
        var line = CommandLine.Read(["--secret", "s3cret"], [Secret]);
        var reader = new OptionReader(line, _ => null, (OptionSpec _, string text, out string? problem) =>
        {
            problem = "cannot be replaced";
            return text;
        });

        Assert.Empty(reader.Texts(Secret));
        Assert.Empty(reader.Texts(Secret));
        Assert.Equal("--secret: cannot be replaced", Assert.Single(reader.Problems));
    }

    private static OptionReader Reader(string words, string variable = "")
    {
        var line = CommandLine.Read(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), [Time, Count, Form, Secret, Flag]);
        var equals = variable.IndexOf('=', StringComparison.Ordinal);
        return new OptionReader(line, name => equals > 0 && name == variable[..equals] ? variable[(equals + 1)..] : null);
    }
}
