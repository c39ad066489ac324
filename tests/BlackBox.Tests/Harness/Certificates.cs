using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BlackBox.Tests.Harness;

/// <summary>A certificate authority of the test's own, and servers' certificates, good and bad, as PEM files in a temporary folder.</summary>
public sealed class Certificates : IDisposable
{
    private static TimeSpan Day => TimeSpan.FromDays(1);

    private readonly TemporaryFolder _folder = new();

    public Certificates()
    {
        using var authority = MakeAuthority("Test Authority");
        using var stranger = MakeAuthority("Unknown Authority");
        AuthorityFile = _folder.Write("ca.pem", authority.ExportCertificatePem());
        var now = DateTimeOffset.UtcNow;
        Good = Issue("good", authority, "localhost", IPAddress.Loopback, now + Day);
        GoodRsa = Issue("good-rsa", authority, "localhost", IPAddress.Loopback, now + Day, isRsa: true);
        WrongName = Issue("wrong-name", authority, "elsewhere.test", IPAddress.Parse("192.0.2.1"), now + Day);
        Expired = Issue("expired", authority, "localhost", IPAddress.Loopback, now - Day);
        Untrusted = Issue("untrusted", stranger, "localhost", IPAddress.Loopback, now + Day);
    }

    /// <summary>What a client must trust: the authority that signed all but <see cref="Untrusted"/>.</summary>
    public string AuthorityFile { get; }

    /// <summary>For localhost and 127.0.0.1, valid today.</summary>
    public ServerCertificate Good { get; }

    /// <summary>The same with an RSA key; all others have elliptic ones.</summary>
    public ServerCertificate GoodRsa { get; }

    /// <summary>For elsewhere.test and 192.0.2.1 only.</summary>
    public ServerCertificate WrongName { get; }

    /// <summary>Valid until yesterday.</summary>
    public ServerCertificate Expired { get; }

    /// <summary>Signed by an authority that is not in <see cref="AuthorityFile"/>.</summary>
    public ServerCertificate Untrusted { get; }

    public void Dispose() => _folder.Dispose();

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow - (10 * Day), DateTimeOffset.UtcNow + (10 * Day));
    }

    private ServerCertificate Issue(string file, X509Certificate2 authority, string name, IPAddress address, DateTimeOffset until, bool isRsa = false)
    {
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        using var certificate = request.Create(
            authority.SubjectName,
            X509SignatureGenerator.CreateForECDsa(authority.GetECDsaPrivateKey()!),
            until - (5 * Day),
            until,
            RandomNumberGenerator.GetBytes(16));
        return new ServerCertificate(
            _folder.Write($"{file}.pem", certificate.ExportCertificatePem()),
            _folder.Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
