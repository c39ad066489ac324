using System.Net;
using System.Net.Sockets;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;
using Prestop.Testing;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class OwnConnectionsTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly OwnConnections _own;
    private readonly OwnConnections.OtherEnds _ends;
    private readonly Socket _listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
    private readonly ushort _port;

    public OwnConnectionsTests()
    {
        _own = new OwnConnections(_clock);
        _ends = _own.Watch();
        _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        _listener.Listen();
        _port = (ushort)((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task The_other_end_is_known_as_the_server_sees_it(string address)
    {
        using var socket = await ConnectAsync(address);
        using var accepted = await _listener.AcceptAsync(TestContext.Current.CancellationToken);

        Assert.True(_ends.Include(Seen(accepted)));
    }

    [Fact]
    public async Task Any_other_address_or_port_is_somebody_else()
    {
        using var socket = await ConnectAsync("127.0.0.1");
        var end = Seen(socket, "127.0.0.1", "127.0.0.1");

        Assert.True(_ends.Include(end));
        Assert.False(_ends.Include(end with { RemotePort = (ushort)(end.RemotePort ^ 1) }));
        Assert.False(_ends.Include(end with { RemotePort = 0 }));
        Assert.False(_ends.Include(end with { LocalPort = (ushort)(end.LocalPort ^ 1) }));
        Assert.False(_ends.Include(Seen(socket, "127.0.0.2", "127.0.0.1")));
        Assert.False(_ends.Include(Seen(socket, "127.0.0.1", "10.0.0.5")));
        Assert.False(_ends.Include(Seen(socket, "10.0.0.9", "10.0.0.5")));
    }

    [Fact]
    public async Task A_client_that_takes_the_port_after_the_other_end_has_ended_counts_for_every_reader()
    {
        var another = _own.Watch();
        using var socket = await ConnectAsync("127.0.0.1");
        var end = Seen(socket, "127.0.0.1", "127.0.0.1");

        Assert.True(_ends.IncludeEnded(end));
        Assert.False(_ends.Include(end));
        Assert.False(_ends.IncludeEnded(end));
        Assert.True(another.IncludeEnded(end));
        Assert.False(another.Include(end));
    }

    [Fact]
    public async Task The_other_end_is_known_until_it_has_ended_even_when_this_one_is_closed()
    {
        TcpSocket end;
        using (var socket = await ConnectAsync("127.0.0.1"))
        {
            end = Seen(socket, "127.0.0.1", "127.0.0.1");
        }

        Assert.True(_ends.Include(end));
    }

    [Theory]
    [InlineData(TcpState.Established, 1000, false)]
    [InlineData(TcpState.SynReceived, 1000, false)]
    [InlineData(TcpState.CloseWait, 1000, true)]
    [InlineData(TcpState.CloseWait, 900, false)]
    [InlineData(TcpState.FinWait2, 1200, true)]
    [InlineData(TcpState.CloseWait, TcpSocket.Never, true)]
    public async Task A_client_that_takes_the_port_before_the_end_of_the_other_end_was_seen_counts(TcpState state, uint receivedAgo, bool isOwn)
    {
        var end = await CloseAsync() with { State = state, ReceivedAgo = receivedAgo };
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(isOwn, _ends.Include(end));
        Assert.Equal(isOwn, _ends.IncludeEnded(end));
    }

    [Fact]
    public async Task The_end_of_a_connection_may_take_a_moment_to_arrive()
    {
        var end = await CloseAsync() with { State = TcpState.Established };
        _clock.Advance(TimeSpan.FromMilliseconds(10));

        Assert.True(_ends.Include(end));
    }

    [Fact]
    public async Task What_had_ended_before_the_first_reading_does_not_end_again()
    {
        var end = await CloseAsync() with { State = TcpState.CloseWait, ReceivedAgo = TcpSocket.Never };
        _clock.Advance(TimeSpan.FromSeconds(1));
        (var lingering, var ended) = (_own.Watch(), _own.Watch());

        Assert.True(lingering.Include(end));
        Assert.True(lingering.IncludeEnded(end));
        Assert.False(ended.IncludeEnded(end));
    }

    [Fact]
    public async Task An_attempt_that_failed_leaves_no_trace()
    {
        _listener.Dispose();
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync("127.0.0.1"));

        for (var port = 1; port <= ushort.MaxValue; port++)
        {
            var end = new TcpSocket { LocalAddress = Address("127.0.0.1"), LocalPort = _port, RemoteAddress = Address("127.0.0.1"), RemotePort = (ushort)port };
            Assert.False(_ends.Include(end));
        }
    }

    private async Task<TcpSocket> CloseAsync()
    {
        using var socket = await ConnectAsync("127.0.0.1");
        return Seen(socket, "127.0.0.1", "127.0.0.1");
    }

    private static InternetAddress Address(string text) => InternetAddress.From(IPAddress.Parse(text));

    /// <summary>A server's socket as the table shows it.</summary>
    private static TcpSocket Seen(Socket server)
    {
        (var local, var remote) = ((IPEndPoint)server.LocalEndPoint!, (IPEndPoint)server.RemoteEndPoint!);
        return new TcpSocket
        {
            LocalAddress = InternetAddress.From(local.Address),
            LocalPort = (ushort)local.Port,
            RemoteAddress = InternetAddress.From(remote.Address),
            RemotePort = (ushort)remote.Port,
        };
    }

    private TcpSocket Seen(Socket client, string remote, string local) => new()
    {
        LocalAddress = Address(local),
        LocalPort = _port,
        RemoteAddress = Address(remote),
        RemotePort = (ushort)((IPEndPoint)client.LocalEndPoint!).Port,
    };

    private Task<Socket> ConnectAsync(string address) =>
        _own.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), _port), TestContext.Current.CancellationToken);
}
