using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>How the programs speak TLS as a client.</summary>
public static class TlsClient
{
    static TlsClient() => OpenSslConfiguration.Ignore();

    /// <summary>
    /// Servers that lead to one of the policy's authorities are trusted, and no others; nothing is fetched to find that out. No session is
    /// kept: OpenSSL's own cache would hold those of every connection, 7 kB, up to 20,480 of them (SSL_CTX_sess_set_cache_size(3)).
    /// </summary>
    /// <param name="authorities">The authorities; more may be added to the policy later.</param>
    public static SslClientAuthenticationOptions Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return new SslClientAuthenticationOptions { AllowTlsResume = false, CertificateChainPolicy = policy };
    }
}
