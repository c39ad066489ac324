using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Trust;

namespace Prestopd.Controller.Certificates;

/// <summary>What the server shows to the API server, and what the API server must trust for it.</summary>
/// <param name="Chain">PEM: its own certificate, and those between it and an authority.</param>
/// <param name="Key">PEM: the private key of the first.</param>
/// <param name="Authorities">PEM: the authorities; beside the one of this certificate those of its predecessors, which other replicas may still show.</param>
internal sealed record ServingMaterial(string Chain, string Key, string Authorities)
{
    /// <summary>How long a certificate is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>Clocks differ: it is valid a little earlier.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromHours(1);

    private const int MostAuthorities = 4;

    /// <summary>
    /// Makes a certificate and an authority that signs it and nothing else: its key is forgotten. A new authority for each certificate leaves no key anywhere with which
    /// another one could be made.
    /// </summary>
    /// <param name="host">The DNS name that it is for.</param>
    /// <param name="before">What was shown until now, and is trusted on; null for nothing.</param>
    /// <param name="now">The time.</param>
    public static ServingMaterial Make(string host, ServingMaterial? before, DateTimeOffset now)
    {
        TlsRuntime.KeepToItself();
        var (from, to) = (now - Skew, now + Lifetime);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // A name of its own: authorities of the same name are told apart by trying only.
        var authority = new CertificateRequest($"CN=prestop {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, critical: false));
        using var issuer = authority.CreateSelfSigned(from, to);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=prestopd controller", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        alternative.AddDnsName(host);
        request.CertificateExtensions.Add(alternative.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth, RFC 5280
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(16));

        var older = before is null ? [] : Pem.CertificatesIn(before.Authorities) ?? [];
        var trusted = older.Where(each => each.NotAfter > now.UtcDateTime).TakeLast(MostAuthorities - 1).Append(issuer).Select(each => each.ExportCertificatePem() + "\n");
        return new ServingMaterial(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", string.Concat(trusted));
    }

    /// <summary>Opens it.</summary>
    /// <param name="host">The DNS name that it has to be for, signed by its authority; null where that is somebody else's business.</param>
    /// <param name="now">The time.</param>
    /// <param name="problem">Why it cannot be used, as a phrase without secrets; empty when it can.</param>
    /// <returns>What is shown; null when there is a problem.</returns>
    public ShownCertificate? Open(string? host, DateTimeOffset now, out string problem)
    {
        try
        {
            var context = TlsIdentity.FromPem(Chain, Key);
            var certificate = context.TargetCertificate;
            problem = certificate.NotAfter <= now.UtcDateTime ? "the certificate has expired"
                : host is not null && certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false) != host ? $"the certificate is not for {host}"
                : host is not null && !IsTrusted(certificate, now) ? "the certificate is not signed by its authority"
                : "";
            return problem.Length == 0 ? new ShownCertificate(context, certificate.NotBefore, certificate.NotAfter) : null;
        }
        catch (Exception damage) when (damage is CryptographicException or ArgumentException)
        {
            problem = "the certificate and its key cannot be read, or do not belong together";
            return null;
        }
    }

    private bool IsTrusted(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (Pem.CertificatesIn(Authorities) is not { } authorities)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate);
    }
}

/// <summary>A certificate that connections are made with.</summary>
/// <param name="Context">As TLS takes it.</param>
/// <param name="From">Since when it is valid.</param>
/// <param name="To">Until when.</param>
internal sealed record ShownCertificate(SslStreamCertificateContext Context, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Whether it is to be renewed: in the last third of its time.</summary>
    /// <param name="now">The time.</param>
    public bool IsDue(DateTimeOffset now) => now >= To - ((To - From) / 3);
}
