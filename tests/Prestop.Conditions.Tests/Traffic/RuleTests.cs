using Prestop.Conditions.Traffic;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class RuleTests
{
    private const uint Ago = 700;

    /// <summary>State, unread bytes, unconfirmed bytes, held by a program: how long ago idle:// counts it, and whether closed:// does.</summary>
    public static TheoryData<TcpState, uint, uint, bool, uint, bool> States => new()
    {
        { TcpState.SynReceived, 0, 0, false, 0, true },
        { TcpState.Established, 0, 0, true, Ago, true },
        { TcpState.Established, 1, 0, true, 0, true },
        { TcpState.Established, 0, 1, true, 0, true },
        { TcpState.Established, 0, 0, false, 0, true },
        { TcpState.CloseWait, 0, 0, true, Ago, true },
        { TcpState.CloseWait, 1, 0, true, Ago, true },
        { TcpState.CloseWait, 2, 0, true, 0, true },
        { TcpState.CloseWait, 1, 1, true, 0, true },
        { TcpState.CloseWait, 1, 0, false, 0, true },
        { TcpState.FinWait1, 0, 1, false, Ago, true },
        { TcpState.FinWait1, 0, 2, false, 0, true },
        { TcpState.FinWait2, 0, 0, true, Ago, true },
        { TcpState.FinWait2, 1, 0, true, 0, true },
        { TcpState.FinWait2, 0, 0, false, Ago, false },
        { TcpState.Closing, 0, 1, false, Ago, true },
        { TcpState.Closing, 0, 2, false, 0, true },
        { TcpState.LastAck, 0, 1, false, Ago, true },
        { TcpState.LastAck, 0, 2, false, 0, true },
        { TcpState.TimeWait, 0, 0, false, Ago, false },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Every_state_is_classified(TcpState state, uint receive, uint send, bool held, uint idleAge, bool isConnection)
    {
        var socket = Sockets.Connection(Ago, state, receive, send, held);

        Assert.Equal(idleAge, new IdleRule().AgeOfOpen(socket));
        Assert.Equal(isConnection ? 0u : null, new ClosedRule().AgeOfOpen(socket));
        Assert.Equal(isConnection, TrafficRule.Exists(socket));
    }

    [Theory]
    [InlineData(30u, 10u, 10u)]
    [InlineData(10u, 30u, 10u)]
    [InlineData(TcpSocket.Never, 30u, 30u)]
    public void The_later_of_the_two_directions_counts(uint sent, uint received, uint expected)
    {
        var socket = Sockets.Connection(0) with { SentAgo = sent, ReceivedAgo = received };

        Assert.Equal(expected, new IdleRule().AgeOfOpen(socket));
        Assert.Equal(expected, new IdleRule().AgeOfEnded(socket));
    }

    [Fact]
    public void A_connection_without_times_is_no_sign_while_it_is_open_and_one_when_it_ended()
    {
        Assert.Null(new IdleRule().AgeOfOpen(Sockets.Connection(TcpSocket.Never)));
        Assert.Equal(0u, new IdleRule().AgeOfEnded(Sockets.Connection(TcpSocket.Never)));
    }

    [Fact]
    public void A_connection_that_its_program_reset_counts_as_just_now() =>
        Assert.Equal(0u, new IdleRule().AgeOfEnded(Sockets.Connection(9_000) with { SegmentsReceived = 0, RemotePort = 0 }));

    [Fact]
    public void For_closed_an_ended_connection_was_there_until_just_now() =>
        Assert.Equal(0u, new ClosedRule().AgeOfEnded(Sockets.Connection(9_000)));
}
