using Prestop.Http.Trust;

namespace Prestop.Http;

/// <summary>Connections for <see cref="HttpClient"/>. Every server that the programs keep connections to is reached through these.</summary>
public static class SafeConnections
{
    /// <summary>Makes a handler that sends a request where its URL says and nowhere else: no redirect is followed, no proxy used, no cookie kept.</summary>
    /// <param name="tls">How https is spoken. A server that is not trusted fails the request as <see cref="TlsClient.Options"/> has it.</param>
    public static SocketsHttpHandler Through(TlsClient tls) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        SslOptions = tls.Options,
    };
}
