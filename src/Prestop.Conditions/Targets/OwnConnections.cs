using System.Net;
using System.Net.Sockets;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// The TCP connections that this process opens itself, so that their other ends can be told from those of clients when the server is in
/// the same pod. Safe for several threads.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class OwnConnections(TimeProvider time)
{
    // Two minutes of attempts at the default interval: longer than a server in the pod is expected to hold on to one.
    private const int Kept = 256;

    // Within the pod the end of one side reaches the other at once. Ages are counted in ticks of 10 ms at the coarsest (CONFIG_HZ=100).
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time = time;
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
        var socket = new OwnSocket(server.AddressFamily);
        Connection? connection = null;
        try
        {
            socket.Bind(new IPEndPoint(server.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
            connection = new Connection(server, ((IPEndPoint)socket.LocalEndPoint!).Port);
            Add(connection);
            await socket.ConnectAsync(server, cancellation);
            connection.OwnAddress = AddressOf(socket);
            socket.Closed = () => connection.Closed = _time.GetTimestamp();
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
    /// Once such an end has ended, a client may come with the same addresses and ports (on loopback a second later: net.ipv4.tcp_tw_reuse; at once
    /// where the server closed first), and it counts.
    /// </remarks>
    public sealed class OtherEnds
    {
        private readonly OwnConnections _own;
        private readonly long _began;
        private readonly Connection?[] _seen = new Connection?[Kept];
        private readonly Connection?[] _ended = new Connection?[Kept];

        internal OtherEnds(OwnConnections own) => (_own, _began) = (own, own._time.GetTimestamp());

        /// <summary>True when a socket is such an end.</summary>
        /// <param name="socket">Any open socket of the table, as it is now.</param>
        public bool Include(in TcpSocket socket)
        {
            var connection = _own.Find(socket, _ended, out var place);
            if (connection is null)
            {
                return false;
            }

            var isOwn = !(connection.Closed is { } closed && IsOfAnother(socket, _own._time.GetElapsedTime(closed)));
            (isOwn ? _seen : _ended)[place] = connection;
            return isOwn;
        }

        /// <summary>True when a socket was such an end; from then on another with its addresses and ports is not.</summary>
        /// <param name="socket">A socket that has ended.</param>
        public bool IncludeEnded(in TcpSocket socket)
        {
            var connection = _own.Find(socket, _ended, out var place);
            if (connection is null)
            {
                return false;
            }

            // What was closed before the first reading and was not in it had ended by then.
            _ended[place] = connection;
            return _seen[place] == connection || !(connection.Closed < _began);
        }

        /// <summary>True when a socket with the addresses and ports of a connection from here, closed some time ago, is another's: that one had its FIN then, and no data since.</summary>
        private static bool IsOfAnother(in TcpSocket socket, TimeSpan sinceClosed) =>
            sinceClosed > Settling
            && (socket.State is TcpState.Established or TcpState.SynReceived || TimeSpan.FromMilliseconds(socket.ReceivedAgo) < sinceClosed - Settling);
    }

    private sealed class Connection(IPEndPoint server, int ownPort)
    {
        private readonly InternetAddress _serverAddress = InternetAddress.From(server.Address);
        private volatile object? _ownAddress;
        private volatile object? _closed;

        /// <summary>Null until it is connected. Nobody else can have the port meanwhile, so that loopback is exact enough.</summary>
        public InternetAddress? OwnAddress
        {
            get => (InternetAddress?)_ownAddress;
            set => _ownAddress = value;
        }

        /// <summary>When this side was closed; null until then.</summary>
        public long? Closed
        {
            get => (long?)_closed;
            set => _closed = value;
        }

        public bool HasOtherEnd(in TcpSocket socket) =>
            socket.RemotePort == ownPort
            && socket.LocalPort == server.Port
            && socket.LocalAddress == _serverAddress
            && (OwnAddress is { } own
                ? socket.RemoteAddress == own
                : socket.RemoteAddress.IsLoopback || socket.RemoteAddress == socket.LocalAddress);
    }

    /// <summary>A socket that says when it has been closed: whoever gets it owns it.</summary>
    private sealed class OwnSocket(AddressFamily family) : Socket(family, SocketType.Stream, ProtocolType.Tcp)
    {
        public Action? Closed { get; set; }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Closed?.Invoke();
            Closed = null;
        }
    }
}
