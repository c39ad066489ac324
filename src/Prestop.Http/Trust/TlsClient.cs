using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>
/// How the programs speak TLS as a client. Whom they trust is decided here and nowhere else, for each connection anew. Safe for several
/// connections at once.
/// </summary>
/// <param name="authorities">Who is trusted; null: any server.</param>
public sealed class TlsClient(Authorities? authorities)
{
    // Those that the servers seen so far led to, so that they are not read again for each connection.
    private X509Certificate2Collection _found = [];

    static TlsClient() => OpenSslConfiguration.Ignore();

    /// <summary>Makes a connection safe.</summary>
    /// <param name="connection">The connection; closed when it cannot be made safe.</param>
    /// <param name="host">The name or address that the server must have a certificate for.</param>
    /// <param name="cancellation">Ends the handshake.</param>
    /// <exception cref="TlsRefusedException">The server is not trusted, or does not trust its client.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">There is no common way to speak TLS.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<TlsConnection> ConnectAsync(Stream connection, string host, CancellationToken cancellation)
    {
        TlsRefusedException? distrust = null;
        var tls = new TlsConnection(connection);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host.TrimEnd('.'),

                    // OpenSSL's own cache would hold the sessions of every connection, 7 kB, up to 20,480 of them (SSL_CTX_sess_set_cache_size(3)).
                    AllowTlsResume = false,
                    CertificateChainPolicy = Policy(_found),
                    RemoteCertificateValidationCallback = (_, _, chain, errors) => (distrust = Distrust(chain, errors)) is null,
                    LocalCertificateSelectionCallback = (_, _, _, server, _) => tls.ShowNoCertificate(server),
                },
                cancellation);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync();
            if ((distrust ?? tls.RefusalFor(failure)) is { } refusal)
            {
                throw refusal;
            }

            throw;
        }
    }

    private TlsRefusedException? Distrust(X509Chain? chain, SslPolicyErrors errors)
    {
        if (authorities is null)
        {
            return null;
        }

        if (chain is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return new("the server shows no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return new("the server's certificate is for another name");
        }

        var distrust = CertificateChain.Distrust(chain, chain.ChainPolicy.CustomTrustStore);
        distrust = distrust is null ? null : Distrust(chain, everywhere: false);
        return distrust is { IsAuthorityUnknown: true } ? Distrust(chain, everywhere: true) : distrust;
    }

    private TlsRefusedException? Distrust(X509Chain chain, bool everywhere)
    {
        var found = authorities!.FindFor(chain, everywhere);
        using var longer = new X509Chain { ChainPolicy = chain.ChainPolicy.Clone() };
        longer.ChainPolicy.CustomTrustStore.AddRange(found);
        longer.ChainPolicy.ExtraStore.AddRange(found);
        longer.Build(chain.ChainElements[0].Certificate);
        var distrust = CertificateChain.Distrust(longer, found);
        if (distrust is null)
        {
            _found = found;
        }

        return distrust;
    }

    /// <summary>No certificate is fetched, and nobody is asked about revocation.</summary>
    private static X509ChainPolicy Policy(X509Certificate2Collection trusted)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        policy.CustomTrustStore.AddRange(trusted);
        policy.ExtraStore.AddRange(trusted);
        return policy;
    }
}
