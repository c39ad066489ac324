using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Testing;

/// <summary>
/// A certificate authority, and a server certificate that it has signed. All authorities have the same name, as those of a
/// cluster do that replaces its authority: only the key identifiers tell them apart.
/// </summary>
internal sealed class ServerIdentity
{
    /// <summary>One that is good on loopback, for all tests that are not about certificates.</summary>
    public static ServerIdentity Good { get; } = Create();

    public required X509Certificate2 Certificate { get; init; }

    /// <summary>The authority's certificate, as it stands in <c>ca.crt</c>.</summary>
    public required string AuthorityPem { get; init; }

    public static ServerIdentity Create(string? host = null, bool expired = false)
    {
        using var authority = CertificateMaker.Authority("cluster-ca");
        return new ServerIdentity
        {
            Certificate = CertificateMaker.Issue(
                authority,
                host ?? "localhost",
                host is null ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [],
                DateTimeOffset.UtcNow.AddDays(expired ? -1 : 1)),
            AuthorityPem = authority.ExportCertificatePem(),
        };
    }
}
