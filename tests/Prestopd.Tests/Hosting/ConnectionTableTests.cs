using Prestop.Testing;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>Who may stay, for how long, and who goes first.</summary>
public sealed class ConnectionTableTests : IDisposable
{
    private readonly FakeClock _time = new();
    private readonly ConnectionTable _table;

    public ConnectionTableTests() => _table = new ConnectionTable(2, _time);

    public void Dispose() => _table.Dispose();

    private FakeConnection Open(Wait wait, bool loopback = false)
    {
        var connection = new FakeConnection(loopback);
        Assert.True(_table.TryAdd(connection));
        _table.Waits(connection, wait);
        return connection;
    }

    [Theory]
    [InlineData(500, 1_048_576, 500)]
    [InlineData(4000, 1024, 298)]
    [InlineData(500, 64, 1)]
    public void The_limit_of_open_files_wins(int wanted, int openFiles, int fitting)
    {
        Assert.Equal(fitting, ConnectionTable.Fitting(wanted, openFiles));
        Assert.True((2 * fitting) + 10 < openFiles);
    }

    [Theory]
    [InlineData("Close", 1)]
    [InlineData("Request", 5)]
    [InlineData("NextRequest", 120)]
    public void A_connection_is_ended_when_it_waits_too_long(string wait, int seconds)
    {
        var connection = Open(Enum.Parse<Wait>(wait));

        _time.Advance(seconds);
        Assert.False(connection.IsEnded);
        _time.Advance(0.5);

        Assert.True(connection.IsEnded);
        Assert.Equal(0, _time.RunningTimers);
    }

    [Fact]
    public void A_request_that_is_being_answered_may_take_as_long_as_it_likes()
    {
        var connection = Open(Wait.Request);
        _time.Advance(4);

        _table.Waits(connection, Wait.Nothing);
        _time.Advance(3600);

        Assert.False(connection.IsEnded);
    }

    [Fact]
    public void A_shorter_wait_that_begins_later_is_not_held_up_by_a_longer_one()
    {
        var kept = Open(Wait.NextRequest);
        _time.Advance(10);
        var fresh = Open(Wait.Request);

        _time.Advance(5.5);

        Assert.True(fresh.IsEnded);
        Assert.False(kept.IsEnded);
        _time.Advance(105);
        Assert.True(kept.IsEnded);
    }

    [Fact]
    public void A_new_connection_takes_the_place_of_the_one_that_has_waited_longest()
    {
        var first = Open(Wait.Request);
        _time.Advance(1);
        var second = Open(Wait.Request);

        Open(Wait.Nothing);

        Assert.True(first.IsEnded);
        Assert.False(second.IsEnded);
        Assert.Equal(2, _table.Open);
        Assert.Equal(1, _table.Evicted);
    }

    [Fact]
    public void One_that_has_asked_before_keeps_its_place_longer_than_one_that_has_not()
    {
        var kept = Open(Wait.NextRequest);
        _time.Advance(1);
        var silent = Open(Wait.Request);

        Open(Wait.Nothing);

        Assert.True(silent.IsEnded);
        Assert.False(kept.IsEnded);
    }

    [Fact]
    public void Where_all_are_being_answered_the_new_one_is_refused()
    {
        var connections = new[] { Open(Wait.Nothing), Open(Wait.Nothing) };

        Assert.False(_table.TryAdd(new FakeConnection(false)));

        Assert.DoesNotContain(connections, connection => connection.IsEnded);
        Assert.Equal(1, _table.Refused);
        _table.Remove(connections[0]);
        Open(Wait.Nothing);
    }

    [Fact]
    public void Loopback_has_places_of_its_own()
    {
        var outside = new[] { Open(Wait.Nothing), Open(Wait.Request) };

        Open(Wait.Nothing, loopback: true);
        Open(Wait.Nothing, loopback: true);

        Assert.DoesNotContain(outside, connection => connection.IsEnded);
        Assert.False(_table.TryAdd(new FakeConnection(true)));
    }

    [Fact]
    public void One_that_was_evicted_gives_its_place_back_once()
    {
        var evicted = Open(Wait.Request);
        Open(Wait.Nothing);
        Open(Wait.Nothing);
        Assert.True(evicted.IsEnded);

        _table.Waits(evicted, Wait.Nothing);
        _table.Remove(evicted);

        Assert.Equal(2, _table.Open);
        Assert.False(_table.TryAdd(new FakeConnection(false)));
    }

    [Fact]
    public void Closing_ends_who_waits_for_a_request_lets_the_others_finish_and_takes_nobody_in()
    {
        var idle = Open(Wait.NextRequest);
        var answered = Open(Wait.Nothing);

        var closed = _table.CloseAsync();

        Assert.True(idle.IsEnded);
        Assert.False(answered.IsEnded);
        Assert.False(_table.TryAdd(new FakeConnection(false)));
        _table.Remove(idle);
        Assert.False(closed.IsCompleted);
        _table.Waits(answered, Wait.NextRequest);
        Assert.True(answered.IsEnded);
        _table.Remove(answered);
        Assert.True(closed.IsCompleted);
    }

    private sealed class FakeConnection(bool loopback) : ConnectionTable.Entry
    {
        public override bool IsLoopback => loopback;

        public bool IsEnded { get; private set; }

        public override void End() => IsEnded = true;
    }
}
