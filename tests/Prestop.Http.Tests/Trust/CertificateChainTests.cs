using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Trust;
using Prestop.Testing;
using Xunit;

namespace Prestop.Http.Tests.Trust;

/// <summary>Certificates that no server of this machine would show: its OpenSSL does not let it.</summary>
public sealed class CertificateChainTests(Certificates certificates) : IClassFixture<Certificates>
{
    private const string TooWeak = "the server's certificate is too weak: an RSA key below 2048 bits, or a signature with SHA-1 or MD5";

    private static string? Distrust(ServerCertificate server, string trusted)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(trusted);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(server.File);
        chain.Build(certificate);
        return CertificateChain.Distrust(chain, chain.ChainPolicy.CustomTrustStore)?.Message;
    }

    [Theory]
    [InlineData("MD5")]
    [InlineData("SHA1")]
    public void A_signature_of_long_ago_is_too_weak_unless_the_certificate_itself_is_trusted(string hash)
    {
        var (authority, server) = certificates.SignedWith(new HashAlgorithmName(hash));

        Assert.Equal(TooWeak, Distrust(server, authority));
        Assert.Null(Distrust(server, server.File));
    }

    [Fact]
    public void A_short_key_is_too_weak()
    {
        Assert.Equal(TooWeak, Distrust(certificates.ShortKey, certificates.AuthorityFile));
        Assert.Equal(TooWeak, Distrust(certificates.ShortKey, certificates.ShortKey.File));
    }

    [Fact]
    public void A_key_of_2048_bits_is_not() => Assert.Null(Distrust(certificates.GoodRsa, certificates.AuthorityFile));
}
