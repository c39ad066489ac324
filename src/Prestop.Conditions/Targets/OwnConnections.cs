using System.Net;
using System.Net.Sockets;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// The TCP connections that this process opens itself, so that their other ends can be told from those of clients when the server is in
/// the same pod. Safe for several threads.
/// </summary>
public sealed class OwnConnections
{
    // Two minutes of attempts at the default interval: longer than a server in the pod is expected to hold on to one.
    private const int Kept = 256;

    private readonly Connection?[] _connections = new Connection?[Kept];
    private readonly Lock _lock = new();
    private int _next;

    /// <summary>Connects. The connection is known before the server can see it.</summary>
    /// <param name="server">The address and the port of the server.</param>
    /// <param name="cancellation">Ends the attempt at once.</param>
    /// <returns>The connected socket, which is the caller's.</returns>
    /// <exception cref="SocketException">There is no connection; or the machine does not speak the address's family, or no socket or port is left.</exception>
    public async Task<Socket> ConnectAsync(IPEndPoint server, CancellationToken cancellation)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Connection? connection = null;
        try
        {
            socket.Bind(new IPEndPoint(server.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
            connection = new Connection(server, ((IPEndPoint)socket.LocalEndPoint!).Port);
            Add(connection);
            await socket.ConnectAsync(server, cancellation);
            connection.OwnAddress = AddressOf(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            if (connection is not null)
            {
                Remove(connection);
            }

            throw;
        }
    }

    /// <summary>Gives one reader of a socket table its view.</summary>
    public OtherEnds Watch() => new(this);

    private static InternetAddress AddressOf(Socket socket) => InternetAddress.From(((IPEndPoint)socket.LocalEndPoint!).Address);

    private void Add(Connection connection)
    {
        lock (_lock)
        {
            _connections[_next] = connection;
            _next = (_next + 1) % Kept;
        }
    }

    private void Remove(Connection connection)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_connections, connection) is >= 0 and var place)
            {
                _connections[place] = null;
            }
        }
    }

    private Connection? Find(in TcpSocket socket, Connection?[] except, out int place)
    {
        lock (_lock)
        {
            for (place = 0; place < Kept; place++)
            {
                if (_connections[place] is { } connection && connection != except[place] && connection.HasOtherEnd(socket))
                {
                    return connection;
                }
            }
        }

        return null;
    }

    /// <summary>The sockets of this pod that are the other end of a connection from here, as one reader of a socket table sees them come and go.</summary>
    /// <remarks>
    /// Once such an end has ended, a client may come with the same addresses and ports (on loopback a second later: net.ipv4.tcp_tw_reuse), and it
    /// counts.
    /// </remarks>
    public sealed class OtherEnds
    {
        private readonly OwnConnections _own;
        private readonly Connection?[] _ended = new Connection?[Kept];

        internal OtherEnds(OwnConnections own) => _own = own;

        /// <summary>True when a socket is such an end.</summary>
        /// <param name="socket">Any open socket of the table.</param>
        public bool Include(in TcpSocket socket) => _own.Find(socket, _ended, out _) is not null;

        /// <summary>True when a socket was such an end; from then on another with its addresses and ports is not.</summary>
        /// <param name="socket">A socket that has ended.</param>
        public bool IncludeEnded(in TcpSocket socket)
        {
            var connection = _own.Find(socket, _ended, out var place);
            if (connection is null)
            {
                return false;
            }

            _ended[place] = connection;
            return true;
        }
    }

    private sealed class Connection(IPEndPoint server, int ownPort)
    {
        private readonly InternetAddress _serverAddress = InternetAddress.From(server.Address);
        private volatile object? _ownAddress;

        /// <summary>Null until it is connected. Nobody else can have the port meanwhile, so that loopback is exact enough.</summary>
        public InternetAddress? OwnAddress
        {
            get => (InternetAddress?)_ownAddress;
            set => _ownAddress = value;
        }

        public bool HasOtherEnd(in TcpSocket socket) =>
            socket.RemotePort == ownPort
            && socket.LocalPort == server.Port
            && socket.LocalAddress == _serverAddress
            && (OwnAddress is { } own
                ? socket.RemoteAddress == own
                : socket.RemoteAddress.IsLoopback || socket.RemoteAddress == socket.LocalAddress);
    }
}
