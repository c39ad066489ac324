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
    // The authorities of the last server that was trusted, so that they are not read again for each connection.
    private X509Certificate2Collection _found = [];

    static TlsClient() => TlsRuntime.KeepToItself();

    /// <summary>
    /// The options of the handshake, for a client such as <see cref="HttpClient"/> that makes its connections itself. A server that is not trusted fails the handshake with
    /// <see cref="TlsRefusedException"/>, perhaps as an inner exception: no verdict is kept where another connection could find it.
    /// </summary>
    public SslClientAuthenticationOptions Options => new()
    {
        // OpenSSL's own cache would hold the sessions of every connection, 7 kB, up to 20,480 of them (SSL_CTX_sess_set_cache_size(3)).
        AllowTlsResume = false,
        CertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        },
        RemoteCertificateValidationCallback = (_, _, chain, errors) => Distrust(chain, errors) is { } distrust ? throw distrust : true,
    };

    /// <summary>Makes a connection safe.</summary>
    /// <param name="connection">The connection; closed when it cannot be made safe.</param>
    /// <param name="host">The name or address that the server must have a certificate for.</param>
    /// <param name="cancellation">Ends the handshake.</param>
    /// <exception cref="TlsRefusedException">The server is not trusted, or does not trust its client.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">There is no common way to speak TLS.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<TlsConnection> ConnectAsync(Stream connection, string host, CancellationToken cancellation)
    {
        var tls = new TlsConnection(connection);
        var options = Options;
        options.TargetHost = host.TrimEnd('.');
        options.LocalCertificateSelectionCallback = (_, _, _, server, _) => tls.ShowNoCertificate(server);
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellation);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync();
            if ((TlsRefusedException.In(failure) ?? tls.RefusalFor(failure)) is { } refusal)
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

        var distrust = Distrust(chain, _found);
        for (var everywhere = false; distrust is { IsAuthorityUnknown: true }; everywhere = true)
        {
            var found = authorities.FindFor(chain, everywhere);
            distrust = Distrust(chain, found);
            if (distrust is null)
            {
                _found = found;
            }
            else if (everywhere)
            {
                break;
            }
        }

        return distrust;
    }

    private static TlsRefusedException? Distrust(X509Chain shown, X509Certificate2Collection trusted)
    {
        using var chain = new X509Chain { ChainPolicy = shown.ChainPolicy.Clone() };
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(trusted);
        chain.Build(shown.ChainElements[0].Certificate);
        return CertificateChain.Distrust(chain, trusted);
    }
}
