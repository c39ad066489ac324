using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>Full load through the signal, and memory.</summary>
public sealed partial class LoadTests
{
    private const long IdleBudget = 12 * 1024 * 1024;
    private const long LoadedBudget = 16 * 1024 * 1024;

    [Fact]
    public async Task Under_full_load_through_the_signal_every_request_gets_an_answer()
    {
        await using var pod = await SidecarPod.StartAsync("LOG_FORMAT=json INTERVAL=1s COOLDOWN=1s");
        await using var hook = pod.Run(SystemProgram.Curl, "--silent", "--fail", "http://10.255.0.9:8080/waitz", "--interface", "10.255.0.9");
        await pod.Sidecar.WaitForLineAsync("\"waitz\"");
        await using var load = pod.Run(SystemProgram.Find("wrk", "wrk"), "-t1", "-c32", "-d5s", "http://127.0.0.1:8080/");
        await pod.Sidecar.WaitForLineAsync("\"hit\"");

        await pod.Sidecar.SignalAsync(Signal.Terminate);

        await load.ExitsWithAsync(0);
        await hook.ExitsWithAsync(0);
        await pod.Sidecar.ExitsWithAsync(0);
        Assert.DoesNotContain("Socket errors", load.Stdout.Text, StringComparison.Ordinal);
        Assert.Matches(Answers(), load.Stdout.Text);
    }

    [Fact]
    public async Task It_fits_its_memory_budget_before_and_under_load()
    {
        await using var pod = await SidecarPod.StartAsync("");
        Assert.InRange(await pod.Sidecar.PeakMemoryAsync(), 1, IdleBudget);

        foreach (var path in (string[])["/", "/metrics"])
        {
            await using var load = pod.Run(SystemProgram.Find("wrk", "wrk"), "-t1", "-c32", "-d2s", $"http://127.0.0.1:8080{path}");
            await load.ExitsWithAsync(0);
        }

        Assert.InRange(await pod.Sidecar.PeakMemoryAsync(), 1, LoadedBudget);
    }

    [GeneratedRegex("Non-2xx or 3xx responses: [1-9]")]
    private static partial Regex Answers();
}
