using System.Globalization;
using Prestop.Conditions;
using Prestop.Core;
using Prestop.Core.Options;
using Prestop.Options;
using Prestopd.Elb;
using Prestopd.Sidecar;
using Xunit;

namespace Architecture.Tests;

/// <summary>The tables of the README against what the programs are made from.</summary>
public class ReadmeTests
{
    private static readonly string Readme = House.Read("README.md");

    public static TheoryData<string> Options => [.. OptionTable.Rows.Select(row => row.Name)];

    public static TheoryData<string> SchemeNames => [.. Schemes.All.Select(scheme => scheme.Name)];

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_has_its_row(string name)
    {
        OptionSpec row = OptionTable.Rows.Single(row => row.Name == name);
        var names = row.ShortName is null ? row.Name : $"{row.ShortName}, {row.Name}";
        var value = row.Form is null ? "" : " " + row.Form.Replace("|", "\\|", StringComparison.Ordinal);
        var usual = row.Default.Length == 0 ? "off" : row.Default;

        Assert.Contains($"| `{names}{value}` | {usual} | {row.Meaning} |", Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_options_lists_nothing_else()
    {
        var rows = Readme.Split('\n').Where(line => line.StartsWith("| `-", StringComparison.Ordinal) && line.Contains("--", StringComparison.Ordinal));

        Assert.Equal(OptionTable.Rows.Count, rows.Count());
    }

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public void A_scheme_has_its_row(string name)
    {
        IScheme scheme = Schemes.All.Single(scheme => scheme.Name == name);

        Assert.Contains($"| `{scheme.Syntax}` | {scheme.DoneWhen} |", Readme, StringComparison.Ordinal);
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
        Assert.Contains(Readme.Split('\n'), line => line.StartsWith($"| {code.ToString(CultureInfo.InvariantCulture)} | ", StringComparison.Ordinal));

    [Fact]
    public void Every_option_of_the_sidecar_has_its_row() => Assert.All(
        SidecarNames.Options, option => Assert.Contains($"| `{option.Variable}` | `{option.Name}` | {option.Default} | ", Readme, StringComparison.Ordinal));

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
    public void A_metric_is_named_behind_the_prefix_of_its_server(string name)
    {
        var prefix = name.IndexOf('_', "prestopd_".Length) + 1;

        Assert.Contains($"`{name[..prefix]}`", Readme, StringComparison.Ordinal);
        Assert.Contains($"`{name[prefix..]}`", Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_of_elb_has_its_row() => Assert.All(
        ElbNames.ServiceOptions, option => Assert.Contains($"| `{option.Variable}` | `{option.Name}` | {option.Default} | ", Readme, StringComparison.Ordinal));

    [Fact]
    public void Every_parameter_of_a_wait_has_its_row() => Assert.All(
        ElbNames.Parameters.All,
        parameter => Assert.Contains(
            $"| `{ElbNames.Parameters.InQuery(parameter)}={parameter.Form}` | {parameter.Default} | {parameter.Meaning} |", Readme, StringComparison.Ordinal));

    [Fact]
    public void Every_status_of_a_wait_has_its_row() => Assert.All(
        Enum.GetValues<WaitOutcome>().Where(outcome => outcome is not WaitOutcome.HungUp),
        outcome => Assert.Contains($"\n| {new WaitAnswer(outcome, "", TimeSpan.Zero, []).Status} | ", Readme, StringComparison.Ordinal));

    [Fact]
    public void The_change_log_has_a_place_for_what_comes_next() =>
        Assert.Contains("## [Unreleased]", House.Read("CHANGELOG.md"), StringComparison.Ordinal);
}
