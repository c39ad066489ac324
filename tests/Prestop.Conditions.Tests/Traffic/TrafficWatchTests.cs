using FsCheck;
using FsCheck.Fluent;
using Prestop.Conditions.Traffic;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class TrafficWatchTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly WatchedPort _port = new(new IdleRule(), QuietPeriod.Fixed(Quiet));

    [Fact]
    public void Without_any_traffic_it_is_too_soon_to_tell_until_the_quiet_period_has_been_seen_whole()
    {
        _port.Show(0, Sockets.Listener());

        var early = _port.Judge(4.9);
        var end = _port.Judge(5);

        Assert.Equal((Finding.Unclear, true, true), (early.Finding, early.IsTooSoon, early.IsJudged));
        Assert.Equal("no connection, no traffic seen for 4.9 s", early.Seen);
        Assert.Equal((Finding.Met, false), (end.Finding, end.IsTooSoon));
        Assert.Null(end.LookAgainIn);
    }

    [Fact]
    public void Traffic_from_before_the_first_reading_is_certain_but_does_not_shorten_the_wait()
    {
        _port.Show(0, Sockets.Listener(), Sockets.Connection(1_200));

        var seen = _port.Judge(0);

        Assert.Equal(Finding.NotMet, seen.Finding);
        Assert.Equal("1 connection, last traffic 1.1 s ago", seen.Seen);
        Assert.NotEqual(Finding.Met, _port.Judge(4.99).Finding);
        Assert.Equal(Finding.Met, _port.Judge(5).Finding);
    }

    [Fact]
    public void Connections_that_stay_open_and_silent_do_not_hold_it()
    {
        _port.Show(0, Sockets.Listener(), Sockets.Connection(60_000), Sockets.Connection(60_000));
        _port.Show(5, Sockets.Listener(), Sockets.Connection(65_000), Sockets.Connection(65_000));

        var end = _port.Judge(5);

        Assert.Equal((Finding.Met, "2 connections, last traffic 64.9 s ago"), (end.Finding, end.Seen));
    }

    [Fact]
    public void The_quiet_period_begins_again_with_the_last_byte_and_a_tick_of_the_kernels_clock()
    {
        _port.Show(0, Sockets.Listener());
        _port.Show(3, Sockets.Listener(), Sockets.Connection(1_000));

        Assert.False(_port.MayBeOver(7));
        Assert.True(_port.MayBeOver(7.01));
    }

    [Fact]
    public void A_connection_that_came_and_went_counts()
    {
        _port.Show(0, Sockets.Listener());
        _port.End(3, Sockets.Connection(20, TcpState.Close));

        Assert.Equal(Finding.NotMet, _port.Judge(7.9).Finding);
        Assert.Equal(Finding.Met, _port.Judge(8).Finding);
    }

    [Fact]
    public void An_idle_connection_that_is_closed_does_not_begin_the_quiet_period_again()
    {
        _port.Show(0, Sockets.Listener(), Sockets.Connection(60_000));
        _port.End(3, Sockets.Connection(63_000, TcpState.Close));

        Assert.True(_port.MayBeOver(5));
    }

    [Fact]
    public void Ends_that_nothing_is_known_of_count_as_traffic()
    {
        _port.Read(3, ReadingDepth.Ended, reading => reading.AddEndedUnseen());

        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void The_end_of_a_listener_is_not_the_end_of_a_connection()
    {
        _port.End(3, Sockets.Connection(0) with { RemotePort = 0, SegmentsReceived = 0, SentAgo = 99, ReceivedAgo = 99 });

        Assert.True(_port.MayBeOver(5));
    }

    [Fact]
    public void A_connection_that_its_program_reset_counts()
    {
        _port.End(3, Sockets.Connection(0) with { RemotePort = 0, SegmentsReceived = 0, SentAgo = 500, ReceivedAgo = 9_999_999 });

        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void A_backlog_counts_as_traffic()
    {
        _port.Show(3, Sockets.Listener(backlog: 1));

        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void A_client_that_is_left_out_counts_neither_open_nor_ended_nor_in_the_backlog()
    {
        var probe = Sockets.Connection(0, held: false, from: Sockets.Probe);
        _port.Show(3, Sockets.Listener(backlog: 1), probe);
        _port.End(3, probe);

        Assert.True(_port.MayBeOver(5));
        Assert.StartsWith("no connection", _port.Judge(3).Seen);
    }

    [Fact]
    public void A_backlog_of_others_counts_beside_one_that_is_left_out()
    {
        _port.Show(3, Sockets.Listener(backlog: 2), Sockets.Connection(0, held: false, from: Sockets.Probe));

        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void A_port_is_unused_while_it_has_neither_a_listener_nor_a_connection()
    {
        _port.Show(0, Sockets.Listener(port: 9999));
        Assert.Equal([8080], _port.Reading.Unused);

        _port.Show(0, Sockets.Listener());
        Assert.Empty(_port.Reading.Unused);

        _port.Show(0, Sockets.Connection(60_000));
        Assert.Empty(_port.Reading.Unused);
    }

    [Fact]
    public void An_MPTCP_connection_counts_by_what_waits_in_it_and_is_not_listed_twice()
    {
        _port.Show(3, Sockets.Listener(), Sockets.Connection(60_000), Sockets.Connection(TcpSocket.Never) with { IsMultipath = true });
        Assert.True(_port.MayBeOver(5));
        Assert.Equal(1, _port.Reading.Connections);

        _port.Show(3, Sockets.Listener(), Sockets.Connection(60_000), Sockets.Connection(TcpSocket.Never, receive: 932) with { IsMultipath = true });
        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void Bytes_that_moved_nobody_knows_where_count_while_a_connection_is_open_that_counts()
    {
        _port.Read(3, ReadingDepth.Everything, reading =>
        {
            reading.AddOpen(Sockets.Connection(0, from: Sockets.Probe));
            reading.AddMovedUnseen();
        });
        Assert.True(_port.MayBeOver(5));

        _port.Read(3, ReadingDepth.Everything, reading =>
        {
            reading.AddOpen(Sockets.Connection(TcpSocket.Never));
            reading.AddMovedUnseen();
        });
        Assert.False(_port.MayBeOver(7.9));
    }

    [Fact]
    public void It_asks_to_be_looked_at_exactly_when_the_quiet_period_can_be_over()
    {
        _port.Show(0, Sockets.Listener());

        Assert.Equal(TrafficWatch.Pace, _port.Judge(1).LookAgainIn);
        Assert.Equal(Seconds(0.03), _port.Judge(4.97).LookAgainIn);
    }

    [Fact]
    public void An_endless_quiet_period_never_ends()
    {
        var day = TimeSpan.FromDays(1).TotalSeconds;
        WatchedPort port = new(new IdleRule(), QuietPeriod.Fixed(TimeSpan.MaxValue));
        port.Show(20 * day, Sockets.Listener(), Sockets.Connection(0));

        Assert.Equal(Finding.NotMet, port.Judge(20 * day).Finding);
    }

    [Fact]
    public void For_closed_an_idle_connection_holds_the_wait_and_the_quiet_period_begins_at_its_end()
    {
        WatchedPort port = new(new ClosedRule(), QuietPeriod.Fixed(Quiet));
        port.Show(10, Sockets.Listener(), Sockets.Connection(60_000));
        port.End(12, Sockets.Connection(62_000, TcpState.Close));
        port.Show(12, Sockets.Listener());

        Assert.Equal(Finding.NotMet, port.Judge(16.9).Finding);
        Assert.Equal(Finding.Met, port.Judge(17).Finding);
    }

    [Fact]
    public void With_auto_it_says_how_long_it_must_be_quiet_and_names_who_it_was()
    {
        WatchedPort port = new(new IdleRule(), QuietPeriod.Auto(QuietPeriod.DefaultUnseen));
        for (var i = 0; i < 30; i++)
        {
            port.Show(i * 0.1, Sockets.Listener(), Sockets.Connection(20) with { DataSegmentsReceived = 100 + (uint)(3 * i) });
        }

        var seen = port.Judge(3);

        Assert.Equal((Finding.NotMet, "1 connection, last traffic 0.1 s ago (needs 1.2 s)"), (seen.Finding, seen.Seen));
        var caller = Assert.Single(seen.Callers);
        Assert.Equal(("10.0.0.9", 1, 0), (caller.Address, caller.OpenConnections, caller.NewConnectionsPerSecond));
        Assert.Equal(30, caller.RequestsPerSecond, 1.5);
        Assert.Equal(Finding.Met, port.Judge(4.1).Finding);
    }

    [Fact]
    public void A_probe_is_told_once_and_then_never_counted()
    {
        WatchedPort port = new(new IdleRule(), QuietPeriod.Auto(QuietPeriod.DefaultUnseen));
        List<string?> notes = [];
        for (var i = 1; i <= 5; i++)
        {
            port.End(5 * i, Sockets.Connection(3, TcpState.Close, from: Sockets.Scraper));
            notes.Add(port.Judge(5 * i).Note);
        }

        Assert.Equal([null, null, "10.0.0.2 connects every 5 s, one small exchange each: taken for a probe", null, null], notes);
        Assert.Equal("no connection, no traffic seen for 25.0 s (needs 15.0 s)", port.Judge(25).Seen);
    }

    [Fact]
    public void At_the_deadline_five_quiet_seconds_are_enough_unless_the_user_said_how_many()
    {
        foreach (var (quiet, enough) in new[] { (QuietPeriod.Auto(QuietPeriod.DefaultUnseen), true), (QuietPeriod.Fixed(TimeSpan.FromSeconds(15)), false) })
        {
            WatchedPort port = new(new IdleRule(), quiet);
            port.Show(3, Sockets.Listener(), Sockets.Connection(0));

            Assert.Null(port.JudgeAtDeadline(7.9));
            Assert.Equal(enough ? "quiet for 6.3 s, as long as --max allows" : null, port.JudgeAtDeadline(9.35)?.Seen);
        }
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
            WatchedPort port = new(new IdleRule(), QuietPeriod.Fixed(Quiet));
            foreach (var look in history.Looks)
            {
                var last = history.Traffic.Where(time => time <= look).DefaultIfEmpty(-1).Max();
                TcpSocket[] open = last < 0 ? [] : [Sockets.Connection((uint)(((look / 10) - (last / 10)) * 10))];
                port.Show(look / 1000.0, [Sockets.Listener(), .. open]);
                var now = TimeSpan.FromMilliseconds(look);
                var since = now - TimeSpan.FromMilliseconds(Math.Max(last, 0));
                var met = port.Judge(look / 1000.0).Finding is Finding.Met;
                if ((met && since < Quiet) || (!met && since >= Quiet + (2 * Tick)))
                {
                    return false;
                }
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>The ports of a wait, with a clock that stands where it is put.</summary>
    private sealed class WatchedPort
    {
        private readonly TrafficWatch _watch;
        private TimeSpan _now;

        public WatchedPort(TrafficRule rule, QuietPeriod quiet)
        {
            var record = new TrafficRecord(quiet, knowsProbes: true);
            _watch = new TrafficWatch(rule, quiet, record);
            Reading = new TrafficReading(rule, [8080], [AddressRange.Of(Sockets.Probe)], new OwnConnections(TimeProvider.System).Watch(), record, () => _now);
        }

        public TrafficReading Reading { get; }

        public void Read(double at, ReadingDepth depth, Action<TrafficReading> show)
        {
            _now = Seconds(at);
            Reading.Begin(depth);
            show(Reading);
            Reading.End();
            _watch.Note(_now);
        }

        public void Show(double at, params TcpSocket[] open) =>
            Read(at, ReadingDepth.Everything, reading => Array.ForEach(open, socket => reading.AddOpen(socket)));

        public void End(double at, TcpSocket ended) => Read(at, ReadingDepth.Ended, reading => reading.AddEnded(ended));

        public bool MayBeOver(double at) => _watch.Left(Seconds(at)) <= TimeSpan.Zero;

        public Observation Judge(double at) => _watch.Judge(Seconds(at), Reading.Connections);

        public Observation? JudgeAtDeadline(double at) => _watch.JudgeAtDeadline(Seconds(at));
    }
}
