using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Prestopd.Hosting;

/// <summary>Answers requests.</summary>
internal interface IRequestHandler
{
    /// <summary>Answers one request.</summary>
    /// <param name="request">The request; valid until the answer.</param>
    /// <returns>The answer. Nobody gets it when <see cref="HttpRequest.Aborted"/> was cancelled.</returns>
    ValueTask<HttpResponse> AnswerAsync(HttpRequest request);
}

/// <summary>
/// An HTTP/1.1 server for health checks and other small questions: whole answers, no pipeline, no headers kept. A new connection with one
/// request, which is what a health check is, costs it half of what it costs Kestrel in time and a fifth in memory; see the bench.
/// </summary>
internal sealed class HttpServer : IDisposable
{
    /// <summary>The longest request line. Longer ones get 414.</summary>
    public const int LongestRequestLine = 8 * 1024;

    /// <summary>The longest head. Longer ones get 431.</summary>
    public const int LongestHead = 16 * 1024;

    /// <summary>Accepting does not keep everything else waiting for longer than this many connections.</summary>
    private const int AcceptedInARow = 64;

    private static readonly TimeSpan PauseWithoutFiles = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private DateField _date = new(long.MinValue, []);

    /// <param name="handler">Answers the requests.</param>
    /// <param name="connections">Bounds the connections.</param>
    /// <param name="longestBody">The longest body that is read, in bytes.</param>
    /// <param name="log">Where a handler that throws is told, and a TLS handshake that fails.</param>
    /// <param name="time">The clock.</param>
    /// <param name="certificate">
    /// What the server shows to new connections (see <see cref="Prestop.Http.Trust.TlsIdentity"/>), asked for each of them, so that it can be renewed; must not throw. They all speak TLS then. Keep the context as long as
    /// the certificate is the same: sessions are resumed within it. Null for plain HTTP.
    /// </param>
    public HttpServer(
        IRequestHandler handler, ConnectionTable connections, int longestBody, ServerLog log, TimeProvider time, Func<SslStreamCertificateContext>? certificate = null) =>
        (Handler, Connections, LongestBody, Log, _time, Certificate) = (handler, connections, longestBody, log, time, certificate);

    /// <summary>The port that it listens on.</summary>
    public int Port => ((IPEndPoint)_listener!.LocalEndPoint!).Port;

    /// <summary>Answers the requests.</summary>
    public IRequestHandler Handler { get; }

    /// <summary>What is shown to new connections; null for plain HTTP.</summary>
    public Func<SslStreamCertificateContext>? Certificate { get; }

    /// <summary>Where failures are told.</summary>
    public ServerLog Log { get; }

    /// <summary>The connections.</summary>
    public ConnectionTable Connections { get; }

    /// <summary>The longest body that is read, in bytes.</summary>
    public int LongestBody { get; }

    /// <summary>Whether connections end with the answer that they get.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>The value of the Date field now.</summary>
    public ReadOnlySpan<byte> Date
    {
        get
        {
            var now = _time.GetUtcNow();
            var second = now.Ticks / TimeSpan.TicksPerSecond;
            if (_date.Second != second)
            {
                _date = new DateField(second, Encoding.ASCII.GetBytes(now.ToString("R", CultureInfo.InvariantCulture)));
            }

            return _date.Text;
        }
    }

    /// <summary>Opens the listener on all addresses and begins to answer.</summary>
    /// <param name="port">The TCP port.</param>
    /// <returns>Null, or why it cannot be opened.</returns>
    public string? Start(int port)
    {
        try
        {
            _listener = Listen(port);
        }
        catch (SocketException error)
        {
            return error.Message;
        }

        _ = AcceptAsync(_listener);
        return null;
    }

    /// <summary>
    /// Closes the listener and the connections that wait, lets the requests that are being answered finish, and drops what is left:
    /// answers that take longer, clients that do not read.
    /// </summary>
    /// <param name="patience">The longest that this takes.</param>
    public async Task StopAsync(TimeSpan patience)
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        var closed = Connections.CloseAsync();
        await closed.WaitAsync(patience / 2, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Connections.EndAll();
        await closed.WaitAsync(patience / 2, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _listener?.Dispose();
        _stopping.Dispose();
    }

    private static Socket Listen(int port)
    {
        var family = Socket.OSSupportsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var listener = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // What is accepted inherits it: one system call a connection less (tcp(7) does not say so; Linux's inet_csk_clone_lock does).
            listener.NoDelay = true;
            if (family is AddressFamily.InterNetworkV6)
            {
                listener.DualMode = true;
            }

            listener.Bind(new IPEndPoint(family is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            listener.Listen(int.MaxValue);
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        for (var inARow = 0; !IsStopping;)
        {
            try
            {
                var accepting = listener.AcceptAsync(CancellationToken.None);
                inARow = accepting.IsCompleted ? inARow + 1 : 0;
                var client = await accepting;
                _ = new HttpConnection(this, client).RunAsync();
                if (inARow >= AcceptedInARow)
                {
                    inARow = 0;
                    await Task.Yield();
                }
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                await Task.Delay(PauseWithoutFiles, _time);
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private sealed record DateField(long Second, byte[] Text);
}
