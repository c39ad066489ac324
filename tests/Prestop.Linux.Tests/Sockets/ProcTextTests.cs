using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

public sealed class ProcTextTests
{
    [Fact]
    public void A_line_of_proc_net_tcp_is_read()
    {
        Assert.True(ProcLine.TryRead(
            "  12: 0100007F:1F90 0204A8C0:9C40 08 0000000C:0000000B 00:00000000 00000000  1000        0 4711 1 ffff888 20 4 1 10 -1 "u8,
            out var socket));

        Assert.Equal(TcpState.CloseWait, socket.State);
        Assert.Equal((8080, 40000), (socket.LocalPort, socket.RemotePort));
        Assert.True(socket.LocalAddress.IsLoopback);
        Assert.Equal(InternetAddress.From(IPAddress.Parse("192.168.4.2")), socket.RemoteAddress);
        Assert.Equal((12u, 11u, true), (socket.SendQueue, socket.ReceiveQueue, socket.IsHeld));
        Assert.Equal((TcpSocket.Never, TcpSocket.Never), (socket.SentAgo, socket.ReceivedAgo));
    }

    [Fact]
    public void A_line_of_proc_net_tcp6_is_read()
    {
        Assert.True(ProcLine.TryRead(
            "   0: 00000000000000000000000001000000:1F90 0000000000000000FFFF00000204A8C0:9C40 01 00000000:00000000 00:00000000 00000000     0        0 0 1"u8,
            out var socket));

        Assert.Equal(InternetAddress.From(IPAddress.IPv6Loopback), socket.LocalAddress);
        Assert.Equal(InternetAddress.From(IPAddress.Parse("192.168.4.2")), socket.RemoteAddress);
        Assert.False(socket.IsHeld);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")]
    [InlineData("  12: 0100007F:1F90 0204A8C0:9C40 08 0000000C:0000000B 00:00000000 00000000  1000        0")]
    [InlineData("  12: 0100007F:1F90 0204A8C0:9C40 08 0000000C0000000B 00:00000000 00000000  1000        0 1")]
    [InlineData("  12: 0100007F:11F90 0204A8C0:9C40 08 0:0 00:00000000 00000000  1000        0 1")]
    public void What_is_no_socket_is_not_read(string line) => Assert.False(ProcLine.TryRead(Encoding.ASCII.GetBytes(line), out _));

    [Theory]
    [InlineData("eth0\t00000000\t0101F40A\t0003\t0\t0\t0\t00000000\t0\t0\t0   ", "10.244.1.1")]
    [InlineData("eth0\t00000000\t0101F40A\t0001\t0\t0\t0\t00000000\t0\t0\t0   ", null)]
    [InlineData("eth0\t0001F40A\t0101F40A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0   ", null)]
    [InlineData("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ", null)]
    [InlineData("", null)]
    public void The_default_gateway_is_found_in_proc_net_route(string line, string? gateway)
    {
        Assert.Equal(gateway is not null, Gateways.TryReadIPv4(Encoding.ASCII.GetBytes(line), out var found));
        Assert.True(gateway is null || found == InternetAddress.From(IPAddress.Parse(gateway)));
    }

    [Theory]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0", "fd00::1")]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo", null)]
    [InlineData("fd000000000000000000000000000000 40 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000100 00000001 00000000 00000003     eth0", null)]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd0000000000000000000000000000 00000400 00000002 00000000 00000003     eth0", null)]
    [InlineData("", null)]
    public void The_default_gateway_is_found_in_proc_net_ipv6_route(string line, string? gateway)
    {
        Assert.Equal(gateway is not null, Gateways.TryReadIPv6(Encoding.ASCII.GetBytes(line), out var found));
        Assert.True(gateway is null || found == InternetAddress.From(IPAddress.Parse(gateway)));
    }

    [Fact]
    public void Counters_are_found_by_their_names()
    {
        Assert.True(TcpCounters.TryParse("Tcp: RtoAlgorithm PassiveOpens MaxConn InSegs OutSegs"u8, "Tcp: 1 22 -1 333 4444"u8, out var counters));

        Assert.Equal((22, 333, 4444), (counters.PassiveOpens, counters.SegmentsIn, counters.SegmentsOut));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("Tcp: PassiveOpens InSegs", "Tcp: 1 2 3")]
    [InlineData("Tcp: PassiveOpens InSegs OutSegs", "Tcp: 1 2")]
    [InlineData("Tcp: PassiveOpens InSegs OutSegs", "Tcp: 1 x 2")]
    public void Counters_that_are_not_there_are_not_made_up(string names, string values) =>
        Assert.False(TcpCounters.TryParse(Encoding.ASCII.GetBytes(names), Encoding.ASCII.GetBytes(values), out _));

    [Fact]
    public void Any_text_is_read_without_an_exception()
    {
        var words = Gen.Elements("Tcp: ", "PassiveOpens", " ", "\n", ":", "0100007F:1F90", "0A", "-1", "99999999999999999999", "x", "InSegs");
        Prop.ForAll(words.ListOf().ToArbitrary(), parts =>
        {
            var text = Encoding.ASCII.GetBytes(string.Concat(parts));
            _ = TcpCounters.TryParse(text, text, out _);
            _ = ProcLine.TryRead(text, out _);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Fact]
    public void The_kernel_of_this_machine_writes_counters_that_are_understood() => Assert.True(TcpCounters.Read().SegmentsIn >= 0);
}
