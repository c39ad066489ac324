using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Testing;

/// <summary>A certificate authority of the test's own, and servers' certificates, good and bad, as PEM files in a temporary folder.</summary>
public sealed class Certificates : IDisposable
{
    /// <summary>How many certificates are in <see cref="BundleFile"/>.</summary>
    public const int InBundle = Unrelated + 3;

    private const int Unrelated = 150;

    private static TimeSpan Day => TimeSpan.FromDays(1);

    private static readonly Lazy<RSA> OldKey = new(() => RSA.Create(2048));

    private readonly TemporaryFolder _folder = new();

    public Certificates()
    {
        using var authority = CertificateMaker.Authority("Test Authority");
        using var stranger = CertificateMaker.Authority("Unknown Authority");
        using var between = CertificateMaker.Authority("Test Intermediate", authority);
        using var constrained = CertificateMaker.Authority("Constrained Authority", permitted: "example.org");
        AuthorityFile = _folder.Write("ca.pem", authority.ExportCertificatePem());
        var now = DateTimeOffset.UtcNow;
        Good = Issue("good", authority, "localhost", IPAddress.Loopback, now + Day);
        GoodRsa = Issue("good-rsa", authority, "localhost", IPAddress.Loopback, now + Day, rsaBits: 2048);
        WrongName = Issue("wrong-name", authority, "elsewhere.test", IPAddress.Parse("192.0.2.1"), now + Day);
        Expired = Issue("expired", authority, "localhost", IPAddress.Loopback, now - Day);
        Untrusted = Issue("untrusted", stranger, "localhost", IPAddress.Loopback, now + Day);
        Indirect = Issue("indirect", between, "localhost", IPAddress.Loopback, now + Day);
        ShortKey = Issue("short-key", authority, "localhost", IPAddress.Loopback, now + Day, rsaBits: 1024);
        ForClients = Issue("for-clients", authority, "localhost", IPAddress.Loopback, now + Day, usage: CertificateMaker.ForClients);
        OutsideOfConstraint = Issue("outside", constrained, "localhost", IPAddress.Loopback, now + Day);
        IntermediateFile = _folder.Write("intermediate.pem", between.ExportCertificatePem());
        BundleFile = _folder.Write("bundle.pem", string.Concat(
            Enumerable.Range(0, Unrelated).Select(MakeUnrelated)
                .Concat([authority.ExportCertificatePem(), between.ExportCertificatePem(), constrained.ExportCertificatePem()])
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

    /// <summary>With an RSA key of 1024 bits.</summary>
    public ServerCertificate ShortKey { get; }

    /// <summary>With the extended key usage of clients alone.</summary>
    public ServerCertificate ForClients { get; }

    /// <summary>Signed by an authority of <see cref="BundleFile"/> that may sign for example.org alone.</summary>
    public ServerCertificate OutsideOfConstraint { get; }

    /// <summary>
    /// 150 authorities that signed nothing here, and behind them that of <see cref="AuthorityFile"/>, that of <see cref="IntermediateFile"/> and
    /// that of <see cref="OutsideOfConstraint"/>.
    /// </summary>
    public string BundleFile { get; }

    /// <summary>An authority, in a file of its own, and a server's certificate that it signed as was usual long ago.</summary>
    /// <param name="hash">MD5 or SHA1.</param>
    public (string AuthorityFile, ServerCertificate Server) SignedWith(HashAlgorithmName hash)
    {
        var signing = new CertificateRequest("CN=Old Authority", OldKey.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        signing.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        using var authority = signing.CreateSelfSigned(DateTimeOffset.UtcNow - (10 * Day), DateTimeOffset.UtcNow + (10 * Day));
        return (
            _folder.Write("old-ca.pem", authority.ExportCertificatePem()),
            Issue(hash.Name!, authority, "localhost", IPAddress.Loopback, DateTimeOffset.UtcNow + Day, signature: new OldSignature(OldKey.Value, hash)));
    }

    public void Dispose() => _folder.Dispose();

    private static string MakeUnrelated(int number)
    {
        using var authority = CertificateMaker.Authority($"Authority {number}");
        return authority.ExportCertificatePem();
    }

    private ServerCertificate Issue(string file, X509Certificate2 authority, string name, IPAddress address, DateTimeOffset until,
        int? rsaBits = null, string usage = CertificateMaker.ForServers, X509SignatureGenerator? signature = null)
    {
        using var certificate = CertificateMaker.Issue(authority, name, [address], until, rsaBits, usage, signature);
        using AsymmetricAlgorithm key = rsaBits is null ? certificate.GetECDsaPrivateKey()! : certificate.GetRSAPrivateKey()!;
        return new ServerCertificate(
            _folder.Write($"{file}.pem", certificate.ExportCertificatePem()),
            _folder.Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    /// <summary>RSA with MD5 or SHA-1, which .NET does not sign with any more.</summary>
    private sealed class OldSignature(RSA key, HashAlgorithmName hash) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(hash == HashAlgorithmName.MD5 ? "1.2.840.113549.1.1.4" : "1.2.840.113549.1.1.5");
                writer.WriteNull();
            }

            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, hash, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
    }
}
