using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bench.Servers;

/// <summary>An endpoint on loopback that answers at once, late, never, or that it is not yet time.</summary>
/// <remarks>Each connection has a thread of its own, so that nobody waits for a pool to grow.</remarks>
internal sealed class WaitServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2? _certificate;
    private volatile int _held;
    private volatile int _refused;

    /// <summary>Serves http, or https with <paramref name="certificate"/>.</summary>
    public WaitServer(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        StartThread(Accept);
    }

    public static TimeSpan Lateness { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Answers as soon as it is asked.</summary>
    public string AtOnce => Url("now");

    /// <summary>Answers <see cref="Lateness"/> after it is asked.</summary>
    public string Late => Url("late");

    /// <summary>Takes the request and never answers.</summary>
    public string Never => Url("never");

    /// <summary>Answers 503 at once and closes the connection.</summary>
    public string NotYet => Url("not-yet");

    /// <summary>How many requests for <see cref="NotYet"/> have come in so far.</summary>
    public int Refused => _refused;

    /// <summary>How many requests for <see cref="Never"/> have come in so far.</summary>
    public int Held => _held;

    public void Dispose() => _listener.Dispose();

    private string Url(string path) => $"{(_certificate is null ? "http" : "https")}://{_listener.LocalEndPoint}/{path}";

    private static void StartThread(Action work) => new Thread(() => work()) { IsBackground = true }.Start();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                StartThread(() => Serve(connection));
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The listener was disposed.
        }
    }

    private void Serve(Socket client)
    {
        using var connection = client;
        try
        {
            connection.NoDelay = true;
            using var stream = Encrypted(new NetworkStream(connection));
            var request = ReadRequest(stream);
            if (request.StartsWith("GET /never", StringComparison.Ordinal))
            {
                _ = Interlocked.Increment(ref _held);
                stream.ReadByte();
            }

            if (request.StartsWith("GET /late", StringComparison.Ordinal))
            {
                Thread.Sleep(Lateness);
            }

            var isRefused = request.StartsWith("GET /not-yet", StringComparison.Ordinal);
            stream.Write(isRefused ? "HTTP/1.1 503 Not yet\r\n"u8 : "HTTP/1.1 200 OK\r\n"u8);
            stream.Write("Content-Length: 0\r\nConnection: close\r\n\r\n"u8);
            if (isRefused)
            {
                _ = Interlocked.Increment(ref _refused);
            }
        }
        catch (Exception end) when (end is IOException or SocketException or AuthenticationException)
        {
            // The client left: that is how every wait for /never ends.
        }
    }

    private Stream Encrypted(Stream stream)
    {
        if (_certificate is null)
        {
            return stream;
        }

        var encrypted = new SslStream(stream);
        encrypted.AuthenticateAsServer(_certificate);
        return encrypted;
    }

    private static string ReadRequest(Stream stream)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = stream.Read(buffer, length, buffer.Length - length);
            length += read > 0 ? read : throw new IOException("the client left in the middle of its request");
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
