using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Prestop.Testing;

/// <summary>Answers on a loopback port: HTTP/1.1, connections that stay open, and every way to fail that a test asks for.</summary>
public sealed class LoopbackHttp : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private readonly Func<HttpCall, CancellationToken, Task<HttpReply>> _answer;
    private readonly Func<DateTimeOffset> _date;
    private readonly SslServerAuthenticationOptions? _tls;

    /// <summary>Begins to listen.</summary>
    /// <param name="answer">What is answered; from several connections at once.</param>
    /// <param name="date">What the Date field says; null for the system's clock.</param>
    /// <param name="tls">How TLS is spoken; null: it is not.</param>
    public LoopbackHttp(Func<HttpCall, HttpReply> answer, Func<DateTimeOffset>? date = null, SslServerAuthenticationOptions? tls = null)
        : this((call, _) => Task.FromResult(answer(call)), date, tls)
    {
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="answer">What is answered, which may take a while; from several connections at once.</param>
    /// <param name="date">What the Date field says; null for the system's clock.</param>
    /// <param name="tls">How TLS is spoken; null: it is not.</param>
    public LoopbackHttp(
        Func<HttpCall, CancellationToken, Task<HttpReply>> answer, Func<DateTimeOffset>? date = null, SslServerAuthenticationOptions? tls = null)
    {
        (_answer, _date, _tls) = (answer, date ?? TimeProvider.System.GetUtcNow, tls);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"{(_tls is null ? "http" : "https")}://127.0.0.1:{Port}/"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using Stream plain = client.GetStream(), stream = _tls is null ? plain : new SslStream(plain);
                if (stream is SslStream tls)
                {
                    await tls.AuthenticateAsServerAsync(_tls!, _stop.Token);
                }

                while (await HttpCall.ReadAsync(stream, _stop.Token) is { } call
                    && await ReplyAsync(client, stream, await _answer(Seen(call, stream), _stop.Token)))
                {
                }
            }
            catch (Exception thrown) when (thrown is OperationCanceledException or IOException or AuthenticationException)
            {
                // The client has gone, or does not trust this server, or the test is over.
            }
        }
    }

    private static HttpCall Seen(HttpCall call, Stream stream) => stream is SslStream tls
        ? call with { ServerName = tls.TargetHostName, ClientSubject = (tls.RemoteCertificate as X509Certificate2)?.Subject }
        : call;

    private async Task<bool> ReplyAsync(TcpClient client, Stream stream, HttpReply reply)
    {
        if (reply.Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
        }

        if (reply.IsReset)
        {
            // Closing without lingering sends RST.
            client.LingerState = new LingerOption(true, 0);
            return false;
        }

        var body = Encoding.UTF8.GetBytes(reply.Body);
        var date = reply.Headers.Any(header => header.Name == "Date") ? "" : $"Date: {_date():R}\r\n";
        var fields = string.Concat(reply.Headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
        var length = reply.SendPieces is null ? $"Content-Length: {body.Length}" : "Transfer-Encoding: chunked";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {reply.Status} Status\r\n{date}{fields}{length}\r\n\r\n"), _stop.Token);
        if (reply.SendPieces is { } sendPieces)
        {
            var pieces = new ChunkedBody(stream, _stop.Token);
            await sendPieces(pieces.WriteAsync, _stop.Token);
            await pieces.EndAsync();
            return true;
        }

        await stream.WriteAsync(reply.IsCut ? body.AsMemory(0, body.Length / 2) : body, _stop.Token);
        return !reply.IsCut && !reply.Headers.Contains(("Connection", "close"));
    }
}
