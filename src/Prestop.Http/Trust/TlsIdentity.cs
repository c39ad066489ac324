using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>What a server shows to its clients.</summary>
public static class TlsIdentity
{
    static TlsIdentity() => TlsRuntime.KeepToItself();

    /// <summary>Reads a certificate and its key.</summary>
    /// <param name="chain">PEM: the server's own certificate first, then those between it and an authority that clients know.</param>
    /// <param name="key">PEM: the private key of the first.</param>
    /// <returns>To be kept as long as the certificate is the same: sessions are resumed within it.</returns>
    /// <exception cref="CryptographicException">One of the two is damaged, or they do not belong together.</exception>
    public static SslStreamCertificateContext FromPem(string chain, string key) =>
        SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(chain, key), Pem.CertificatesIn(chain), offline: true);
}
