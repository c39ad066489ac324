using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

public sealed class TlsServerTests : IDisposable
{
    private const int NotTrusted = 60; // curl(1): the peer's certificate cannot be verified

    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private async Task<Child> CurlAsync(ServerCertificate certificate, int exitCode, string host = "127.0.0.1", params string[] arguments)
    {
        await using var server = await TlsServer.StartAsync(certificate);
        await using var curl = OnHost.Start(SystemProgram.Curl,
            ["--silent", "--show-error", "--cacert", _certificates.AuthorityFile, server.Url("/", host), .. arguments]);
        await curl.ExitsWithAsync(exitCode);
        return curl;
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task A_good_certificate_is_taken(string host)
    {
        var curl = await CurlAsync(_certificates.Good, 0, host);

        Assert.Contains("<HTML>", curl.Stdout.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(nameof(Certificates.WrongName), "no alternative certificate subject name matches")]
    [InlineData(nameof(Certificates.Expired), "certificate has expired")]
    [InlineData(nameof(Certificates.Untrusted), "unable to get local issuer certificate")]
    public async Task Any_other_is_refused(string name, string reason)
    {
        var certificate = name switch
        {
            nameof(Certificates.WrongName) => _certificates.WrongName,
            nameof(Certificates.Expired) => _certificates.Expired,
            _ => _certificates.Untrusted,
        };

        var curl = await CurlAsync(certificate, NotTrusted);

        Assert.Contains(reason, curl.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_certificate_is_taken_by_who_does_not_look() =>
        await CurlAsync(_certificates.Untrusted, 0, "127.0.0.1", "--insecure");
}
