using System.Net;
using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Prestop;

public sealed class HttpStepTests
{
    private static Task<Child> EndsAsync(int exitCode, params string[] arguments) => InRoot.EndsAsync(exitCode, arguments);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    public async Task A_success_ends_the_wait_with_one_request(int status)
    {
        await using var server = FaultyServer.Start(Answer.Status(status));

        var run = await EndsAsync(0, server.Url("/waitz?a=b"));

        Assert.Equal("/waitz?a=b", Assert.Single(server.Requests).Target);
        Assert.Equal($"prestop: waiting for {server.Url("/waitz?***")}, at most 25s", run.Stderr.Lines[0]);
        Assert.EndsWith($": status {status}", run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_waits_until_the_status_is_accepted_and_tells_every_change_once()
    {
        await using var server = FaultyServer.Start(
            Answer.Status(503), Answer.Status(503), Answer.Status(404), Answer.Status(302), Answer.Status(200));

        var run = await EndsAsync(0, "--interval", "1ms", server.Url());

        Assert.Equal(5, server.Requests.Count);
        Assert.Equal(
            [$"prestop: {server.Url()}: status 503", $"prestop: {server.Url()}: status 404", $"prestop: {server.Url()}: status 302"],
            run.Stderr.Lines.ToArray()[1..^1]);
    }

    [Theory]
    [InlineData("410", 410)]
    [InlineData("200-299,410", 410)]
    [InlineData("500-599", 503)]
    [InlineData("302", 302)]
    public async Task The_accepted_statuses_are_a_choice(string set, int status)
    {
        await using var server = FaultyServer.Start(Answer.Status(418), Answer.Status(status));

        await EndsAsync(0, "--interval", "1ms", "--status", set, server.Url());

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Successes_must_follow_each_other()
    {
        await using var server = FaultyServer.Start(Answer.Status(200), Answer.Status(503), Answer.Status(200));

        await EndsAsync(0, "--interval", "1ms", "--successes", "3", server.Url());

        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task An_endpoint_that_hangs_until_drained_is_one_request()
    {
        var gate = new Gate();
        await using var server = FaultyServer.Start(Answer.Held(gate));
        await using var run = InRoot.WithBusybox.Prestop("--interval", "1ms", "--connect-timeout", "50ms", server.Url(), "0.2", "--",
            InRoot.Busybox, "echo", "released");
        await server.WaitForRequestAsync();
        Assert.Empty(run.Stdout.Text);

        gate.Open();

        await run.ExitsWithAsync(0);
        Assert.Equal("released\n", run.Stdout.Text);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task An_answer_may_trickle()
    {
        using var tap = new Tap();
        await using var server = FaultyServer.Start(Answer.Trickle(tap));
        await using var run = new EmptyRoot().Prestop(server.Url());
        await server.WaitForRequestAsync();

        tap.Drip(8);
        tap.Open();

        await run.ExitsWithAsync(0);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        await using var elsewhere = FaultyServer.Start();
        await using var server = FaultyServer.Start(Answer.Redirect(elsewhere.Url()));

        await EndsAsync(0, "--status", "302", server.Url());

        Assert.Equal(0, elsewhere.Connections);
    }

    public static TheoryData<string, string> Faults => new()
    {
        { nameof(Answer.Garbage), "the answer is not HTTP" },
        { nameof(Answer.EndlessHead), "the answer's header is too large" },
        { nameof(Answer.CloseAtOnce), "" },
        { nameof(Answer.CloseUnanswered), "the connection was closed before an answer" },
        { nameof(Answer.CloseInHead), "the connection was closed before an answer" },
        { nameof(Answer.Reset), "the connection was reset" },
    };

    private static Script Fault(string name) => name switch
    {
        nameof(Answer.Garbage) => Answer.Garbage,
        nameof(Answer.EndlessHead) => Answer.EndlessHead,
        nameof(Answer.CloseAtOnce) => Answer.CloseAtOnce,
        nameof(Answer.CloseUnanswered) => Answer.CloseUnanswered,
        nameof(Answer.CloseInHead) => Answer.CloseInHead,
        _ => Answer.Reset,
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_answer_is_asked_for_again(string fault, string words)
    {
        await using var server = FaultyServer.Start(Fault(fault), Answer.Status(200));

        var run = await EndsAsync(0, "--interval", "1ms", server.Url());

        Assert.Contains(run.Stderr.Lines, line => line.StartsWith($"prestop: {server.Url()}: {words}", StringComparison.Ordinal));
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_answer_does_not_show_that_something_is_gone(string fault, string words)
    {
        await using var server = FaultyServer.Start(Fault(fault));

        var run = await EndsAsync(124, "--interval", "1ms", "--max", "0.4", "gone:" + server.Url());

        Assert.Contains("deadline exceeded", run.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.Contains(words, run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_header_takes_no_endless_memory()
    {
        await using var server = FaultyServer.Start(Answer.EndlessHead);
        await using var run = new EmptyRoot { AsPid1 = true }.Prestop("--interval", "1ms", "inf", server.Url(), "--all", "--max", "50s");
        await server.WaitUntilAsync(self => self.Connections >= 20, "twenty attempts");

        Assert.InRange(await run.PeakMemoryAsync(), 0, 20_000_000);
    }

    [Theory]
    [InlineData("endless")]
    [InlineData("until close")]
    [InlineData("chunked")]
    [InlineData("cut")]
    public async Task The_body_is_not_waited_for(string kind)
    {
        await using var server = FaultyServer.Start(kind switch
        {
            "endless" => Answer.EndlessBody,
            "until close" => Answer.UntilClose(200, "body"),
            "chunked" => Answer.Chunked(200, "a", "b"),
            _ => Answer.CloseInBody,
        });

        await EndsAsync(0, server.Url());

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task The_connection_is_closed_when_the_answer_is_there()
    {
        await using var server = FaultyServer.Start(async conversation =>
        {
            await conversation.ReadRequestAsync();
            await conversation.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await conversation.UntilHangUpAsync();
        });
        await using var run = new EmptyRoot().Prestop(server.Url(), "inf");
        await run.WaitForLineAsync("sleeping for ever");

        await server.WaitUntilAsync(self => self.OpenConnections == 0, "the connection closed");

        Assert.Equal("close", server.Requests[0].Headers["Connection"]);
    }

    [Fact]
    public async Task It_works_over_IPv6()
    {
        await using var server = new FaultyServer.Listen { Address = IPAddress.IPv6Loopback }.Start();

        await EndsAsync(0, server.Url());

        Assert.Equal($"[::1]:{server.Port}", server.Requests[0].Headers["Host"]);
    }

    [Fact]
    public async Task It_works_over_a_unix_socket()
    {
        using var folder = new TemporaryFolder();
        await using var server = new FaultyServer.Listen { UnixSocket = folder["app.sock"] }.Start(Answer.Status(503), Answer.Status(200));
        File.SetUnixFileMode(folder["app.sock"], (UnixFileMode)0b110_110_110);

        await new EmptyRoot { Files = { ["/run/app"] = folder.Path } }
            .EndsAsync(0, "--interval", "1ms", "--unix-socket", "/run/app/app.sock", "http://app.local/ready");

        Assert.Equal(("/ready", "app.local"), (server.Requests[1].Target, server.Requests[1].Headers["Host"]));
    }

    [Fact]
    public async Task A_missing_unix_socket_is_waited_for()
    {
        var run = await EndsAsync(124, "--max", "0.3", "--unix-socket", "/run/app.sock", "http://app/");

        Assert.Contains("prestop: http://app/: the socket does not exist", run.Stderr.Lines);
    }

    [Fact]
    public async Task A_server_that_starts_late_is_waited_for()
    {
        using var place = DeadPort.Refusing();
        var port = place.Port;
        await using var run = new EmptyRoot().Prestop("--interval", "1ms", $"http://127.0.0.1:{port}/");
        await run.WaitForLineAsync($"http://127.0.0.1:{port}/: connection refused");
        place.Dispose();

        await using var server = new FaultyServer.Listen { Port = port }.Start();

        await run.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_server_that_refuses_is_gone()
    {
        using var nobody = DeadPort.Refusing();

        var run = await EndsAsync(0, "gone:" + nobody.Url());

        Assert.EndsWith(": connection refused", run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_serves_is_not_gone_until_it_is()
    {
        await using var server = FaultyServer.Start(Answer.Status(200), Answer.Status(200), Answer.Status(404));

        await EndsAsync(0, "--interval", "1ms", "gone:" + server.Url());

        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_port_that_drops_is_given_up_at_the_connect_timeout_and_tried_again()
    {
        using var silent = DeadPort.Silent();

        var run = await EndsAsync(124, "-v", "--interval", "1ms", "--connect-timeout", "50ms", "--max", "1s", silent.Url());

        Assert.True(run.Stderr.Lines.Count(line => line.EndsWith(": connecting timed out", StringComparison.Ordinal)) >= 2, run.Stderr.Text);
    }

    [Fact]
    public async Task A_port_that_drops_is_not_gone()
    {
        using var silent = DeadPort.Silent();

        await EndsAsync(124, "--interval", "1ms", "--connect-timeout", "50ms", "--max", "0.3", "gone:" + silent.Url());
    }

    [Fact]
    public async Task The_request_is_what_the_options_say()
    {
        await using var server = FaultyServer.Start();

        await EndsAsync(0, "-X", "PUT", "-d", "grün=1", "-H", "X-One: 1", "--header", "Host: app.example", "-H", "User-Agent:mine",
            "-H", "Content-Type: text/plain", server.Url("/a%20b").Replace("://", "://us%20er:p%40ss@", StringComparison.Ordinal));

        var request = Assert.Single(server.Requests);
        Assert.Equal(("PUT", "/a%20b", "grün=1"), (request.Method, request.Target, request.Body));
        Assert.Equal("1", request.Headers["X-One"]);
        Assert.Equal("app.example", request.Headers["Host"]);
        Assert.Equal("mine", request.Headers["User-Agent"]);
        Assert.Equal("text/plain", request.Headers["Content-Type"]);
        Assert.Equal("Basic " + Convert.ToBase64String("us er:p@ss"u8), request.Headers["Authorization"]);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "a=1", "--data", "a=1")]
    [InlineData("GET", "a=1", "--data", "a=1", "--method", "GET")]
    [InlineData("POST", "", "-d", "")]
    [InlineData("POST", "--max=5", "--data=--max=5")]
    [InlineData("DELETE", "", "-XDELETE")]
    public async Task Data_makes_it_a_POST_unless_the_method_is_given(string method, string body, params string[] options)
    {
        await using var server = FaultyServer.Start();

        await EndsAsync(0, [.. options, server.Url()]);

        Assert.Equal((method, body), (server.Requests[0].Method, server.Requests[0].Body));
    }

    [Fact]
    public async Task A_HEAD_request_ends_with_its_header()
    {
        await using var server = FaultyServer.Start(Answer.Raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));

        await EndsAsync(0, "--method", "HEAD", server.Url());

        Assert.Equal("HEAD", server.Requests[0].Method);
    }

    [Fact]
    public async Task Proxies_of_the_environment_are_not_used()
    {
        await using var proxy = FaultyServer.Start();
        await using var server = FaultyServer.Start();

        await new EmptyRoot { Environment = { ["http_proxy"] = proxy.Url(), ["ALL_PROXY"] = proxy.Url() } }.EndsAsync(0, server.Url());

        Assert.Equal((0, 1), (proxy.Connections, server.Connections));
    }
}
