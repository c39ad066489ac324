using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bench.Servers;

/// <summary>An HTTP server on a free port of 127.0.0.1.</summary>
/// <remarks>Each connection has a thread of its own, so that nobody waits for a pool to grow.</remarks>
internal abstract class LoopbackServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2? _certificate;

    /// <summary>Serves http, or https with <paramref name="certificate"/>.</summary>
    protected LoopbackServer(X509Certificate2? certificate)
    {
        _certificate = certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        StartThread(Accept);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

    /// <summary>Whether one request may follow another on a connection.</summary>
    protected virtual bool KeepsConnections => false;

    protected string Url(string path) => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}/{path}";

    /// <summary>Answers a request.</summary>
    /// <param name="target">What its first line asks for: a path, perhaps with a query.</param>
    /// <param name="client">Where the answer goes.</param>
    protected abstract void Answer(string target, Stream client);

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
            do
            {
                Answer(ReadRequest(stream).Split(' ', 3)[1], stream);
            }
            while (KeepsConnections);
        }
        catch (Exception end) when (end is IOException or SocketException or AuthenticationException)
        {
            // The client left: that is how every wait for what does not come ends.
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
