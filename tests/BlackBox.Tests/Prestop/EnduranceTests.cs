using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>A wait may take hours, and its memory is the app's: an attempt leaves nothing behind.</summary>
public sealed class EnduranceTests : IDisposable
{
    private const string Authority = "/run/ca.pem";

    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Memory_does_not_grow_with_the_attempts(bool tls)
    {
        const int settled = 300, attempts = 600, kept = 1_500; // bytes of each: one session of TLS 1.3 is more than twice that
        await using var server = new FaultyServer.Listen { Certificate = tls ? _certificates.Good : null }.Start(Answer.Status(503));
        var root = new EmptyRoot { Files = { [Authority] = _certificates.AuthorityFile } };
        await using var run = root.Prestop("--max", "1h", "--interval", "1ms", "--cacert", Authority, server.Url());

        await server.WaitForRequestAsync(settled);
        var before = await run.PeakMemoryAsync();
        await server.WaitForRequestAsync(settled + attempts);

        Assert.InRange(await run.PeakMemoryAsync() - before, 0, attempts * kept);
    }
}
