using System.Net;
using System.Net.Sockets;
using System.Text;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>A server's life, on a real port of loopback.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task A_signal_ends_it_with_exit_code_0()
    {
        var (stderr, signals) = (new MemoryStream(), new Signals());
        using var server = new Server(Settings(port: 0), Process(stderr, signals));
        using var shutdown = new GracefulShutdown(TimeSpan.Zero, TimeSpan.FromSeconds(5), server.Log, TimeProvider.System);

        var running = server.RunAsync(new NotFound(), shutdown);
        await signals.SendAsync("terminated");

        Assert.Equal(0, await running);
        Assert.Equal(
            ["a server started", "received signal terminated", "not ready any more, with 0 requests held", "exiting", "bye"],
            Encoding.UTF8.GetString(stderr.ToArray()).TrimEnd('\n').Split('\n').Select(line => line["2006/01/02 15:04:05 ".Length..]));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_exit_code_2()
    {
        using var other = new TcpListener(IPAddress.IPv6Any, 0) { Server = { DualMode = true } };
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var stderr = new MemoryStream();
        using var server = new Server(Settings(port), Process(stderr, new Signals()));
        using var shutdown = new GracefulShutdown(TimeSpan.Zero, TimeSpan.FromSeconds(5), server.Log, TimeProvider.System);

        Assert.Equal(2, await server.RunAsync(new NotFound(), shutdown));

        Assert.Equal(
            $"prestopd test: PORT '{port}': cannot listen: Address already in use; stop what listens there, or choose another port\n",
            Encoding.UTF8.GetString(stderr.ToArray()));
    }

    private static ServerSettings Settings(int port) => new("a server", port, MaxConnections: 10, LongestBody: 0, LogFormat.Text, LogsEverything: true);

    private static ThisProcess Process(Stream stderr, ISignals signals) => new("prestopd test", stderr, signals, TimeProvider.System);

    private sealed class NotFound : IRequestHandler
    {
        public ValueTask<HttpResponse> AnswerAsync(HttpRequest request) => new(HttpResponse.Text(404, "404\n"));
    }
}
