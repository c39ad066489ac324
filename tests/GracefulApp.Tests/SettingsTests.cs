using Xunit;

namespace GracefulApp.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Without_variables_it_drains_for_20_seconds_and_stays_ready() => Assert.Equal(new Settings(), Read([], out _));

    [Fact]
    public void Every_variable_is_read()
    {
        var settings = Read(new() { ["PORT"] = "9090", ["DRAIN_SECONDS"] = "0", ["SHUTDOWN_SECONDS"] = "3600", ["UNREADY_WHILE_DRAINING"] = "yes" }, out var problems);

        Assert.Equal(new Settings { Port = 9090, DrainDelay = TimeSpan.Zero, ShutdownTimeout = TimeSpan.FromHours(1), IsUnreadyWhileDraining = true }, settings);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("PORT", "65536", "PORT '65536' is not a whole number from 0 to 65535")]
    [InlineData("DRAIN_SECONDS", "20s", "DRAIN_SECONDS '20s' is not a whole number from 0 to 3600")]
    [InlineData("SHUTDOWN_SECONDS", "-1", "SHUTDOWN_SECONDS '-1' is not a whole number from 0 to 3600")]
    [InlineData("UNREADY_WHILE_DRAINING", "true", "UNREADY_WHILE_DRAINING 'true' is neither yes nor no")]
    public void A_bad_value_is_named_with_its_limits(string name, string value, string problem)
    {
        Read(new() { [name] = value }, out var problems);

        Assert.Equal([problem], problems);
    }

    private static Settings Read(Dictionary<string, string> environment, out List<string> problems)
    {
        problems = [];
        return Settings.Read(environment.GetValueOrDefault, problems);
    }
}
