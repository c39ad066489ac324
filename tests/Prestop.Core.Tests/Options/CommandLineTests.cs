using Prestop.Core.Options;
using Xunit;

namespace Prestop.Core.Tests.Options;

public class CommandLineTests
{
    private static readonly OptionSpec Max = new("--max-wait", "D", "", "", "X_");
    private static readonly OptionSpec Method = new("--method", "NAME", "", "") { ShortName = "-X" };
    private static readonly OptionSpec Quiet = new("--quiet", null, "", "") { ShortName = "-q" };
    private static readonly OptionSpec Verbose = new("--verbose", null, "", "") { ShortName = "-v" };

    [Theory]
    [InlineData("a b", "a|b")]
    [InlineData("a --max-wait 5s b", "a|b max=5s")]
    [InlineData("--max-wait=5s a", "a max=5s")]
    [InlineData("--max-wait=a=b", " max=a=b")]
    [InlineData("--max-wait --quiet", " max=--quiet")]
    [InlineData("--max-wait 1 --max-wait 2", " max=1,2")]
    [InlineData("-X POST", " method=POST")]
    [InlineData("-XPOST", " method=POST")]
    [InlineData("-qXPOST a", "a method=POST quiet")]
    [InlineData("-qX POST a", "a method=POST quiet")]
    [InlineData("-qv -q", " quiet verbose")]
    [InlineData("-", "-")]
    [InlineData("@a [b] c:d", "@a|[b]|c:d")]
    [InlineData("a -- --max-wait -- b", "a command=--max-wait|--|b")]
    [InlineData("--", " command=")]
    public void Words_are_sorted_as_getopt_does(string words, string expected)
    {
        var line = Read(words);

        Assert.Empty(line.Problems);
        Assert.Equal(expected, Told(line));
    }

    [Theory]
    [InlineData("--max", "unrecognized option '--max'")]
    [InlineData("--bogus=secret", "unrecognized option '--bogus'")]
    [InlineData("--bogus:secret", "unrecognized option '--bogus'")]
    [InlineData("-z", "unrecognized option '-z'")]
    [InlineData("-1", "unrecognized option '-1'")]
    [InlineData("-qzsecret", "unrecognized option '-z' in '-qz'")]
    [InlineData("--quiet=", "option '--quiet' takes no value: write it alone")]
    [InlineData("--quiet=true", "option '--quiet' takes no value: write it alone")]
    [InlineData("--max-wait", "option '--max-wait' needs a value: --max-wait D")]
    [InlineData("--max-wait=", "option '--max-wait' needs a value: --max-wait D")]
    [InlineData("--max-wait -- a", "option '--max-wait' needs a value: --max-wait D")]
    [InlineData("-qX", "option '--method' needs a value: --method NAME")]
    [InlineData("--max-wait:5s", "option '--max-wait' takes its value behind '=' or as the next word: write --max-wait D")]
    [InlineData("-X=POST", "option '-X' takes its value as the next word: write -X NAME")]
    [InlineData("-X:POST", "option '-X' takes its value as the next word: write -X NAME")]
    public void What_cannot_be_sorted_is_told_without_a_value(string words, string problem) => Assert.Equal(problem, Assert.Single(Read(words).Problems));

    [Theory]
    [InlineData("-u me:secret a")]
    [InlineData("--user me:secret a")]
    [InlineData("-q --user --quiet a")]
    public void The_word_behind_an_unknown_option_may_be_its_value_and_is_no_operand(string words) =>
        Assert.DoesNotContain("secret", Told(Read(words)), StringComparison.Ordinal);

    [Fact]
    public void A_variable_is_named_like_its_option() => Assert.Equal("X_MAX_WAIT", Max.Variable);

    private static CommandLine Read(string words) => CommandLine.Read(words.Split(' '), [Max, Method, Quiet, Verbose]);

    private static string Told(CommandLine line)
    {
        var told = string.Join('|', line.Operands);
        told += line.ValuesOf(Max) is { Count: > 0 } max ? $" max={string.Join(',', max)}" : "";
        told += line.ValuesOf(Method) is [var method] ? $" method={method}" : "";
        told += line.ValuesOf(Quiet).Count > 0 ? " quiet" : "";
        told += line.ValuesOf(Verbose).Count > 0 ? " verbose" : "";
        return told + (line.Command is { } command ? $" command={string.Join('|', command)}" : "");
    }
}
