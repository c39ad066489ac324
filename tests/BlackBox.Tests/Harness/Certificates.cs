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
        using var between = MakeAuthority("Test Intermediate", authority);
        AuthorityFile = _folder.Write("ca.pem", authority.ExportCertificatePem());
        var now = DateTimeOffset.UtcNow;
        Good = Issue("good", authority, "localhost", IPAddress.Loopback, now + Day);
        GoodRsa = Issue("good-rsa", authority, "localhost", IPAddress.Loopback, now + Day, isRsa: true);
        WrongName = Issue("wrong-name", authority, "elsewhere.test", IPAddress.Parse("192.0.2.1"), now + Day);
        Expired = Issue("expired", authority, "localhost", IPAddress.Loopback, now - Day);
        Untrusted = Issue("untrusted", stranger, "localhost", IPAddress.Loopback, now + Day);
        Indirect = Issue("indirect", between, "localhost", IPAddress.Loopback, now + Day);
        IntermediateFile = _folder.Write("intermediate.pem", between.ExportCertificatePem());
        BundleFile = _folder.Write("bundle.pem", string.Concat(
            Enumerable.Range(0, 150).Select(MakeUnrelated).Append(authority.ExportCertificatePem()).Append(between.ExportCertificatePem())
                .Select(certificate => $"# a comment, as bundles have them\n{certificate}\n")));
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

    /// <summary>Signed by the intermediate authority of <see cref="IntermediateFile"/>, which is signed by that of <see cref="AuthorityFile"/>.</summary>
    public ServerCertificate Indirect { get; }

    /// <summary>The authority between <see cref="Indirect"/> and <see cref="AuthorityFile"/>.</summary>
    public string IntermediateFile { get; }

    /// <summary>150 authorities that signed nothing here, and behind them that of <see cref="AuthorityFile"/> and that of <see cref="IntermediateFile"/>.</summary>
    public string BundleFile { get; }

    public void Dispose() => _folder.Dispose();

    private static string MakeUnrelated(int number)
    {
        using var authority = MakeAuthority($"Authority {number}");
        return authority.ExportCertificatePem();
    }

    private static X509Certificate2 MakeAuthority(string name, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var (from, until) = (DateTimeOffset.UtcNow - (10 * Day), DateTimeOffset.UtcNow + (10 * Day));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using var signed = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), from, issuer.NotAfter, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
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
