using System.Text.Json;
using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>The log sample of the original's README, lived through.</summary>
public sealed partial class LogSampleTests
{
    private static readonly string[] Sample =
    [
        "k8s-prestop-sidecar started",
        "hit / from 127.0.0.1 status 200",
        "hit / from 127.0.0.1 status 200",
        "received signal terminated",
        "shutdown",
        "hit / from 127.0.0.1 status 503",
        "shutdown",
        "cooldown for 1s before releasing /waitz",
        "completed",
        "exiting",
        "bye",
    ];

    [Fact]
    public async Task The_lines_come_in_the_order_of_the_sample_with_its_statuses()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=6s COOLDOWN=1s");

        await pod.AskAsync("/");
        await pod.AskAsync("/");
        await pod.Sidecar.SignalAsync(Signal.Terminate);
        await pod.Sidecar.WaitForLineAsync("shutdown current rate 2 requests in 6s");
        await pod.AskAsync("/");
        await pod.Sidecar.ExitsWithAsync(0);

        var shutdowns = pod.Log.Where(line => line.StartsWith("shutdown", StringComparison.Ordinal)).ToArray();
        Assert.True(shutdowns.Length > 2, pod.Sidecar.ToString());
        Assert.Equal("shutdown current rate 0 requests in 6s", shutdowns[^1]);
        Assert.DoesNotContain("shutdown current rate 0 requests in 6s", shutdowns[..^1]);
        Assert.Equal(Sample, Shape(pod.Log));
    }

    [Fact]
    public async Task In_JSON_every_line_is_an_object_and_the_order_is_the_same()
    {
        await using var pod = await SidecarPod.StartAsync("INTERVAL=1s COOLDOWN=0 LOG_FORMAT=json");

        await pod.AskAsync("/");
        await pod.Sidecar.SignalAsync(Signal.Terminate);
        await pod.Sidecar.ExitsWithAsync(0);

        var lines = pod.Sidecar.Stderr.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.All(lines, line => Assert.True(line.GetProperty("time").GetDateTimeOffset().Offset == TimeSpan.Zero));
        Assert.Equal(
            ["started", "hit", "signal", "draining", "cooldown", "completed", "exiting", "bye"],
            WithoutRepeats(lines.Select(line => line.GetProperty("event").GetString()!)));
    }

    // Ports and rates differ from run to run; so does the number of seconds.
    private static string[] Shape(string[] log) => WithoutRepeats(
        log.Select(line => Rate().Replace(Port().Replace(line, "$1"), "")), "shutdown");

    private static string[] WithoutRepeats(IEnumerable<string> lines, string repeated = "draining") =>
        [.. lines.Aggregate(new List<string>(), (kept, line) =>
        {
            if (line != repeated || kept[^1] != line) { kept.Add(line); } return kept;
        })];

    [GeneratedRegex(" current rate [0-9]+ requests in .*$")]
    private static partial Regex Rate();

    [GeneratedRegex("(127\\.0\\.0\\.1):[0-9]+")]
    private static partial Regex Port();
}
