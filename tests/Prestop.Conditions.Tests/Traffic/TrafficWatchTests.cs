using FsCheck;
using FsCheck.Fluent;
using Prestop.Conditions.Traffic;
using Prestop.Core.Addresses;
using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class TrafficWatchTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly TrafficWatch _watch = Watch(new IdleRule());

    [Fact]
    public void Without_any_traffic_it_is_too_soon_to_tell_until_the_quiet_period_has_been_seen_whole()
    {
        Note(Seconds(0), Reading(Sockets.Listener()));

        var early = _watch.Judge(Seconds(4.9));
        var end = _watch.Judge(Seconds(5));

        Assert.Equal((Finding.Unclear, true, true), (early.Finding, early.IsTooSoon, early.IsJudged));
        Assert.Equal("no connection, no traffic seen for 4.9 s", early.Seen);
        Assert.Equal((Finding.Met, false), (end.Finding, end.IsTooSoon));
        Assert.Null(end.LookAgainIn);
    }

    [Fact]
    public void Traffic_from_before_the_first_reading_is_certain_but_does_not_shorten_the_wait()
    {
        Note(Seconds(0), Reading(Sockets.Listener(), Sockets.Connection(1_200)));

        var seen = _watch.Judge(Seconds(0));

        Assert.Equal(Finding.NotMet, seen.Finding);
        Assert.Equal("1 connection, last traffic 1.1 s ago", seen.Seen);
        Assert.NotEqual(Finding.Met, _watch.Judge(Seconds(4.99)).Finding);
        Assert.Equal(Finding.Met, _watch.Judge(Seconds(5)).Finding);
    }

    [Fact]
    public void Connections_that_stay_open_and_silent_do_not_hold_it()
    {
        Note(Seconds(0), Reading(Sockets.Listener(), Sockets.Connection(60_000), Sockets.Connection(60_000)));
        Note(Seconds(5), Reading(Sockets.Listener(), Sockets.Connection(65_000), Sockets.Connection(65_000)));

        var end = _watch.Judge(Seconds(5));

        Assert.Equal((Finding.Met, "2 connections, last traffic 64.9 s ago"), (end.Finding, end.Seen));
    }

    [Fact]
    public void The_quiet_period_begins_again_with_the_last_byte_and_a_tick_of_the_kernels_clock()
    {
        Note(Seconds(0), Reading(Sockets.Listener()));
        Note(Seconds(3), Reading(Sockets.Listener(), Sockets.Connection(1_000)));

        Assert.False(_watch.MayBeOver(Seconds(7)));
        Assert.True(_watch.MayBeOver(Seconds(7) + Tick));
    }

    [Fact]
    public void A_connection_that_came_and_went_counts()
    {
        Note(Seconds(0), Reading(Sockets.Listener()));
        Note(Seconds(3), Ended(Sockets.Connection(20, TcpState.Close)));

        Assert.Equal(Finding.NotMet, _watch.Judge(Seconds(7.9)).Finding);
        Assert.Equal(Finding.Met, _watch.Judge(Seconds(8)).Finding);
    }

    [Fact]
    public void An_idle_connection_that_is_closed_does_not_begin_the_quiet_period_again()
    {
        Note(Seconds(0), Reading(Sockets.Listener(), Sockets.Connection(60_000)));
        Note(Seconds(3), Ended(Sockets.Connection(63_000, TcpState.Close)));

        Assert.True(_watch.MayBeOver(Seconds(5)));
    }

    [Fact]
    public void Ends_that_nothing_is_known_of_count_as_traffic()
    {
        var reading = Begun(new IdleRule(), ReadingDepth.Ended);
        reading.AddEndedUnseen();
        Note(Seconds(3), reading);

        Assert.False(_watch.MayBeOver(Seconds(7.9)));
    }

    [Fact]
    public void The_end_of_a_listener_is_not_the_end_of_a_connection()
    {
        Note(Seconds(3), Ended(Sockets.Connection(0) with { RemotePort = 0, SegmentsReceived = 0, SentAgo = 99, ReceivedAgo = 99 }));

        Assert.True(_watch.MayBeOver(Seconds(5)));
    }

    [Fact]
    public void A_connection_that_its_program_reset_counts()
    {
        Note(Seconds(3), Ended(Sockets.Connection(0) with { RemotePort = 0, SegmentsReceived = 0, SentAgo = 500, ReceivedAgo = 9_999_999 }));

        Assert.False(_watch.MayBeOver(Seconds(7.9)));
    }

    [Fact]
    public void A_backlog_counts_as_traffic()
    {
        Note(Seconds(3), Reading(Sockets.Listener(backlog: 1)));

        Assert.False(_watch.MayBeOver(Seconds(7.9)));
    }

    [Fact]
    public void A_client_that_is_left_out_counts_neither_open_nor_ended_nor_in_the_backlog()
    {
        var probe = Sockets.Connection(0, held: false, from: Sockets.Probe);
        var reading = Reading(Sockets.Listener(backlog: 1), probe);
        reading.AddEnded(probe);
        Note(Seconds(3), reading);

        Assert.True(_watch.MayBeOver(Seconds(5)));
        Assert.StartsWith("no connection", _watch.Judge(Seconds(3)).Seen);
    }

    [Fact]
    public void A_backlog_of_others_counts_beside_one_that_is_left_out()
    {
        Note(Seconds(3), Reading(Sockets.Listener(backlog: 2), Sockets.Connection(0, held: false, from: Sockets.Probe)));

        Assert.False(_watch.MayBeOver(Seconds(7.9)));
    }

    [Fact]
    public void A_port_is_unused_while_it_has_neither_a_listener_nor_a_connection()
    {
        Assert.Equal([8080], Reading(Sockets.Listener(port: 9999)).Unused);
        Assert.Empty(Reading(Sockets.Listener()).Unused);
        Assert.Empty(Reading(Sockets.Connection(60_000)).Unused);
    }

    [Fact]
    public void An_MPTCP_connection_counts_by_what_waits_in_it_and_is_not_listed_twice()
    {
        var reading = Reading(Sockets.Listener(), Sockets.Connection(60_000), Sockets.Connection(TcpSocket.Never) with { IsMultipath = true });
        Assert.Equal((60_000u, 1), (reading.Age, reading.Connections));

        reading.AddOpen(Sockets.Connection(TcpSocket.Never, receive: 932) with { IsMultipath = true });
        Assert.Equal((0u, 1), (reading.Age, reading.Connections));
    }

    [Fact]
    public void Bytes_that_moved_nobody_knows_where_count_while_a_connection_is_open_that_counts()
    {
        var reading = Reading(Sockets.Listener(), Sockets.Connection(0, from: Sockets.Probe));
        reading.AddMovedUnseen();
        Assert.Null(reading.Age);

        reading.AddOpen(Sockets.Connection(TcpSocket.Never));
        Assert.Equal(0u, reading.Age);
    }

    [Fact]
    public void It_asks_to_be_looked_at_exactly_when_the_quiet_period_can_be_over()
    {
        Note(Seconds(0), Reading(Sockets.Listener()));

        Assert.Equal(TrafficWatch.Pace, _watch.Judge(Seconds(1)).LookAgainIn);
        Assert.Equal(Seconds(0.03), _watch.Judge(Seconds(4.97)).LookAgainIn);
    }

    [Fact]
    public void An_endless_quiet_period_never_ends()
    {
        var watch = new TrafficWatch(new IdleRule(), TimeSpan.MaxValue);
        watch.Note(Reading(Sockets.Listener(), Sockets.Connection(0)), TimeSpan.FromDays(40));

        Assert.Equal(Finding.NotMet, watch.Judge(TimeSpan.FromDays(40)).Finding);
    }

    [Fact]
    public void For_closed_an_idle_connection_holds_the_wait_and_the_quiet_period_begins_at_its_end()
    {
        var rule = new ClosedRule();
        var watch = Watch(rule);
        watch.Note(Reading(rule, Sockets.Listener(), Sockets.Connection(60_000)), Seconds(10));
        watch.Note(Ended(rule, Sockets.Connection(62_000, TcpState.Close)), Seconds(12));

        Assert.Equal(Finding.NotMet, watch.Judge(Seconds(16.9)).Finding);
        Assert.Equal(Finding.Met, watch.Judge(Seconds(17)).Finding);
    }

    [Fact]
    public void It_ends_never_sooner_than_quiet_after_any_traffic_and_at_the_latest_a_tick_later()
    {
        // Traffic at known times, looked at every so often: each look shows the age of the last traffic in whole ticks, floored.
        Gen<(int[] Traffic, int[] Looks)> histories =
            from traffic in Gen.Choose(0, 20_000).ListOf()
            from looks in Gen.Choose(0, 40_000).NonEmptyListOf()
            select (traffic.Order().ToArray(), looks.Order().ToArray());

        Prop.ForAll(histories.ToArbitrary(), history =>
        {
            var watch = Watch(new IdleRule());
            foreach (var look in history.Looks)
            {
                var last = history.Traffic.Where(time => time <= look).DefaultIfEmpty(-1).Max();
                var reading = last < 0 ? Reading(Sockets.Listener()) : Reading(Sockets.Listener(), Sockets.Connection((uint)(((look / 10) - (last / 10)) * 10)));
                var now = TimeSpan.FromMilliseconds(look);
                watch.Note(reading, now);
                var since = now - TimeSpan.FromMilliseconds(Math.Max(last, 0));
                var met = watch.Judge(now).Finding is Finding.Met;
                if ((met && since < Quiet) || (!met && since >= Quiet + (2 * Tick)))
                {
                    return false;
                }
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private static TrafficWatch Watch(TrafficRule rule) => new(rule, Quiet);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static TrafficReading Begun(TrafficRule rule, ReadingDepth depth)
    {
        var reading = new TrafficReading(rule, [8080], [AddressRange.Of(Sockets.Probe)], new OwnConnections().Watch());
        reading.Begin(depth);
        return reading;
    }

    private static TrafficReading Reading(params TcpSocket[] open) => Reading(new IdleRule(), open);

    private static TrafficReading Reading(TrafficRule rule, params TcpSocket[] open)
    {
        var reading = Begun(rule, ReadingDepth.Everything);
        Array.ForEach(open, socket => reading.AddOpen(socket));
        return reading;
    }

    private static TrafficReading Ended(TcpSocket socket) => Ended(new IdleRule(), socket);

    private static TrafficReading Ended(TrafficRule rule, TcpSocket socket)
    {
        var reading = Begun(rule, ReadingDepth.Ended);
        reading.AddEnded(socket);
        return reading;
    }

    private void Note(TimeSpan at, TrafficReading reading) => _watch.Note(reading, at);
}
