using System.Net;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>The memory of a wait is the app's: it grows neither with the attempts, nor with the connections that the app has, nor with the authorities of the image.</summary>
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

    [Fact]
    public async Task Memory_does_not_grow_with_the_authorities_of_the_image()
    {
        const int limit = 500_000; // 150 authorities are more than twice that
        var one = await PeakAsync(_certificates.AuthorityFile);

        Assert.InRange(await PeakAsync(_certificates.BundleFile) - one, long.MinValue, limit);

        async Task<long> PeakAsync(string bundle)
        {
            await using var server = new FaultyServer.Listen { Certificate = _certificates.Good }.Start(Answer.Status(503));
            var root = new EmptyRoot { Files = { ["/etc/ssl/certs/ca-certificates.crt"] = bundle } };
            await using var run = root.Prestop("--max", "1h", "--interval", "1ms", server.Url());
            await server.WaitForRequestAsync(30);
            return await run.PeakMemoryAsync();
        }
    }

    [Theory]
    [InlineData("idle")]
    [InlineData("closed")]
    public async Task Memory_does_not_grow_with_the_connections(string scheme)
    {
        const int ports = 30, connections = 100, kept = 200; // bytes of each: what the kernel tells of one is more than twice that
        var sockets = new List<Socket>();
        try
        {
            var endPoints = Enumerable.Range(0, ports).Select(_ => Listen(connections)).ToList();
            var step = $"{scheme}://:{string.Join(',', endPoints.Select(endPoint => endPoint.Port))}";
            var alone = await PeakAsync(step, "no connection");
            foreach (var endPoint in Enumerable.Repeat(endPoints, connections).SelectMany(all => all))
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(client);
                await client.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
            }

            Assert.InRange(await PeakAsync(step, $"{ports * connections} connections") - alone, long.MinValue, ports * connections * kept);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        // Nobody accepts: each connection then costs the test one descriptor and not two.
        IPEndPoint Listen(int backlog)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(listener);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(backlog);
            return (IPEndPoint)listener.LocalEndPoint!;
        }

        async Task<long> PeakAsync(string step, string seen)
        {
            await using var run = new EmptyRoot().Prestop("--max", "1h", "--quiet", "1h", step);
            await run.WaitForLineAsync(seen);
            return await run.PeakMemoryAsync();
        }
    }
}
