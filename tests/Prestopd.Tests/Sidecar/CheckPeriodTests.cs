using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The warning that INTERVAL is not above the period of the health checks.</summary>
public sealed class CheckPeriodTests
{
    private static async Task<string[]> WarningsAsync(string settings, params double[] gaps)
    {
        using var sidecar = new SidecarRig($"LOG=no {settings}");
        sidecar.Ask("/");
        foreach (var gap in gaps)
        {
            sidecar.Time.Advance(gap);
            sidecar.Ask("/");
        }

        return await sidecar.LogAsync();
    }

    [Theory]
    [InlineData("INTERVAL=10s", 10, "INTERVAL 10s is not above the check period: requests came 10s apart, so a drain would end between two of them; set INTERVAL=20s")]
    [InlineData("INTERVAL=10s", 15.04, "INTERVAL 10s is not above the check period: requests came 15s apart, so a drain would end between two of them; set INTERVAL=31s")]
    [InlineData("INTERVAL=30s", 300, "INTERVAL 30s is not above the check period: requests came 5m0s apart, so a drain would end between two of them; set INTERVAL=10m0s")]
    public async Task Three_gaps_in_a_row_are_a_period_and_it_warns_once(string settings, double gap, string warning)
    {
        Assert.Equal([$"warning: {warning}"], await WarningsAsync(settings, [.. Enumerable.Repeat(gap, 10)]));
    }

    [Theory]
    [InlineData("INTERVAL=10s", new[] { 9.9, 9.4, 9.4, 9.4, 9.4, 9.4 })]
    [InlineData("INTERVAL=10s", new[] { 11.0, 11.0, 5.0, 5.0 })]
    [InlineData("INTERVAL=10s", new[] { 11.0, 11.0, 3600.0, 11.0, 11.0, 3600.0 })]
    public async Task Anything_less_is_none(string settings, double[] gaps)
    {
        Assert.Empty(await WarningsAsync(settings, gaps));
    }

    [Fact]
    public async Task Checkers_that_come_in_bunches_have_a_period_too()
    {
        Assert.Single(await WarningsAsync("INTERVAL=5s", 0.1, 0.1, 9.8, 0.1, 0.1, 9.8, 0.1, 0.1, 9.8));
    }
}
