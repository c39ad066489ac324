using System.Net;
using System.Net.Sockets;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// The TCP connections that this process opens itself. Each gets its local port before it connects, so that the other end,
/// when it is a server in the same pod, is known from its first moment on. Safe for several threads.
/// </summary>
public sealed class OwnConnections
{
    // Two minutes of attempts at the default interval: longer than TIME_WAIT keeps a port from being given away again.
    private readonly ushort[] _ports = new ushort[256];
    private readonly Lock _lock = new();
    private int _next;

    /// <summary>Makes a socket for one TCP connection, over IPv6 and IPv4 where the machine has both.</summary>
    /// <exception cref="SocketException">No socket or no port is left.</exception>
    public Socket Open()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        return Bound(socket, socket.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);
    }

    /// <summary>Makes a socket for one TCP connection to an address.</summary>
    /// <param name="address">The address.</param>
    /// <exception cref="SocketException">The machine does not speak its family, or no socket or port is left.</exception>
    public Socket OpenFor(IPAddress address) => Bound(
        new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp),
        address.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);

    /// <summary>Takes a socket in again once it is connected, which to a name with several addresses may have changed its port.</summary>
    /// <param name="socket">A socket that is bound or connected.</param>
    public void Add(Socket socket)
    {
        lock (_lock)
        {
            _ports[_next++ % _ports.Length] = (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
        }
    }

    /// <summary>True when a socket of this pod is the other end of a connection from here.</summary>
    /// <param name="socket">Any socket of the table.</param>
    public bool Include(in TcpSocket socket)
    {
        if (!socket.RemoteAddress.IsLoopback && socket.RemoteAddress != socket.LocalAddress)
        {
            return false;
        }

        lock (_lock)
        {
            return socket.RemotePort != 0 && Array.IndexOf(_ports, socket.RemotePort) >= 0;
        }
    }

    private Socket Bound(Socket socket, IPAddress any)
    {
        try
        {
            socket.Bind(new IPEndPoint(any, 0));
            Add(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
