using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prestop.Testing;

/// <summary>The app in a pod: HTTP/1.1, connections stay open for those who want it, and on SIGTERM it is gone at once.</summary>
internal sealed class App : IDisposable
{
    public const int Port = 8080;

    /// <summary>What the kubelet asks for; all other requests are the balancer's.</summary>
    public const string HealthPath = "/healthz";

    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string LastAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Socket _listener;
    private long _lastRequest = TimeProvider.System.GetTimestamp();
    private bool _hasEnded;

    /// <summary>Begins to serve.</summary>
    /// <param name="inPod">Makes a socket where the app is.</param>
    /// <param name="address">Its address.</param>
    public App(Func<Func<Socket>, Socket> inPod, IPEndPoint address)
    {
        _listener = inPod(() =>
        {
            var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(address);
            listener.Listen(1000);
            return listener;
        });
        _ = AcceptAsync();
    }

    /// <summary>When the last request of the balancer came, or the app began: a timestamp of the system's <see cref="TimeProvider"/>.</summary>
    public long LastRequest => Volatile.Read(ref _lastRequest);

    /// <summary>SIGTERM for an app that does not drain: nobody is listened to or answered from now on.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _listener.Dispose();
            foreach (var connection in _open)
            {
                connection.Dispose();
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync();
                lock (_gate)
                {
                    if (_hasEnded)
                    {
                        connection.Dispose();
                    }

                    _open.Add(connection);
                }

                _ = ServeAsync(connection);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // SIGTERM.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        var buffer = new byte[4096];
        try
        {
            while (await ReadRequestAsync(connection, buffer) is { } request)
            {
                if (!request.StartsWith($"GET {HealthPath} ", StringComparison.Ordinal))
                {
                    Volatile.Write(ref _lastRequest, TimeProvider.System.GetTimestamp());
                }

                var isLast = request.Contains("Connection: close", StringComparison.OrdinalIgnoreCase);
                await connection.SendAsync(Encoding.ASCII.GetBytes(isLast ? LastAnswer : Answer));
                if (isLast)
                {
                    break;
                }
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // SIGTERM, or the other side is gone.
        }

        lock (_gate)
        {
            _open.Remove(connection);
        }

        connection.Dispose();
    }

    /// <summary>Reads the head of the next request, which is all of it; null when no more come.</summary>
    private static async Task<string?> ReadRequestAsync(Socket connection, byte[] buffer)
    {
        for (var length = 0; ;)
        {
            var read = await connection.ReceiveAsync(buffer.AsMemory(length));
            length += read;
            var head = Encoding.ASCII.GetString(buffer, 0, length);
            if (read == 0 || head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return read == 0 ? null : head;
            }
        }
    }
}
