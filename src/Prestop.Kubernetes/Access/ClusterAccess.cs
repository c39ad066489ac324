using System.Net;
using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Trust;

namespace Prestop.Kubernetes.Access;

/// <summary>How an API server is reached: its address, how its certificate is verified, and the credentials that it is sent.</summary>
public sealed class ClusterAccess
{
    /// <summary>The API server: an <c>https</c> address that ends with a slash (<c>http</c> only where there are no credentials to send).</summary>
    public required Uri Address { get; init; }

    /// <summary>
    /// The certificate authorities that the API server's certificate must lead to; no other is trusted. Null: those of the system.
    /// </summary>
    public required X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Reads certificate authorities.</summary>
    /// <param name="pem">A bundle in PEM.</param>
    /// <returns>The authorities, or null when there is none or one is damaged.</returns>
    public static X509Certificate2Collection? AuthoritiesIn(string pem) => Pem.CertificatesIn(pem);

    /// <summary>The credentials of every request.</summary>
    public required IApiCredentials Credentials { get; init; }

    /// <summary>The host name that the certificate must be for, and that is asked for by SNI; null: the address's own.</summary>
    public string? ServerName { get; init; }

    /// <summary>True when the server's certificate is not verified at all, so that anybody on the way can read the credentials.</summary>
    public bool SkipsVerification { get; init; }

    /// <summary>The proxy that the connections go through; null for none. The environment's proxy variables do not count.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>The <c>User-Agent</c>, as it stands in the API server's audit log.</summary>
    public string UserAgent { get; init; } = "prestop";
}
