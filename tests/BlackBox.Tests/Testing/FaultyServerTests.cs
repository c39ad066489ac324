using System.Net;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

/// <summary>Each fault as curl sees it; exit codes are those of curl(1).</summary>
public sealed class FaultyServerTests
{
    private const int CannotConnect = 7, WeirdReply = 1, PartialFile = 18, TimedOut = 28, EmptyReply = 52, ReceiveFailed = 56;

    private static Child Curl(params string[] arguments) =>
        OnHost.Start(SystemProgram.Curl, ["--silent", "--show-error", "--write-out", "\n%{http_code}", .. arguments]);

    private static async Task SeenByCurlAsync(Script script, int exitCode, params string[] arguments)
    {
        await using var server = FaultyServer.Start(script);
        await using var curl = Curl([server.Url(), .. arguments]);
        await curl.ExitsWithAsync(exitCode);
    }

    [Fact]
    public async Task Bodies_arrive_by_length_by_chunks_and_until_the_end()
    {
        await using var server = FaultyServer.Start(
            Answer.Status(201, "whole"), Answer.Chunked(202, "in ", "chunks"), Answer.UntilClose(203, "to the end"));

        foreach (var expected in new[] { "whole\n201", "in chunks\n202", "to the end\n203", "to the end\n203" })
        {
            await using var curl = Curl(server.Url());
            await curl.ExitsWithAsync(0);
            Assert.Equal(expected, curl.Stdout.Text);
        }
    }

    [Fact]
    public async Task Requests_are_recorded_whole()
    {
        await using var server = FaultyServer.Start();
        await using var curl = Curl("--request", "PUT", "--header", "X-One: 1", "--data", "content", server.Url("/path?query"));
        await curl.ExitsWithAsync(0);

        var request = await server.WaitForRequestAsync();

        Assert.Equal(("PUT", "/path?query", "content"), (request.Method, request.Target, request.Body));
        Assert.Equal("1", request.Headers["x-one"]);
    }

    [Fact]
    public async Task A_chunked_request_is_recorded_whole()
    {
        await using var server = FaultyServer.Start();
        await using var curl = Curl("--header", "Transfer-Encoding: chunked", "--data", "content", server.Url());
        await curl.ExitsWithAsync(0);

        Assert.Equal("content", (await server.WaitForRequestAsync()).Body);
    }

    [Fact]
    public async Task Answers_can_share_a_connection()
    {
        await using var server = FaultyServer.Start(Answer.InTurn(Answer.Status(200, "one", keepAlive: true), Answer.Status(200, "two")));

        await using var curl = Curl(server.Url("/1"), server.Url("/2"));
        await curl.ExitsWithAsync(0);

        Assert.Equal("one\n200two\n200", curl.Stdout.Text);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task An_answer_is_held_until_the_gate_opens()
    {
        var gate = new Gate();
        await using var server = FaultyServer.Start(Answer.Held(gate, body: "at last"));
        await using var curl = Curl(server.Url());
        await server.WaitForRequestAsync();
        Assert.Empty(curl.Stdout.Text);
        Assert.Equal(1, server.OpenConnections);

        gate.Open();

        await curl.ExitsWithAsync(0);
        Assert.Equal("at last\n200", curl.Stdout.Text);
        await server.WaitUntilAsync(self => self.OpenConnections == 0, "the connection closed");
    }

    [Fact]
    public async Task An_answer_trickles_under_the_tests_hand()
    {
        using var tap = new Tap();
        await using var server = FaultyServer.Start(Answer.Trickle(tap, body: "slow"));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        tap.Drip("HTTP/1.1".Length);
        var start = new byte["HTTP/1.1".Length];
        await stream.ReadExactlyAsync(start, TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1"u8, start);
        Assert.Equal(0, client.Available);

        tap.Open();

        using var rest = new StreamReader(stream);
        Assert.EndsWith("\r\n\r\nslow", await rest.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_lasts_until_the_client_hangs_up()
    {
        await using var server = FaultyServer.Start(Answer.Silence);
        await using var curl = Curl(server.Url());
        await server.WaitForRequestAsync();

        await curl.SignalAsync(Signal.Terminate);

        await curl.DiesOfAsync(Signal.Terminate);
        await server.WaitUntilAsync(self => self.OpenConnections == 0, "the client hang up");
    }

    [Fact]
    public async Task A_redirect_is_followed()
    {
        await using var server = FaultyServer.Start(Answer.Redirect("/next"), Answer.Status(200, "arrived"));
        await using var curl = Curl("--location", server.Url());

        await curl.ExitsWithAsync(0);

        Assert.Equal("arrived\n200", curl.Stdout.Text);
        Assert.Equal(["/", "/next"], server.Requests.Select(request => request.Target));
    }

    [Fact]
    public Task A_server_that_never_reads_lets_the_client_wait() =>
        SeenByCurlAsync(Answer.NeverRead, TimedOut, "--max-time", "0.3");

    [Fact]
    public Task Garbage_is_no_HTTP() => SeenByCurlAsync(Answer.Garbage, WeirdReply);

    [Fact]
    public Task A_header_may_be_huge() => SeenByCurlAsync(Answer.HugeHeader(50_000), 0);

    [Fact]
    public Task A_header_may_be_too_huge() => SeenByCurlAsync(Answer.HugeHeader(500_000), 27); // curl's limit: CURLE_OUT_OF_MEMORY

    [Fact]
    public Task An_endless_head_is_given_up() => SeenByCurlAsync(Answer.EndlessHead, ReceiveFailed);

    [Fact]
    public Task An_endless_body_ends_with_the_client() =>
        SeenByCurlAsync(Answer.EndlessBody, TimedOut, "--max-time", "0.3", "--output", "/dev/null");

    [Fact]
    public async Task A_connection_may_be_closed_at_once()
    {
        await using var server = FaultyServer.Start(Answer.CloseAtOnce);
        await using var curl = Curl(server.Url());

        // Closing before the request has come is a FIN, after it an RST.
        Assert.Contains((await curl.ExitAsync()).Code, new int?[] { EmptyReply, ReceiveFailed });
    }

    [Fact]
    public Task A_request_may_stay_unanswered() => SeenByCurlAsync(Answer.CloseUnanswered, EmptyReply);

    [Fact]
    public Task A_head_may_be_cut() => SeenByCurlAsync(Answer.CloseInHead, 0); // curl takes a cut head for an empty body

    [Fact]
    public Task A_body_may_be_cut() => SeenByCurlAsync(Answer.CloseInBody, PartialFile);

    [Fact]
    public Task A_connection_may_be_reset() => SeenByCurlAsync(Answer.Reset, ReceiveFailed);

    [Fact]
    public async Task It_can_listen_on_IPv6()
    {
        await using var server = new FaultyServer.Listen { Address = IPAddress.IPv6Loopback }.Start();
        await using var curl = Curl(server.Url());

        await curl.ExitsWithAsync(0);

        Assert.StartsWith("http://[::1]:", server.Url(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_speak_TLS()
    {
        using var certificates = new Certificates();
        await using var server = new FaultyServer.Listen { Certificate = certificates.Good }.Start(Answer.Status(200, "secret"));
        await using var curl = Curl("--cacert", certificates.AuthorityFile, server.Url());

        await curl.ExitsWithAsync(0);

        Assert.Equal("secret\n200", curl.Stdout.Text);
    }

    [Fact]
    public async Task A_dead_port_refuses_or_stays_silent()
    {
        using var refusing = DeadPort.Refusing();
        using var silent = DeadPort.Silent();

        await using var refused = Curl(refusing.Url());
        await refused.ExitsWithAsync(CannotConnect);
        await using var unanswered = Curl("--connect-timeout", "0.3", silent.Url());
        await unanswered.ExitsWithAsync(TimedOut);
    }

    [Fact]
    public async Task A_script_that_breaks_fails_the_test()
    {
        var server = FaultyServer.Start(_ => throw new InvalidOperationException("broken script"));
        await using var curl = Curl(server.Url());
        await curl.ExitAsync();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.DisposeAsync());

        Assert.Equal("broken script", failure.Message);
    }
}
