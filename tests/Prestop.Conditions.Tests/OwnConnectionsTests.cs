using System.Net;
using System.Net.Sockets;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class OwnConnectionsTests
{
    private readonly OwnConnections _own = new();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void The_other_end_is_known_before_the_connection_is(string address)
    {
        using var socket = _own.OpenFor(IPAddress.Parse(address));

        Assert.True(_own.Include(OtherEnd(socket, address, address)));
    }

    [Fact]
    public void A_pod_that_connects_to_its_own_address_is_known()
    {
        using var socket = _own.OpenFor(IPAddress.Loopback);

        Assert.True(_own.Include(OtherEnd(socket, "10.0.0.5", "10.0.0.5")));
    }

    [Fact]
    public void A_client_elsewhere_with_the_same_port_is_somebody_else()
    {
        using var socket = _own.OpenFor(IPAddress.Loopback);

        Assert.False(_own.Include(OtherEnd(socket, "10.0.0.9", "10.0.0.5")));
    }

    [Fact]
    public void Another_client_in_the_pod_is_somebody_else()
    {
        using var socket = _own.OpenFor(IPAddress.Loopback);
        var other = OtherEnd(socket, "127.0.0.1", "127.0.0.1");

        Assert.False(_own.Include(other with { RemotePort = (ushort)(other.RemotePort ^ 1) }));
        Assert.False(_own.Include(other with { RemotePort = 0 }));
    }

    private static TcpSocket OtherEnd(Socket socket, string remote, string local) => new()
    {
        RemoteAddress = InternetAddress.From(IPAddress.Parse(remote)),
        RemotePort = (ushort)((IPEndPoint)socket.LocalEndPoint!).Port,
        LocalAddress = InternetAddress.From(IPAddress.Parse(local)),
    };
}
