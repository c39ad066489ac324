using System.Text;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sleep;

/// <summary>What it says and how it exits, held against the GNU sleep of this machine byte for byte.</summary>
public sealed class SleepMessageTests
{
    public static TheoryData<string[]> EndsAtOnce => new(
        [
            // Accepted, and no time at all.
            ["0"], ["0", "0s", "0m", "0h", "0d"], [".0"], ["0."], ["+0"], [" 0"], ["\t\n0"], ["000"], ["0e5"], ["0E-5"], ["0x0"], ["0X0P3"],
            ["0x0p0d"], ["0x.0"], ["0e99999999999999999999"], ["--", "-0"], ["--", "-0x0p-3d"], ["0", "--", "-0"], ["--", "0"],

            // Operands that are no durations.
            ["x"], ["x", "y"], ["0", "x", "0", "y"], [""], [" "], ["0 "], ["0 s"], ["."], ["+"], ["-"], ["+-0"], ["+ 0"], ["0ss"], ["0S"],
            ["0D"], ["0M"], ["42day"], ["42D"], ["1years"], ["infD"], ["1S"], ["0_1"], ["0b0"], ["0,1"], ["0:00"], ["00:00:00"], ["0sec"],
            ["0min"], ["e1"], [".e1"], ["0e"], ["0e+"], ["0es"], ["0x"], ["0xs"], ["0x."], ["0x.p1"], ["0x0p"], ["0x0ps"], ["nan"],
            ["NaN"], ["nan(1)"], ["-nan"], ["infi"], ["infinit"], ["10\u20AC"], ["--", "-1"], ["--", "-inf"], ["--", "-1e-3"],
            ["--", "--"], ["--", "--help"], ["0", "--", "x", "--", "-1"], ["0", "-"], ["a b"], ["a'b"], ["a\"b"], ["a\\b"], ["?"],

            // No operands.
            [], ["--"],

            // Options that do not exist.
            ["-1"], ["-h"], ["-ab"], ["-?"], ["--foo"], ["--foo=bar"], ["--help=x"], ["--hel=x"], ["--version="], ["--=x"], ["--="],
            ["---"], ["--helpx"], ["--Help"], ["0", "-1"], ["x", "-1"], ["-1", "--help"], ["x", "--foo", "--bar"], ["- 1"], ["--\n"],
        ]);

    [Theory]
    [MemberData(nameof(EndsAtOnce))]
    public void It_says_and_exits_what_GNU_does(string[] arguments) =>
        Assert.Equal(SleepFile.RunAsSleep(SleepFile.Gnu, arguments), SleepFile.RunAsSleep(SleepFile.Path, arguments));

    [Fact]
    public void A_bad_operand_is_named_before_the_advice()
    {
        var run = SleepFile.RunAsSleep(SleepFile.Path, "0", "5M", "1,5");
        Assert.Equal("sleep: invalid time interval '5M'\nsleep: invalid time interval '1,5'\nTry 'sleep --help' for more information.\n", run.Error);
        Assert.Equal(ExitStatus.With(1), run.Status);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void Every_byte_is_quoted_as_GNU_does()
    {
        byte[][] operands = [.. Enumerable.Range(1, 255).Select(value => new[] { (byte)'x', (byte)value, (byte)'7' })];
        Assert.Equal(SleepFile.RunAsSleep(SleepFile.Gnu, operands), SleepFile.RunAsSleep(SleepFile.Path, operands));
    }

    [Fact]
    public void Every_byte_that_is_no_option_letter_is_refused_as_GNU_does()
    {
        foreach (var value in Enumerable.Range(1, 255).Where(value => value != '-'))
        {
            byte[][] arguments = [[(byte)'-', (byte)value]];
            Assert.Equal(SleepFile.RunAsSleep(SleepFile.Gnu, arguments), SleepFile.RunAsSleep(SleepFile.Path, arguments));
        }
    }

    [Fact]
    public void An_operand_longer_than_its_buffer_is_quoted_whole()
    {
        byte[][] operands = [Encoding.ASCII.GetBytes(new string('\n', 100_000)), "y"u8.ToArray()];
        Assert.Equal(SleepFile.RunAsSleep(SleepFile.Gnu, operands), SleepFile.RunAsSleep(SleepFile.Path, operands));
    }

    [Theory]
    [InlineData("x", "--help")]
    [InlineData("0", "--", "-1")]
    [InlineData("--foo", "x")]
    [InlineData("--", "x")]
    public void With_POSIXLY_CORRECT_the_first_operand_ends_the_options(params string[] arguments) =>
        Assert.Equal(
            SleepFile.RunAsSleep(SleepFile.Gnu, SleepFile.Bytes(arguments), null, "POSIXLY_CORRECT="),
            SleepFile.RunAsSleep(SleepFile.Path, SleepFile.Bytes(arguments), null, "POSIXLY_CORRECT="));

    [Theory]
    [InlineData("")]
    [InlineData("/opt/odd name/sleep")]
    [InlineData("dir/")]
    public void Messages_begin_with_the_name_that_it_was_called_by(string name)
    {
        string[] badArguments = ["x", "--foo", "-1"];
        foreach (var argument in badArguments)
        {
            using var gnu = RawChild.Start(SleepFile.Gnu, SleepFile.Bytes(name, argument));
            using var ours = RawChild.Start(SleepFile.Path, SleepFile.Bytes(name, argument));
            Assert.Equal((gnu.Error, gnu.Wait()), (ours.Error, ours.Wait()));
        }
    }

    [Fact]
    public void A_caller_that_passes_no_arguments_at_all_gets_a_message()
    {
        using var child = RawChild.Start(SleepFile.Path, Array.Empty<byte[]>());
        Assert.EndsWith(": missing operand\nTry '" + child.Error[..child.Error.IndexOf(':', StringComparison.Ordinal)] + " --help' for more information.\n", child.Error, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.With(1), child.Wait());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--h")]
    [InlineData("--hel")]
    [InlineData("x", "--help")]
    [InlineData("infinity", "--help", "--version", "-1")]
    public void Help_goes_to_standard_output(params string[] arguments)
    {
        var run = SleepFile.RunAsSleep(SleepFile.Path, arguments);
        Assert.StartsWith("Usage: sleep DURATION...\n", run.Output, StringComparison.Ordinal);
        Assert.EndsWith(".\n", run.Output, StringComparison.Ordinal);
        string[] words = ["1m30s", "PT1M30S", "infinity", "--help", "--version", "0x1p-3"];
        Assert.All(words, word => Assert.Contains(word, run.Output, StringComparison.Ordinal));
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Equal(("", ExitStatus.With(0)), (run.Error, run.Status));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--v")]
    [InlineData("5M", "--version")]
    public void The_version_goes_to_standard_output(params string[] arguments)
    {
        var run = SleepFile.RunAsSleep(SleepFile.Path, arguments);
        Assert.Matches(@"^sleep \(PrestopSleep\) \d+\.\d+\.\d+\S*\n$", run.Output);
        Assert.Equal(("", ExitStatus.With(0)), (run.Error, run.Status));
    }

    [Theory]
    [InlineData("--help", null, "/dev/full", null)]
    [InlineData("--version", null, "/dev/full", null)]
    [InlineData("--help", null, "-", null)]
    [InlineData("--version", null, "-", null)]
    [InlineData("--help", "-", "-", "-")]
    [InlineData("--help", null, "/dev/full", "/dev/full")]
    [InlineData("0", null, "/dev/full", null)]
    [InlineData("0", "-", "-", "-")]
    [InlineData("0", null, null, "/dev/full")]
    [InlineData("x", null, null, "/dev/full")]
    [InlineData("x", "-", "-", "-")]
    [InlineData("x", null, null, "-")]
    [InlineData("--foo", null, null, "-")]
    public void Closed_and_full_streams_end_it_as_they_end_GNU_s(string argument, string? input, string? output, string? error)
    {
        string?[] streams = [input, output, error];
        Assert.Equal(
            SleepFile.RunAsSleep(SleepFile.Gnu, SleepFile.Bytes(argument), streams),
            SleepFile.RunAsSleep(SleepFile.Path, SleepFile.Bytes(argument), streams));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData(".0")]
    [InlineData("0.0m")]
    [InlineData("x")]
    [InlineData("0x")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("0S")]
    [InlineData("0 ")]
    [InlineData("nan")]
    public void Where_busybox_and_toybox_agree_it_exits_as_they_do(string argument)
    {
        using var busybox = RawChild.Start(SystemProgram.Busybox, SleepFile.Bytes("sleep", argument));
        using var toybox = RawChild.Start(SystemProgram.Find("toybox", "toybox"), SleepFile.Bytes("sleep", argument));
        var status = SleepFile.RunAsSleep(SleepFile.Path, argument).Status;
        Assert.Equal((status, status), (busybox.Wait(), toybox.Wait()));
    }

    [Theory]
    [InlineData("0ms")]
    [InlineData("0h0m0.0s")]
    [InlineData("0\u00B5s0\u03BCs0us0ns")]
    [InlineData("PT0S")]
    [InlineData("P0DT0H0M0S")]
    public void Durations_that_GNU_refuses_are_accepted(string argument)
    {
        Assert.Equal(ExitStatus.With(1), SleepFile.RunAsSleep(SleepFile.Gnu, argument).Status);
        Assert.Equal(new SleepFile.Run("", "", ExitStatus.With(0)), SleepFile.RunAsSleep(SleepFile.Path, argument));
    }
}
