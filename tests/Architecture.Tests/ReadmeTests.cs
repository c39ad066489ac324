using System.Globalization;
using System.Text.RegularExpressions;
using Prestop.Conditions;
using Prestop.Core;
using Prestop.Core.Options;
using Prestop.Options;
using Prestopd;
using Prestopd.Controller;
using Prestopd.Elb;
using Prestopd.Hosting;
using Prestopd.Sidecar;
using Xunit;

namespace Architecture.Tests;

/// <summary>The tables of the README and of the reference in <c>docs/</c> against what the programs are made from.</summary>
public partial class ReadmeTests
{
    private static readonly string OfPrestop = House.Read("docs", "prestop.md");

    private static readonly IReadOnlyList<string> Documents =
        [.. Directory.EnumerateFiles(House.PathTo("docs"), "*.md").Append(House.PathTo("README.md")).Select(File.ReadAllText)];

    public static TheoryData<string> Options => [.. OptionTable.Rows.Select(row => row.Name)];

    public static TheoryData<string> Commands => [.. Program.Commands.Commands.Select(command => command.Name)];

    public static TheoryData<string> SchemeNames => [.. Schemes.All.Select(scheme => scheme.Name)];

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_has_its_row(string name)
    {
        OptionSpec row = OptionTable.Rows.Single(row => row.Name == name);
        var names = row.ShortName is null ? row.Name : $"{row.ShortName}, {row.Name}";
        var value = row.Form is null ? "" : " " + row.Form.Replace("|", "\\|", StringComparison.Ordinal);
        var usual = row.Default.Length == 0 ? "off" : row.Default;

        Assert.Contains($"| `{names}{value}` | {usual} | {row.Meaning} |", OfPrestop, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_options_lists_nothing_else()
    {
        var rows = OfPrestop.Split('\n').Where(line => line.StartsWith("| `-", StringComparison.Ordinal) && line.Contains("--", StringComparison.Ordinal));

        Assert.Equal(OptionTable.Rows.Count, rows.Count());
    }

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public void A_scheme_has_its_row(string name)
    {
        IScheme scheme = Schemes.All.Single(scheme => scheme.Name == name);

        Assert.Contains($"| `{scheme.Syntax}` | {scheme.DoneWhen} |", OfPrestop, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCodes.Done)]
    [InlineData(ExitCodes.FlawedPlan)]
    [InlineData(ExitCodes.Usage)]
    [InlineData(ExitCodes.DeadlineExceeded)]
    [InlineData(ExitCodes.Broken)]
    [InlineData(ExitCodes.CommandNotExecutable)]
    [InlineData(ExitCodes.CommandNotFound)]
    public void An_exit_code_has_its_row(int code) =>
        Assert.Contains(OfPrestop.Split('\n'), line => line.StartsWith($"| {code.ToString(CultureInfo.InvariantCulture)} | ", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_prestopd_is_named_in_its_section_with_a_row_for_each_option(string name)
    {
        var section = SectionOf(name);

        Assert.Contains($"`prestopd {name}`", section, StringComparison.Ordinal);
        Assert.All(Command(name).Options, option => Assert.True(
            section.Contains($"| `{option.Variable}` | `{option.Name}` | {option.Default} | ", StringComparison.Ordinal)
            || section.Contains($"| `{option.Name.TrimStart('-')}={option.Form}` | {option.Default} | {option.Meaning} |", StringComparison.Ordinal),
            $"no row for {option.Name}"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_limits_of_an_option_are_those_that_hold(string name)
    {
        var command = Command(name);
        foreach (var row in LimitsRow().Matches(SectionOf(name)).Where(row => command.Options.Any(option => option.Name == row.Groups[1].Value)))
        {
            var (option, least, most) = (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value);
            Assert.True(IsTaken(command, option, least), $"{option} {least}");
            Assert.True(IsTaken(command, option, most), $"{option} {most}");
            Assert.False(IsTaken(command, option, Shifted(most, 1)), $"{option} above {most}");
            Assert.True(least == "0" || !IsTaken(command, option, Shifted(least, -1)), $"{option} below {least}");
        }
    }

    [Theory]
    [InlineData(SidecarNames.Metrics.Hits)]
    [InlineData(SidecarNames.Metrics.Requests)]
    [InlineData(SidecarNames.Metrics.HitsInWindow)]
    [InlineData(SidecarNames.Metrics.Window)]
    [InlineData(SidecarNames.Metrics.State)]
    [InlineData(SidecarNames.Metrics.Drain)]
    [InlineData(SidecarNames.Metrics.Waiters)]
    [InlineData(SidecarNames.Metrics.WaitersRefused)]
    [InlineData(SidecarNames.Metrics.Connections)]
    [InlineData(SidecarNames.Metrics.ConnectionsRefused)]
    [InlineData(SidecarNames.Metrics.ConnectionsEvicted)]
    [InlineData(SidecarNames.Metrics.UpstreamRequests)]
    [InlineData(ElbNames.Metrics.Waits)]
    [InlineData(ElbNames.Metrics.WaitSeconds)]
    [InlineData(ElbNames.Metrics.WaitsNow)]
    [InlineData(ElbNames.Metrics.AwsCalls)]
    [InlineData(ElbNames.Metrics.TargetGroups)]
    [InlineData(ElbNames.Metrics.ListAge)]
    [InlineData(ControllerNames.Metrics.Injections)]
    [InlineData(ControllerNames.Metrics.Rulings)]
    [InlineData(ControllerNames.Metrics.Draining)]
    [InlineData(ControllerNames.Metrics.Drains)]
    [InlineData(ControllerNames.Metrics.DrainSeconds)]
    [InlineData(ControllerNames.Metrics.SleepSeconds)]
    [InlineData(ControllerNames.Metrics.ApiErrors)]
    [InlineData(ControllerNames.Metrics.EventsDropped)]
    [InlineData(ControllerNames.Metrics.CertificateSeconds)]
    [InlineData(ControllerNames.Metrics.WebhookVerified)]
    public void A_metric_is_named_behind_the_prefix_of_its_server(string name)
    {
        var prefix = name.IndexOf('_', "prestopd_".Length) + 1;

        var section = SectionOf(name[..prefix].Split('_')[1]);
        Assert.Contains($"`{name[..prefix]}`", section, StringComparison.Ordinal);
        Assert.Contains($"`{name[prefix..]}`", section, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_status_of_a_wait_has_its_row() => Assert.All(
        Enum.GetValues<WaitOutcome>().Where(outcome => outcome is not WaitOutcome.HungUp),
        outcome => Assert.Contains($"\n| {new WaitAnswer(outcome, "", TimeSpan.Zero, []).Status} | ", SectionOf("elb"), StringComparison.Ordinal));

    [Fact]
    public void The_change_log_has_a_place_for_what_comes_next() =>
        Assert.Contains("## [Unreleased]", House.Read("CHANGELOG.md"), StringComparison.Ordinal);

    private static Command Command(string name) => Program.Commands.Commands.Single(command => command.Name == name);

    /// <summary>The document of a command, or its chapter in one, which is also that of the commands that begin with its name.</summary>
    private static string SectionOf(string command) =>
        Documents.SelectMany(text => new[] { "\n# ", "\n## " }.SelectMany(heading => $"\n{text}".Split(heading)))
            .Single(chapter => chapter.StartsWith($"`prestopd {command.Split(' ')[0]}`\n", StringComparison.Ordinal));

    private static bool IsTaken(Command command, string option, string value)
    {
        var options = new OptionReader(CommandLine.Read([option, value], command.Options), _ => null);
        command.Read(options);
        return !options.Problems.Any(problem => problem.StartsWith(option, StringComparison.Ordinal));
    }

    /// <summary>The next number, or the next length by milliseconds.</summary>
    private static string Shifted(string value, int by) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? (number + by).ToString(CultureInfo.InvariantCulture)
        : Duration.TryParse(value, out var length, out _) ? Duration.FromTimeSpan(length.ToTimeSpan() + TimeSpan.FromMilliseconds(by)).ToString()
        : throw new ArgumentException($"'{value}' is neither a number nor a length", nameof(value));

    [GeneratedRegex(@"^\| `[A-Z_]+` \| `(--[a-z-]+)` \| [^|]* \| (\d[a-z0-9]*) to (\d[a-z0-9]*)", RegexOptions.Multiline)]
    private static partial Regex LimitsRow();
}
