using System.Net;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Tests.Traffic;

/// <summary>Sockets as the kernel might show them.</summary>
internal static class Sockets
{
    public static readonly InternetAddress Proxy = InternetAddress.From(IPAddress.Parse("10.0.0.9"));
    public static readonly InternetAddress Scraper = InternetAddress.From(IPAddress.Parse("10.0.0.2"));
    public static readonly InternetAddress Probe = InternetAddress.From(IPAddress.Parse("10.0.0.1"));
    public static readonly InternetAddress Pod = InternetAddress.From(IPAddress.Parse("10.0.0.5"));

    public static TcpSocket Listener(uint backlog = 0, ushort port = 8080) => new()
    {
        State = TcpState.Listen,
        LocalPort = port,
        ReceiveQueue = backlog,
        SentAgo = TcpSocket.Never,
        ReceivedAgo = TcpSocket.Never,
    };

    public static TcpSocket Connection(
        uint ago, TcpState state = TcpState.Established, uint receive = 0, uint send = 0, bool held = true, InternetAddress? from = null)
    {
        return new TcpSocket
        {
            State = state,
            LocalAddress = Pod,
            LocalPort = 8080,
            RemoteAddress = from ?? Proxy,
            RemotePort = 40000,
            IsHeld = held,
            ReceiveQueue = receive,
            SendQueue = send,
            SentAgo = ago,
            ReceivedAgo = ago,
            SegmentsReceived = 3,
        };
    }
}
