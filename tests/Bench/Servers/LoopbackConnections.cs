using System.Net;
using System.Net.Sockets;

namespace Bench.Servers;

/// <summary>Established connections on which nothing moves. Nobody accepts them, so each costs one descriptor and not two.</summary>
internal sealed class LoopbackConnections : IDisposable
{
    /// <summary>Fewer than wait to be accepted under any kernel's default (net.core.somaxconn: 128 before Linux 5.4).</summary>
    private const int EachListener = 100;

    private readonly List<Socket> _listeners = [];
    private readonly List<Socket> _clients = [];

    /// <summary>Opens <paramref name="count"/> connections.</summary>
    public LoopbackConnections(int count)
    {
        try
        {
            while (_clients.Count < count)
            {
                if (_clients.Count % EachListener == 0)
                {
                    Listen();
                }

                var client = New();
                _clients.Add(client);
                client.Connect(_listeners[^1].LocalEndPoint!);
            }
        }
        catch (SocketException failure)
        {
            var opened = _clients.Count;
            Dispose();
            throw new BenchException($"only {opened} of {count} connections could be opened: {failure.Message}; each takes a file descriptor: raise 'ulimit -Hn' to {count + 1_000}");
        }
    }

    /// <summary>The port that the first hundred are connected to.</summary>
    public ushort Port => (ushort)((IPEndPoint)_listeners[0].LocalEndPoint!).Port;

    public void Dispose()
    {
        // Listeners first: the kernel resets what they have not accepted, and no TIME_WAIT is left of either end (inet_csk_listen_stop).
        foreach (var socket in _listeners.Concat(_clients))
        {
            socket.Dispose();
        }
    }

    private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private void Listen()
    {
        var listener = New();
        _listeners.Add(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(EachListener);
    }
}
