using System.Buffers;
using System.Text;
using Prestop.Core.Waiting;
using Prestop.Report;
using Xunit;

namespace Prestop.Tests.Report;

public sealed class CallersTests
{
    private static readonly LogEntry Entry = new(LogEvent.Waiting)
    {
        Step = "idle://:80",
        Seen = "13 connections, last traffic 0.0 s ago",
        Elapsed = TimeSpan.FromSeconds(10),
        Longest = TimeSpan.FromSeconds(25),
        Callers = [Caller("10.0.3.7", 12, requests: 41.2), Caller("10.0.5.2", 0, connections: 1 / 3.0), Caller("fd00::2", 1, requests: 0.25, connections: 1.2)],
    };

    [Fact]
    public void Those_who_keep_it_waiting_are_named_with_how_often_they_come() => Assert.Equal(
        "prestop: idle://:80: 13 connections, last traffic 0.0 s ago (10s of 25s); busiest: 10.0.3.7: 41 requests/s on 12 connections; "
            + "10.0.5.2: a connection every 3 s; fd00::2: a request every 4 s on 1 connection, 1 connection/s",
        TextForm.Words(Entry));

    [Fact]
    public void They_are_named_when_it_fails_and_not_when_it_is_done()
    {
        Assert.EndsWith("; busiest: 10.0.3.7: 12 connections", TextForm.Words(Entry with { Event = LogEvent.Failed, Callers = [Caller("10.0.3.7", 12)] }), StringComparison.Ordinal);
        Assert.DoesNotContain("busiest", TextForm.Words(Entry with { Event = LogEvent.Done }), StringComparison.Ordinal);
        Assert.DoesNotContain("busiest", TextForm.Words(Entry with { Callers = [] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_get_the_same()
    {
        Assert.Contains(
            """
            "busiest":[{"address":"10.0.3.7","open_connections":12,"requests_per_second":41.2,"new_connections_per_second":0},{"address":"10.0.5.2","open_connections":0,"requests_per_second":0,"new_connections_per_second":0.333},
            """.Trim(),
            Json(Entry),
            StringComparison.Ordinal);
        Assert.DoesNotContain("busiest", Json(Entry with { Callers = [] }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_only_noted_is_no_warning()
    {
        var note = new LogEntry(LogEvent.Noted) { Step = "idle://:80", Seen = "10.244.1.1 connects every 5 s, one small exchange each: taken for a probe" };

        Assert.Equal("prestop: idle://:80: 10.244.1.1 connects every 5 s, one small exchange each: taken for a probe", TextForm.Words(note));
        Assert.Contains("\"level\":\"info\",\"event\":\"noted\"", Json(note), StringComparison.Ordinal);
    }

    private static Caller Caller(string address, int open, double requests = 0, double connections = 0) =>
        new(address) { OpenConnections = open, RequestsPerSecond = requests, NewConnectionsPerSecond = connections };

    private static string Json(in LogEntry entry)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonForm.Write(entry, DateTimeOffset.UnixEpoch, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
