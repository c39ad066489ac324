using Prestop.Conditions.Traffic;
using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;
using Prestop.Testing;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class TrafficConditionTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly FakeClock _clock = new();

    [Fact]
    public void The_wait_ends_a_quiet_period_after_the_last_byte()
    {
        var table = Table(Every(0.2, until: 7.3));

        var result = Wait(table);

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 12.2, 12.22);
    }

    [Fact]
    public void The_wait_ends_within_a_quarter_second_of_a_quiet_period_after_the_last_short_connection()
    {
        var table = Table();
        table.Short.AddRange(Every(0.33, until: 7.3));
        var last = table.Short[^1];

        var result = Wait(table);

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed, last + Quiet, last + Quiet + TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public void One_request_a_second_holds_the_wait_until_the_deadline() =>
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(Table(Every(1, until: 70))).End);

    [Fact]
    public void One_short_connection_in_each_quiet_period_holds_the_wait_until_the_deadline()
    {
        var table = Table();
        table.Short.AddRange(Every(4.9, until: 70));

        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(table).End);
    }

    [Fact]
    public void Before_the_end_is_believed_the_whole_table_is_read()
    {
        var table = Table();

        Wait(table);

        Assert.Equal(ReadingDepth.Everything, table.Readings[0].Depth);
        Assert.Equal((Quiet, ReadingDepth.Everything), table.Readings[^1]);
        Assert.Equal(2, table.Readings.Count(reading => reading.Depth is ReadingDepth.Everything));
    }

    [Fact]
    public void Open_connections_are_read_once_a_second_and_ends_ten_times()
    {
        var table = Table(Every(1, until: 70));

        Wait(table, max: TimeSpan.FromSeconds(60));

        Assert.InRange(table.Readings.Count(reading => reading.Depth is ReadingDepth.Known), 50, 62);
        Assert.InRange(table.Readings.Count(reading => reading.Depth is ReadingDepth.Ended), 500, 601);
    }

    [Fact]
    public void Gone_is_done_as_soon_as_traffic_is_seen()
    {
        var result = Wait(Table(TimeSpan.FromSeconds(8)), condition => new GoneCondition(condition));

        Assert.Equal(WaitEnd.Met, result.End);
        Assert.InRange(result.Elapsed.TotalSeconds, 8, 9);
    }

    [Fact]
    public void Gone_is_not_done_while_it_is_too_soon_to_tell() =>
        Assert.Equal(WaitEnd.DeadlineExceeded, Wait(Table(), condition => new GoneCondition(condition)).End);

    [Fact]
    public void A_fallback_does_not_cut_a_quiet_period_short()
    {
        var rules = new WaitingRules { Fallback = Deadline.After(TimeSpan.FromSeconds(1), 0, _clock) };

        var result = Wait(Table(), rules: rules);

        Assert.Equal((WaitEnd.Met, Quiet), (result.End, result.Elapsed));
    }

    [Fact]
    public void A_table_that_cannot_be_opened_at_all_is_broken()
    {
        TrafficCondition condition = new(new IdleRule(), [8080], Settings(), () => throw new IOException("/proc/net/tcp: permission denied"));

        var seen = _clock.Run(() => condition.AskAsync(default).AsTask());

        Assert.Equal((Finding.Broken, "the socket table cannot be read: /proc/net/tcp: permission denied"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public void A_table_that_fails_once_is_read_again()
    {
        var reads = 0;
        FakeTable table = new(_clock) { Fails = _ => ++reads == 3 ? new IOException("netlink: out of memory") : null };

        Assert.Equal(WaitEnd.Met, Wait(table).End);
    }

    [Fact]
    public void What_the_table_cannot_see_is_said()
    {
        FakeTable table = new(_clock) { Blindness = "half of it" };
        List<string> warnings = [];

        Assert.Equal("1 connection, last traffic 3604.9 s ago, as far as /proc/net/tcp tells", Wait(table, looked: seen => warnings.AddRange(seen.Warnings)).Seen);
        Assert.Equal(["half of it"], warnings);
    }

    [Fact]
    public void A_port_that_is_not_in_use_at_the_first_look_is_named_once()
    {
        List<string> warnings = [];

        Wait(Table(), ports: [8080, 8081, 9090], looked: seen => warnings.AddRange(seen.Warnings));

        Assert.Equal(
            ["nothing listens on port 8081, and nobody is connected to it: check the number", "nothing listens on port 9090, and nobody is connected to it: check the number"],
            warnings);
    }

    [Fact]
    public async Task The_table_is_closed_with_the_condition()
    {
        var table = Table();
        var condition = Condition(table);
        _clock.Run(() => condition.AskAsync(default).AsTask());

        await condition.DisposeAsync();

        Assert.True(table.IsDisposed);
    }

    private static TimeSpan[] Every(double seconds, double until) =>
        [.. Enumerable.Range(0, (int)(until / seconds) + 1).Select(i => TimeSpan.FromSeconds(Math.Round(i * seconds, 3)))];

    private FakeTable Table(params TimeSpan[] bytes) => new(_clock, bytes);

    private ConditionSettings Settings() => new() { Time = _clock, Quiet = Quiet };

    private TrafficCondition Condition(FakeTable table, params ushort[] ports) => new(new IdleRule(), ports is [] ? [8080] : ports, Settings(), () => table);

    private WaitResult Wait(
        FakeTable table, Func<ICondition, ICondition>? wrap = null, TimeSpan? max = null, WaitingRules? rules = null,
        ushort[]? ports = null, Action<Observation>? looked = null)
    {
        var condition = Condition(table, ports ?? []);
        var loop = new WaitingLoop(rules ?? new WaitingRules(), _clock, new Random(1));
        var deadline = Deadline.After(max ?? TimeSpan.FromSeconds(60), 0, _clock);
        return _clock.Run(() => loop.UntilMetAsync(wrap?.Invoke(condition) ?? condition, deadline, looked ?? (_ => { }), default));
    }
}
