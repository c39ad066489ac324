using System.Net.Sockets;
using Prestop.Http.Trust;

namespace Prestop.Http;

/// <summary>
/// Connections for <see cref="HttpClient"/> that <see cref="TlsClient"/> makes safe: whether a server is trusted belongs to the call that
/// made the connection, and fails it with <see cref="TlsRefusedException"/> as the inner exception.
/// </summary>
public static class SafeConnections
{
    /// <summary>Makes a handler that sends a request where its URL says and nowhere else: no redirect is followed, no proxy used, no cookie kept.</summary>
    /// <param name="tls">How https is spoken.</param>
    public static SocketsHttpHandler Through(TlsClient tls) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellation) => ConnectAsync(context, tls, cancellation),
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, TlsClient tls, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        // The handler takes a stream that is an SslStream as it is (HttpConnectionPool.ConnectAsync).
        var connection = new NetworkStream(socket, ownsSocket: true);
        return context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps
            ? await tls.ConnectAsync(connection, context.DnsEndPoint.Host, cancellation)
            : connection;
    }
}
