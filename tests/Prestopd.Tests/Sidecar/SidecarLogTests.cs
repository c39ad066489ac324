using System.Net;
using System.Text;
using System.Text.Json;
using Prestop.Testing;
using Prestopd.Hosting;
using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The lines themselves.</summary>
public sealed class SidecarLogTests
{
    private static async Task<string> LoggedAsync(LogFormat format, Action<SidecarLog> act)
    {
        using var stream = new MemoryStream();
        var lines = new LineWriter(stream, new FakeClock(SidecarRig.Start));
        act(new SidecarLog(new ServerLog(lines, new FakeClock(SidecarRig.Start), format, everything: true), TimeSpan.FromSeconds(90)));
        await lines.FlushAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static readonly AccessLogEntry AHit = new(RequestKind.Hit, "/\"x\"", new IPEndPoint(IPAddress.Loopback, 4711), 503, 7);

    [Fact]
    public async Task A_request_is_followed_by_no_empty_line()
    {
        var text = "hit / from 127.0.0.1:4711 status 503 current rate 7 requests in 1m30s\n";

        var logged = await LoggedAsync(LogFormat.Text, log => log.Answered(AHit, Encoding.UTF8.GetBytes(text)));

        Assert.Equal("2022/12/29 11:54:48 " + text, logged);
    }

    [Fact]
    public async Task A_request_in_JSON_has_its_parts_as_members()
    {
        var logged = await LoggedAsync(LogFormat.Json, log => log.Answered(AHit, "hit it\n"u8));

        Assert.Equal(
            """
            {"time":"2022-12-29T11:54:48Z","level":"info","event":"hit","message":"hit it","path":"/\u0022x\u0022","remote":"127.0.0.1:4711","status":503,"hits":7}

            """.ReplaceLineEndings("\n"),
            logged);
    }

    [Fact]
    public async Task Every_event_in_JSON_is_an_object_a_line_with_a_name_of_its_own()
    {
        var logged = await LoggedAsync(LogFormat.Json, log =>
        {
            log.Waits(AHit with { Kind = RequestKind.Waitz, Status = 0 });
            log.WaiterLeft(AHit);
            log.WaiterRefused(AHit);
            log.StartedByWaitz();
            log.ServesAgain();
            log.SignalReceived("terminated");
            log.Draining(3);
            log.CoolingDown(TimeSpan.FromSeconds(1.5));
            log.CutShort();
            log.MaxWaitOver(TimeSpan.FromSeconds(9), 2);
            log.IntervalTooShort(TimeSpan.FromSeconds(100));
            log.Doubtful("x");
            log.Completed();
        });

        var events = logged.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            [
                "waitz", "waitz_gone", "waitz_refused", "waitz_trigger", "serving_again", "signal", "draining", "cooldown", "cut_short", "max_wait_over",
                "interval_too_short", "settings", "completed",
            ],
            events.Select(one => one.GetProperty("event").GetString()));
        Assert.Equal(3, events[6].GetProperty("hits").GetInt64());
        Assert.Equal(1.5, events[7].GetProperty("seconds").GetDouble());
        Assert.Equal(["max_wait_over", "interval_too_short", "settings"], events.Where(IsWarning).Select(one => one.GetProperty("event").GetString()));

        static bool IsWarning(JsonElement one) => one.GetProperty("level").GetString() == "warning";
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(6, "6s")]
    [InlineData(1.5, "1.5s")]
    [InlineData(60, "1m0s")]
    [InlineData(90, "1m30s")]
    [InlineData(120.25, "2m0.25s")]
    [InlineData(3600, "1h0m0s")]
    [InlineData(86400, "24h0m0s")]
    [InlineData(0.1, "100ms")]
    [InlineData(0.0015, "1.5ms")]
    [InlineData(0.0000015, "1.5µs")]
    public void Durations_are_printed_as_Go_prints_them(double seconds, string text)
    {
        Assert.Equal(text, GoDuration.Text(TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond))));
    }
}
