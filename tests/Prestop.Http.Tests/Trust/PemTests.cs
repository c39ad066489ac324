using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Trust;
using Prestop.Testing;
using Xunit;

namespace Prestop.Http.Tests.Trust;

public sealed class PemTests(Certificates certificates) : IClassFixture<Certificates>, IDisposable
{
    /// <summary>A certificate of version 1, which does not tell its version, made with openssl-x509(1).</summary>
    private const string VersionOne =
        "MIIBMjCB2QIULl4kFol1wU74ZYpU0FzZshzMinkwCgYIKoZIzj0EAwIwHDEMMAoGA1UECgwDT2xkMQwwCgYDVQQDDANPbmUwHhcNMjYxMTI3MDgwNTI1WhcN"
        + "MzYxMTI0MDgwNTI1WjAcMQwwCgYDVQQKDANPbGQxDDAKBgNVBAMMA09uZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFMRMFI6eV51DzCbg6xbLDJs6ivJ"
        + "KyfEaddkiKNuapVxs6SBKwFYN8S1LY9QZDPSmoRYcu2RbzEq7PPi9H5eJTUwCgYIKoZIzj0EAwIDSAAwRQIhAJjILKMeIwUfjOqq6Jhbnm3uEZZ3u6gcWVcQ"
        + "MxS0kAXlAiAkQpj+8z5S9LgvdavJ9voN+Th3vLEjC1H5nRKYzHxFdA==";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static (string? Problem, X509Certificate2Collection Found) Read(string path, Predicate<string>? isWanted = null)
    {
        var found = new X509Certificate2Collection();
        return (Pem.Read(path, isWanted ?? (_ => true), found), found);
    }

    [Fact]
    public void All_or_some_of_a_bundle_are_read()
    {
        Assert.Equal(Certificates.InBundle, Read(certificates.BundleFile).Found.Count);

        var (problem, found) = Read(certificates.BundleFile, subject => subject is "CN=Authority 7" or "CN=Test Authority");
        Assert.Null(problem);
        Assert.Equal(["CN=Authority 7", "CN=Test Authority"], found.Select(certificate => certificate.Subject));
    }

    [Fact]
    public void The_subject_is_that_of_dotnet_whatever_the_version()
    {
        using var first = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(VersionOne));
        var path = _folder.Write("v1.pem", first.ExportCertificatePem());
        var seen = new List<string>();

        Read(path, subject =>
        {
            seen.Add(subject);
            return false;
        });

        Assert.Equal([first.Subject], seen);
        Assert.Equal(1, first.Version);
    }

    [Fact]
    public void A_damaged_certificate_is_told_and_the_others_are_read()
    {
        var good = File.ReadAllText(certificates.AuthorityFile);
        var path = _folder.Write("damaged.pem", $"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{good}\n");

        var (problem, found) = Read(path);

        Assert.StartsWith("a certificate in it is damaged; give", problem, StringComparison.Ordinal);
        Assert.Single(found);
    }

    [Theory]
    [InlineData("no such file", null)]
    [InlineData("not a file of 1 to 8388608 bytes", "")]
    [InlineData("holds no certificate", "text")]
    [InlineData("a certificate in it is damaged", "-----BEGIN CERTIFICATE-----\nAAAA\n")]
    [InlineData("a certificate in it is damaged", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")]
    public void What_is_wrong_is_told_with_the_fix(string problem, string? content)
    {
        var path = content is null ? _folder["none"] : _folder.Write("file", content);

        Assert.Equal($"{problem}; give a PEM file of certificate authorities", Read(path).Problem);
    }

    [Fact]
    public void A_text_is_read_whole_or_not_at_all()
    {
        var good = File.ReadAllText(certificates.AuthorityFile);

        Assert.Equal(2, Pem.CertificatesIn($"{good}\nbetween\n{good}")?.Count);
        Assert.Null(Pem.CertificatesIn("text"));
        Assert.Null(Pem.CertificatesIn($"{good}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    }
}
