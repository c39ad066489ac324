using Prestop.Testing;
using Prestopd.Controller.Certificates;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Controller.Certificates;

public sealed class CertificateFolderTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryStream _stderr = new();

    [Fact]
    public async Task What_somebody_else_puts_there_is_shown_from_the_next_look_on()
    {
        var lines = new LineWriter(_stderr, TimeProvider.System);
        var certificate = new ServingCertificate(new CertificateFolder(_folder.Path), new ServerLog(lines, _clock, LogFormat.Text, everything: true), _clock);
        await certificate.LookAsync(default);
        Assert.False(certificate.IsThere);

        var first = Write();
        await certificate.LookAsync(default);
        Assert.Equal((true, first), (certificate.IsThere, certificate.Context.TargetCertificate.NotAfter));

        File.WriteAllText(_folder["tls.key"], "");
        await certificate.LookAsync(default);
        Assert.Equal(first, certificate.Context.TargetCertificate.NotAfter);

        _clock.Advance(TimeSpan.FromDays(50));
        var second = Write();
        await certificate.LookAsync(default);
        Assert.Equal(second, certificate.Context.TargetCertificate.NotAfter);
        Assert.NotEqual(first, second);

        await lines.FlushAsync();
        var log = System.Text.Encoding.UTF8.GetString(_stderr.ToArray());
        Assert.Contains($"{_folder["tls.crt"]}: no such file", log, StringComparison.Ordinal);
        Assert.Contains($"{_folder["tls.key"]}: not a file of 1 to 1048576 bytes", log, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private DateTime Write()
    {
        var made = ServingMaterial.Make("any.name", null, _clock.GetUtcNow());
        _folder.Write("tls.crt", made.Chain);
        _folder.Write("tls.key", made.Key);
        return made.Open(null, _clock.GetUtcNow(), out _)!.Context.TargetCertificate.NotAfter;
    }
}
