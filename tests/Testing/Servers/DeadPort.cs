using System.Net;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>A port of 127.0.0.1 where nobody serves, and which nobody else can take while the test needs it so.</summary>
public sealed class DeadPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket? _filler;

    private DeadPort(bool isSilent)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (!isSilent)
        {
            return;
        }
        // A backlog of 0 holds one connection that nobody accepts; the kernel then drops every further SYN (Linux, sk_acceptq_is_full).
        _socket.Listen(0);
        _filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _filler.Connect(_socket.LocalEndPoint!);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Connections are refused: bound, but not listening.</summary>
    public static DeadPort Refusing() => new(isSilent: false);

    /// <summary>Connections are neither taken nor refused, as where a firewall drops packets.</summary>
    public static DeadPort Silent() => new(isSilent: true);

    public string Url(string path = "/") => $"http://127.0.0.1:{Port}{path}";

    public void Dispose()
    {
        _filler?.Dispose();
        _socket.Dispose();
    }
}
