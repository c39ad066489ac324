using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>Usage, as a user meets it.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("INTERVAL=0s", new string[0], "prestopd sidecar: INTERVAL '0s': too short; write 100ms or more")]
    [InlineData("PORT=http", new string[0], "prestopd sidecar: PORT 'http': write a whole number from 1 to 65535")]
    [InlineData("PORT=http", new[] { "--port", "0" }, "prestopd sidecar: --port '0': write a whole number from 1 to 65535")]
    [InlineData("", new[] { "--cooldown", "1:30" }, "prestopd sidecar: --cooldown '1:30': not a duration; write 1m30s")]
    public async Task A_bad_value_is_one_line_and_exit_code_2(string settings, string[] arguments, string line)
    {
        await using var sidecar = new EmptyRoot { Environment = SidecarPod.Variables(settings) }.Run("prestopd", ["sidecar", .. arguments]);

        await sidecar.ExitsWithAsync(2);
        Assert.Equal([line], sidecar.Stderr.Lines);
        Assert.Empty(sidecar.Stdout.Lines);
    }

    [Theory]
    [InlineData("prestopd")]
    [InlineData("prestopd", "sidecars")]
    [InlineData("prestopd sidecar", "sidecar", "--colour")]
    [InlineData("prestopd sidecar", "sidecar", "extra")]
    [InlineData("prestopd sidecar", "sidecar", "--port")]
    public async Task A_command_line_that_makes_no_sense_is_exit_code_2_and_points_to_the_help(string command, params string[] arguments)
    {
        await using var prestopd = EmptyRoot.Start("prestopd", arguments);

        await prestopd.ExitsWithAsync(2);
        Assert.StartsWith($"{command}: ", prestopd.Stderr.Lines[0], StringComparison.Ordinal);
        Assert.Equal([$"Try '{command} --help' for more information."], prestopd.Stderr.Lines.Skip(1));
    }

    [Fact]
    public async Task The_help_names_every_option()
    {
        await using var help = EmptyRoot.Start("prestopd", "sidecar", "--help");

        await help.ExitsWithAsync(0);
        string[] options =
        [
            "--log yes|no", "--log-format text|json", "--interval D", "--cooldown D", "--port N", "--max-wait D", "--trigger both|signal|waitz", "--waitz-token TEXT",
            "--waitz-status STATUS", "--max-waiters N", "--max-connections N", "--upstream URL", "--upstream-timeout D", "--ignore LIST", "-h, --help",
        ];
        Assert.All(options, option => Assert.Contains(help.Stdout.Lines, line => Regex.IsMatch(line, $"^ +{Regex.Escape(option)}( |$)")));
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        await using var version = EmptyRoot.Start("prestopd", "--version");

        await version.ExitsWithAsync(0);
        Assert.Matches("^prestopd [0-9]+\\.[0-9]+\\.[0-9]+$", Assert.Single(version.Stdout.Lines));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_exit_code_2_whatever_LOG_says()
    {
        await using var pod = await SidecarPod.StartAsync("");

        await using var second = new EmptyRoot { Network = pod.Network }.Run("prestopd", "sidecar");

        await second.ExitsWithAsync(2);
        Assert.Equal(
            ["prestopd sidecar: PORT '8080': cannot listen: Address already in use; stop what listens there, or choose another port"],
            second.Stderr.Lines);
    }
}
