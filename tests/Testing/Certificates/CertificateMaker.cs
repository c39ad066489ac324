using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Testing;

/// <summary>Makes certificates with their private keys: authorities, and what they sign. Keys are elliptic where nothing else is said.</summary>
public static class CertificateMaker
{
    /// <summary>The extended key usage of servers: serverAuth of RFC 5280, section 4.2.1.12.</summary>
    public const string ForServers = "1.3.6.1.5.5.7.3.1";

    /// <summary>The extended key usage of clients: clientAuth.</summary>
    public const string ForClients = "1.3.6.1.5.5.7.3.2";

    private static TimeSpan Day => TimeSpan.FromDays(1);

    /// <summary>An authority, valid for ten days before and after now.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="issuer">Who signs it; null: itself.</param>
    /// <param name="permitted">The only domain that it may sign for; null: any.</param>
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null, string? permitted = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (permitted is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("2.5.29.30", Permitting(permitted), critical: true));
        }

        var now = DateTimeOffset.UtcNow;
        if (issuer is null)
        {
            return request.CreateSelfSigned(now - (10 * Day), now + (10 * Day));
        }

        using var signed = request.Create(issuer.SubjectName, Signing(issuer), now - (10 * Day), issuer.NotAfter, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate of an authority.</summary>
    /// <param name="authority">Who signs it.</param>
    /// <param name="name">The host name that it is for.</param>
    /// <param name="addresses">The addresses that it is for.</param>
    /// <param name="until">When it ends; it began five days earlier.</param>
    /// <param name="rsaBits">The length of its RSA key; null: elliptic.</param>
    /// <param name="usage">What it is for.</param>
    /// <param name="signature">How it is signed; null: with the authority's elliptic key.</param>
    public static X509Certificate2 Issue(X509Certificate2 authority, string name, IPAddress[] addresses, DateTimeOffset until,
        int? rsaBits = null, string usage = ForServers, X509SignatureGenerator? signature = null)
    {
        using AsymmetricAlgorithm key = rsaBits is { } bits ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        AddNames(request, name, addresses);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault() is { } identifier)
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier));
        }

        using var certificate = request.Create(
            authority.SubjectName, signature ?? Signing(authority), until - (5 * Day), until, RandomNumberGenerator.GetBytes(16));
        return key is RSA own ? certificate.CopyWithPrivateKey(own) : certificate.CopyWithPrivateKey((ECDsa)key);
    }

    /// <summary>A certificate that signs itself, valid for a day before and after now.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="address">The address that it is for, where it is a server's.</param>
    /// <param name="rsaBits">The length of its RSA key; null: elliptic.</param>
    public static X509Certificate2 SelfSigned(string name, IPAddress? address = null, int? rsaBits = null)
    {
        using AsymmetricAlgorithm key = rsaBits is { } bits ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        if (address is not null)
        {
            AddNames(request, null, [address]);
            request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        }

        return request.CreateSelfSigned(DateTimeOffset.UtcNow - Day, DateTimeOffset.UtcNow + Day);
    }

    /// <summary>One that signs itself and its key, in PEM: a client's.</summary>
    /// <param name="name">Its common name.</param>
    public static (string Certificate, string Key) SelfSignedPem(string name)
    {
        using var certificate = SelfSigned(name);
        return (certificate.ExportCertificatePem(), certificate.GetECDsaPrivateKey()!.ExportECPrivateKeyPem());
    }

    private static CertificateRequest Request(string name, AsymmetricAlgorithm key) => key is RSA rsa
        ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);

    private static void AddNames(CertificateRequest request, string? name, IPAddress[] addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (name is not null)
        {
            names.AddDnsName(name);
        }

        Array.ForEach(addresses, names.AddIpAddress);
        request.CertificateExtensions.Add(names.Build());
    }

    private static X509SignatureGenerator Signing(X509Certificate2 authority) => X509SignatureGenerator.CreateForECDsa(authority.GetECDsaPrivateKey()!);

    /// <summary>NameConstraints of RFC 5280, section 4.2.1.10: permittedSubtrees with one dNSName.</summary>
    private static byte[] Permitting(string domain)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        return writer.Encode();
    }
}
