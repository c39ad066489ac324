using System.Net;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class TrafficRecordTests
{
    private readonly TrafficRecord _record = new(QuietPeriod.Auto(QuietPeriod.DefaultUnseen), knowsProbes: true);

    [Fact]
    public void A_probe_counts_until_it_is_known_and_then_never_did()
    {
        End(1, from: 1);
        End(6, from: 1);
        Assert.Equal(6, Last(9));

        End(11, from: 1);
        Assert.Null(Last(11));
        Assert.Equal((Address(1), TimeSpan.FromSeconds(5)), _record.Probe);
    }

    [Fact]
    public void A_short_connection_whose_answer_came_late_counts_until_its_answer()
    {
        _record.AddEnded(Small(1, from: 1) with { Until = TimeSpan.FromSeconds(5) }, TimeSpan.FromSeconds(5));

        Assert.Equal(5, Last(5));
    }

    [Fact]
    public void With_probes_unknown_everything_counts()
    {
        var record = new TrafficRecord(QuietPeriod.Fixed(TimeSpan.FromSeconds(5)), knowsProbes: false);
        for (var i = 0; i < 5; i++)
        {
            record.AddEnded(Small(i, from: 1), TimeSpan.FromSeconds(i));
        }

        Assert.Equal(4, record.Judge(TimeSpan.FromSeconds(5)).Last?.TotalSeconds);
        Assert.Null(record.Probe);
    }

    [Fact]
    public void A_probe_that_stops_was_a_client()
    {
        End(1, from: 1);
        End(3, from: 1);
        End(5, from: 1);
        Assert.Null(Last(8.9));

        Assert.Equal(5, Last(9.5));
    }

    [Fact]
    public void What_carries_more_than_a_small_exchange_is_traffic_however_even_it_comes()
    {
        for (var i = 0; i < 4; i++)
        {
            _record.AddEnded(Small(5 * i, from: 1) with { IsSmall = false }, TimeSpan.FromSeconds(5 * i));
        }

        Assert.Equal(15, Last(16));
        Assert.Null(_record.Probe);
    }

    [Fact]
    public void The_same_rhythm_from_two_addresses_is_no_probe()
    {
        End(0, from: 1);
        End(5, from: 2);
        End(10, from: 1);

        Assert.Equal(10, Last(11));
    }

    [Fact]
    public void A_connection_that_stays_open_is_judged_anew_at_each_look()
    {
        Open(2, Small(1.9, from: 1));
        Assert.Equal(1.9, Last(2));

        Open(3);
        Assert.Null(Last(3));
    }

    [Fact]
    public void A_probe_in_the_middle_of_its_check_is_no_traffic_and_one_that_stays_is()
    {
        End(0, from: 1);
        End(5, from: 1);
        End(10, from: 1);

        Open(15.1, Small(15, from: 1));
        Assert.Null(Last(15.1));

        Open(16.2, Small(15, from: 1));
        Assert.Equal(15, Last(16.2));
    }

    [Fact]
    public void Dense_requests_on_connections_that_stay_open_make_a_short_quiet_period()
    {
        for (var i = 0; i < 20; i++)
        {
            Open(i * 0.1, Busy(i));
        }

        Assert.Equal(1.2, _record.Judge(TimeSpan.FromSeconds(3)).Quiet.TotalSeconds);
    }

    [Fact]
    public void A_connection_that_was_looked_at_again_is_no_second_request()
    {
        for (var i = 0; i < 40; i++)
        {
            Open(i * 0.05, Busy(i / 2) with { Segments = 1 });
        }

        Assert.Equal(10, _record.Judge(TimeSpan.FromSeconds(3)).Quiet.TotalSeconds);
    }

    [Fact]
    public void A_probe_does_not_make_the_quiet_period_longer_once_it_is_known()
    {
        for (var i = 0; i < 30; i++)
        {
            Open(i * 0.1, Busy(i));
        }

        End(1.5, from: 1);
        End(3.5, from: 1);
        Assert.NotEqual(1.2, _record.Judge(TimeSpan.FromSeconds(3.6)).Quiet.TotalSeconds);

        End(5.5, from: 1);
        Assert.Equal(1.2, _record.Judge(TimeSpan.FromSeconds(5.5)).Quiet.TotalSeconds);
    }

    [Fact]
    public void A_probe_is_known_however_many_others_come()
    {
        for (var i = 0; i < 30_000; i++)
        {
            if (i % 1_000 == 0)
            {
                End(i / 1_000.0, from: 1);
            }

            _record.AddEnded(Small(i / 1_000.0, from: 100 + (i % 5_000)) with { IsSmall = false }, TimeSpan.FromSeconds(i / 1_000.0));
        }

        for (var i = 30; i < 33; i++)
        {
            End(i, from: 1);
        }

        Assert.Equal(29.999, Last(33)!.Value, 0.001);
    }

    [Fact]
    public void The_busiest_are_named_with_how_often_they_come_and_a_probe_is_not()
    {
        for (var i = 0; i < 100; i++)
        {
            var now = i * 0.1;
            Open(now, [.. Enumerable.Range(0, 12).Select(connection => Small(now - 0.05, from: 2) with { IsSmall = false, Segments = (uint)i + 1 })]);
            if (i % 30 == 0)
            {
                _record.AddEnded(Small(now, from: 3) with { IsSmall = false }, TimeSpan.FromSeconds(now));
            }

            if (i % 20 == 0)
            {
                End(now, from: 1);
            }
        }

        var busiest = _record.Busiest(3, TimeSpan.Zero);

        Assert.Equal([Address(2), Address(3)], busiest.Select(client => client.Address));
        Assert.Equal([Address(2)], _record.Busiest(3, TimeSpan.FromSeconds(9.5)).Select(client => client.Address));
        Assert.Equal(12, busiest[0].Open);
        Assert.Equal(120, 1 / busiest[0].Requests.Interval!.Value.TotalSeconds, 1);
        Assert.Equal(3, busiest[1].Connections.Interval!.Value.TotalSeconds, 0.01);
    }

    [Fact]
    public void Whoever_brings_a_good_part_of_all_is_named_among_any_number_of_others()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var from = random.Next(100) < 15 ? 1 : 10 + random.Next(50_000);
            _record.AddEnded(Small(i * 0.001, from) with { IsSmall = false }, TimeSpan.FromSeconds(i * 0.001));
        }

        Assert.Equal(Address(1), _record.Busiest(1, TimeSpan.Zero)[0].Address);
    }

    [Fact]
    public void However_much_there_is_it_takes_no_more_memory()
    {
        Arrival[] arrivals = [.. Enumerable.Range(0, 50_000).Select(i => Small(i * 0.01, from: i))];
        long before = 0;
        for (var i = 0; i < arrivals.Length; i++)
        {
            before = i == 1_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            _record.AddEnded(arrivals[i], arrivals[i].At);
            _record.Judge(arrivals[i].At);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static InternetAddress Address(int number) => InternetAddress.From(new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]));

    private static Arrival Small(double at, int from) =>
        new(Address(from), TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(at), Segments: 1, IsSmall: true);

    /// <summary>A connection on which three requests came in each look up to this one.</summary>
    private static Arrival Busy(int look) => Small((look * 0.1) - 0.02, from: 2) with { IsSmall = false, Segments = 3 * (uint)look };

    private double? Last(double now) => _record.Judge(TimeSpan.FromSeconds(now)).Last?.TotalSeconds;

    private void End(double at, int from) => _record.AddEnded(Small(at, from), TimeSpan.FromSeconds(at));

    private void Open(double now, params Arrival[] open)
    {
        _record.BeginOpen();
        Array.ForEach(open, arrival => _record.AddOpen(arrival, TimeSpan.FromSeconds(now)));
        _record.EndOpen(TimeSpan.FromSeconds(now));
    }
}
