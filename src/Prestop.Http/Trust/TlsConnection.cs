using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>A TLS connection to a server that is trusted.</summary>
/// <param name="connection">What it runs on; closed with it.</param>
public sealed class TlsConnection(Stream connection) : SslStream(connection)
{
    private bool _isAskedForCertificate;

    /// <summary>
    /// Tells whether the connection broke because the server wants a certificate of its client. With TLS 1.3 it says so only when the handshake is
    /// over for the client.
    /// </summary>
    /// <param name="failure">What was thrown while connecting, sending or receiving.</param>
    /// <returns>The reason, or null when it is another.</returns>
    public TlsRefusedException? RefusalFor(Exception failure) =>
        _isAskedForCertificate && (failure is AuthenticationException || failure.InnerException is not (null or System.Net.Sockets.SocketException))
            ? new("the server asks for a client's certificate, and none can be given")
            : null;

    /// <summary>The answer to a server that asks for a client's certificate; many ask for one and go on without.</summary>
    /// <param name="server">The server's own certificate; null before it has shown one.</param>
    internal X509Certificate ShowNoCertificate(X509Certificate? server)
    {
        _isAskedForCertificate |= server is not null;
        return null!;
    }
}
