using System.Net;
using System.Net.Sockets;
using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class TcpConditionTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "localhost")]
    [InlineData("::1", "[::1]")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("127.0.0.1", "0")]
    [InlineData("::1", "[::]")]
    public async Task A_listening_port_accepts(string address, string host)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();

        var seen = await Target.LookAsync($"tcp://{host}:{PortOf(listener)}");

        Assert.Equal((Finding.Met, "accepts connections"), (seen.Finding, seen.Seen));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    public async Task A_port_that_refuses_is_certainly_absent(string host)
    {
        using var bound = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        bound.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));

        var seen = await Target.LookAsync($"tcp://{host}:{((IPEndPoint)bound.LocalEndPoint!).Port}");

        Assert.Equal((Finding.Absent, "connection refused"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_unclear()
    {
        var seen = await Target.LookAsync("tcp://nothing.invalid:80");

        Assert.Equal(Finding.Unclear, seen.Finding);
    }

    [Fact]
    public async Task A_port_that_stays_silent_is_unclear()
    {
        // A full backlog drops what comes next, which is as silent as a firewall.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        var seen = await Target.LookAsync(
            $"tcp://127.0.0.1:{port}", new ConditionSettings { ConnectTimeout = TimeSpan.FromMilliseconds(50) });

        Assert.Equal((Finding.Unclear, "connecting timed out"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public async Task The_callers_cancellation_leaves_as_such()
    {
        var condition = new TcpScheme().Parse("tcp://127.0.0.1:1", new ConditionSettings(), out _)!;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await condition.AskAsync(new CancellationToken(canceled: true)));
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
