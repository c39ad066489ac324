using System.Net;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

public sealed class InetDiagTests
{
    private static readonly Arbitrary<ushort[]> SomePorts =
        Gen.Choose(1, 65535).Select(port => (ushort)port).NonEmptyListOf().Select(ports => ports.Take(64).ToArray()).ToArbitrary();

    [Fact]
    public void An_answer_is_read_with_its_times_and_queues()
    {
        var answer = Bytes.Socket(
            IPAddress.Parse("10.1.2.3"), 8080, IPAddress.Parse("10.9.8.7"), 40000, TcpState.CloseWait, 11, 12, 13, 1400, 1500);

        Assert.True(InetDiag.TryRead(answer, out var socket, out var family, out var identity));

        Assert.Equal(InetDiag.IPv4, family);
        Assert.Equal(answer[4..52], identity.ToArray());
        Assert.Equal(TcpState.CloseWait, socket.State);
        Assert.Equal((8080, 40000), (socket.LocalPort, socket.RemotePort));
        Assert.Equal(InternetAddress.From(IPAddress.Parse("10.1.2.3")), socket.LocalAddress);
        Assert.Equal(InternetAddress.From(IPAddress.Parse("10.9.8.7")), socket.RemoteAddress);
        Assert.Equal((11u, 12u, true), (socket.ReceiveQueue, socket.SendQueue, socket.IsHeld));
        Assert.Equal((1400u, 1500u, 3u), (socket.SentAgo, socket.ReceivedAgo, socket.SegmentsReceived));
    }

    [Fact]
    public void A_mapped_IPv4_address_is_the_IPv4_address()
    {
        var answer = Bytes.Socket(IPAddress.IPv6Loopback, 80, IPAddress.Parse("10.9.8.7").MapToIPv6(), 1);

        Assert.True(InetDiag.TryRead(answer, out var socket, out _, out _));

        Assert.Equal(InternetAddress.From(IPAddress.Parse("10.9.8.7")), socket.RemoteAddress);
        Assert.True(socket.LocalAddress.IsLoopback);
    }

    [Fact]
    public void Times_that_the_kernel_did_not_send_are_never()
    {
        var answer = Bytes.Socket(IPAddress.Loopback, 80, IPAddress.Loopback, 1, infoLength: 48);

        Assert.True(InetDiag.TryRead(answer, out var socket, out _, out _));

        Assert.Equal((0u, TcpSocket.Never, TcpSocket.Never), (socket.SentAgo, socket.ReceivedAgo, socket.SegmentsReceived));
    }

    [Fact]
    public void A_connection_of_a_program_without_any_times_is_not_understood_and_a_listener_is()
    {
        byte[] WithoutInfo(TcpState state, uint inode = 7) => Bytes.Socket(IPAddress.Loopback, 80, IPAddress.Loopback, 1, state, inode: inode)[..72];

        Assert.False(InetDiag.TryRead(WithoutInfo(TcpState.Established), out _, out _, out _));
        Assert.True(InetDiag.TryRead(WithoutInfo(TcpState.Listen), out _, out _, out _));
        Assert.True(InetDiag.TryRead(WithoutInfo(TcpState.FinWait2, inode: 0), out _, out _, out _));
    }

    [Fact]
    public void An_MPTCP_answer_is_read_with_what_is_not_read_and_not_confirmed()
    {
        var answer = Bytes.Socket(IPAddress.Loopback, 80, IPAddress.Loopback, 1, receiveQueue: 932, sendQueue: 5, infoLength: 96);
        answer[84 + 16] = 9; // mptcpi_write_seq, and mptcpi_snd_una eight bytes behind it
        answer[84 + 24] = 2;

        Assert.True(InetDiag.TryReadMultipath(answer, out var socket));

        Assert.Equal((932u, 7u, true), (socket.ReceiveQueue, socket.SendQueue, socket.IsMultipath));
        Assert.Equal((TcpSocket.Never, TcpSocket.Never), (socket.SentAgo, socket.ReceivedAgo));
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception() => Prop.ForAll(Bytes.Any, bytes =>
    {
        var read = InetDiag.TryRead(bytes, out _, out var family, out var identity);
        return read == (family is InetDiag.IPv4 or InetDiag.IPv6) && identity.Length == (read ? InetDiag.IdentityLength : 0);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void The_kernel_would_take_every_port_filter_and_it_lets_exactly_its_ports_through() =>
        Prop.ForAll(SomePorts, Gen.Choose(0, 65535).ToArbitrary(), (ports, other) =>
        {
            var code = InetDiag.PortFilter(ports);
            return PassesAudit(code)
                && ports.All(port => Runs(code, port))
                && Runs(code, (ushort)other) == ports.Contains((ushort)other);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void The_notices_filter_lets_exactly_its_ports_through() =>
        Prop.ForAll(SomePorts, Gen.Choose(0, 65535).ToArbitrary(), (ports, other) =>
        {
            var program = BpfInstruction.AcceptIfHalfWordIsOneOf(InetDiag.LocalPortOffset, ports);
            return ports.All(port => Accepts(program, port)) && Accepts(program, (ushort)other) == ports.Contains((ushort)other);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>The rules of inet_diag_bc_audit, for the two operations in use.</summary>
    private static bool PassesAudit(byte[] code)
    {
        var at = 0;
        while (at < code.Length)
        {
            var left = code.Length - at;
            var least = code[at] == 11 ? 8 : 4;
            int yes = code[at + 1];
            int no = BitConverter.ToUInt16(code, at + 2);
            var lands = no == left || no == left + 4 || Starts(code).Contains(at + no);
            if (yes < least || yes > left || yes % 4 != 0 || no < least || no > left + 4 || no % 4 != 0 || !lands)
            {
                return false;
            }

            at += yes;
        }

        return at == code.Length;
    }

    private static IEnumerable<int> Starts(byte[] code)
    {
        for (var at = 0; at < code.Length; at += code[at + 1])
        {
            yield return at;
        }
    }

    /// <summary>As inet_diag_bc_run does it.</summary>
    private static bool Runs(byte[] code, ushort port)
    {
        var at = 0;
        while (at < code.Length)
        {
            var yes = code[at] == 11 && BitConverter.ToUInt16(code, at + 6) == port;
            at += yes ? code[at + 1] : BitConverter.ToUInt16(code, at + 2);
        }

        return at == code.Length;
    }

    /// <summary>A machine for the three instructions in use.</summary>
    private static bool Accepts(BpfInstruction[] program, ushort port)
    {
        Assert.Equal(20u, InetDiag.LocalPortOffset);
        var code = MemoryMarshal.AsBytes<BpfInstruction>(program);
        uint accumulator = 0;
        for (var at = 0; ; at += 8)
        {
            var operand = BitConverter.ToUInt32(code[(at + 4)..]);
            switch (BitConverter.ToUInt16(code[at..]))
            {
                case 0x28:
                    Assert.Equal(20u, operand);
                    accumulator = port;
                    break;
                case 0x15:
                    at += 8 * (accumulator == operand ? code[at + 2] : code[at + 3]);
                    break;
                case 0x06:
                    return operand != 0;
                default:
                    throw new InvalidOperationException("no such instruction");
            }
        }
    }
}
