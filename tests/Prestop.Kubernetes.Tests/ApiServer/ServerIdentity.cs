using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Kubernetes.Tests.ApiServer;

/// <summary>
/// A certificate authority, and a server certificate that it has signed. All authorities have the same name, as those of a
/// cluster do that replaces its authority: only the key identifiers tell them apart.
/// </summary>
internal sealed class ServerIdentity
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow.AddDays(-2);

    /// <summary>One that is good on loopback, for all tests that are not about certificates.</summary>
    public static ServerIdentity Good { get; } = Create();

    public required X509Certificate2 Certificate { get; init; }

    /// <summary>The authority's certificate, as it stands in <c>ca.crt</c>.</summary>
    public required string AuthorityPem { get; init; }

    public static ServerIdentity Create(string? host = null, bool expired = false)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=cluster-ca", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var authorityId = new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false);
        authorityRequest.CertificateExtensions.Add(authorityId);
        using var authority = authorityRequest.CreateSelfSigned(Begin, Begin.AddDays(365));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (host is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            names.AddDnsName("localhost");
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(authorityId));
        using var certificate = request.Create(
            authority, Begin, Begin.AddDays(expired ? 1 : 365), RandomNumberGenerator.GetBytes(8));
        return new ServerIdentity
        {
            Certificate = certificate.CopyWithPrivateKey(key),
            AuthorityPem = authority.ExportCertificatePem(),
        };
    }
}
