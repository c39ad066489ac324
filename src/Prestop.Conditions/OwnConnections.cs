using System.Net;
using System.Net.Sockets;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// The TCP connections that this process opens itself, known by their local ports, so that the other end can be told when it
/// is a server in the same pod. Safe for several threads.
/// </summary>
public sealed class OwnConnections
{
    // Two minutes of attempts at the default interval: longer than TIME_WAIT keeps a port from being given away again.
    private readonly ushort[] _ports = new ushort[256];
    private readonly Lock _lock = new();
    private uint _next;

    /// <summary>Makes a socket for one TCP connection. It has its port, and is known, before it connects.</summary>
    /// <param name="address">The address.</param>
    /// <exception cref="SocketException">The machine does not speak its family, or no socket or port is left.</exception>
    public Socket OpenFor(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
            Add(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes in a socket that was made elsewhere.</summary>
    /// <param name="socket">A TCP socket that is bound or connected.</param>
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
}
