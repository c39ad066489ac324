using System.Net;
using Prestop.Testing;
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

        Assert.Contains("prestop: http://app/: does not exist", run.Stderr.Lines);
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

    [Theory]
    [InlineData("GET")]
    [InlineData("GET", "-H", "Content-Type: text/plain", "-H", "Content-Encoding: x", "-H", "Content-Language: de", "-H", "Content-Length: 0")]
    [InlineData("GET", "-H", "Content-Location: /a", "-H", "Content-MD5: x", "-H", "Content-Range: y", "-H", "Content-Disposition: inline")]
    [InlineData("GET", "-H", "Allow: GET", "-H", "Expires: 0", "-H", "Last-Modified: today")]
    [InlineData("GET", "-H", "X-A: 1", "-H", "X-A: 2", "-H", "X-Empty;", "-H", "Accept:")]
    [InlineData("POST", "-d", "a=1", "-d", "b=2", "-H", "Host: elsewhere.test", "-H", "Content-Type: text/plain")]
    [InlineData("POST", "-d", "a=1", "-H", "Transfer-Encoding: chunked")]
    [InlineData("PUT", "-X", "PUT", "-d", "@FILE", "-d", "")]
    public async Task The_request_is_what_curl_sends(string method, params string[] options)
    {
        await using var server = FaultyServer.Start();
        using var folder = new TemporaryFolder();
        var file = folder.Write("data", "c=3\r\nd=4\n");
        string[] AskingWith(string path) => [.. options.Select(option => option.Replace("FILE", path, StringComparison.Ordinal)), server.Url("/a?b#c")];

        await using var curl = OnHost.Start(SystemProgram.Curl, ["--silent", .. AskingWith(file)]);
        await curl.ExitsWithAsync(0);
        await new EmptyRoot { Files = { ["/run/data"] = file } }.EndsAsync(0, AskingWith("/run/data"));

        var (theirs, ours) = (server.Requests[0], server.Requests[1]);
        Assert.Equal((method, theirs.Target, theirs.Body), (ours.Method, ours.Target, ours.Body));
        Assert.Equal(Shared(theirs), Shared(ours));

        static IEnumerable<string> Shared(Request request) =>
            request.Headers.Where(field => field.Key is not ("User-Agent" or "Connection")).Select(field => $"{field.Key}: {field.Value}").Order();
    }

    [Fact]
    public async Task Bytes_arrive_as_they_are_whether_or_not_they_are_UTF8()
    {
        await using var server = FaultyServer.Start();
        var root = new EmptyRoot { Proc = true, Files = { ["/prestop"] = Repository.Published("prestop") } };

        await root.RunAsync(SystemProgram.Busybox, "sh", "-c",
            $$"""BYTES=$(printf '\377\376') && export BYTES && /prestop -d "$BYTES" {{server.Url()}} && /prestop -d '$(BYTES)' {{server.Url()}}""");

        Assert.Equal(["2", "2"], server.Requests.Select(request => request.Headers["Content-Length"]));
    }

    [Fact]
    public async Task A_URL_with_bytes_that_are_not_UTF8_is_refused()
    {
        var root = new EmptyRoot { Proc = true, Files = { ["/prestop"] = Repository.Published("prestop") } };
        await using var run = root.Run(SystemProgram.Busybox, "sh", "-c", "/prestop \"http://a$(printf '\\377')b/\"");

        await run.ExitsWithAsync(2);

        Assert.EndsWith(": not UTF-8; write other bytes of a URL as %XX", run.Stderr.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_file_that_cannot_be_read_breaks_the_step_and_not_the_fallback()
    {
        await using var server = FaultyServer.Start();

        var broken = await EndsAsync(125, "-d", "@/run/none", server.Url());
        await EndsAsync(0, "-d", "@/run/none", "--fallback", "10ms", server.Url());

        Assert.EndsWith(": the file of --data: no such file; give one that can be read", broken.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("200 OK", 0)]
    [InlineData("503 Busy", 1)]
    public async Task The_end_of_an_accepted_body_is_waited_for_where_it_is_asked_for(string status, int more)
    {
        var gate = new Gate();
        await using var server = FaultyServer.Start(
            async conversation =>
            {
                await conversation.ReadRequestAsync();
                await conversation.SendAsync($"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nab");
                await gate.Opened.WaitAsync(conversation.ServerStops);
                await conversation.SendAsync("c");
            },
            Answer.Chunked(200, "a", "b"));
        await using var run = new EmptyRoot().Prestop("--body", "--interval", "1ms", server.Url());
        await server.WaitForRequestAsync(1 + more);
        Assert.Equal(more == 1, run.Ended || server.Connections == 2);

        gate.Open();

        await run.ExitsWithAsync(0);
        Assert.Equal(1 + more, server.Requests.Count);
    }

    [Fact]
    public async Task A_body_that_is_cut_is_asked_for_again_where_its_end_is_waited_for()
    {
        await using var server = FaultyServer.Start(Answer.CloseInBody, Answer.UntilClose(200, "all"));

        var run = await EndsAsync(0, "--body", "--interval", "1ms", server.Url());

        Assert.Contains($"prestop: {server.Url()}: the connection was closed before the end of the answer", run.Stderr.Lines);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_accepts_and_stays_silent_is_given_up_at_the_answer_timeout()
    {
        await using var server = FaultyServer.Start(Answer.Silence, Answer.Status(200));

        var run = await EndsAsync(0, "--answer-timeout", "50ms", "--interval", "1ms", server.Url());

        Assert.Contains($"prestop: {server.Url()}: the server is silent", run.Stderr.Lines);
    }

    [Fact]
    public async Task A_server_that_stays_silent_cannot_be_judged()
    {
        await using var server = FaultyServer.Start(Answer.Silence);

        await EndsAsync(0, "--answer-timeout", "50ms", "--fallback", "200ms", server.Url());
        await EndsAsync(124, "--answer-timeout", "50ms", "--max", "200ms", "gone:" + server.Url());
    }

    [Fact]
    public async Task An_address_that_is_silent_does_not_keep_it_from_the_next()
    {
        using var silent = DeadPort.Silent();
        await using var server = new FaultyServer.Listen { Address = IPAddress.Parse("127.0.0.2"), Port = silent.Port }.Start();
        using var folder = new TemporaryFolder();
        var root = new EmptyRoot
        {
            Hosts = "127.0.0.1 app.test\n127.0.0.2 app.test\n",
            Files = { ["/etc/host.conf"] = folder.Write("host.conf", "multi on\n") }, // else the first line counts alone: host.conf(5)
        };

        var run = await root.EndsAsync(0, "-v", $"http://app.test:{silent.Port}/");
        await root.EndsAsync(0, $"tcp://app.test:{silent.Port}");

        Assert.Equal(3, run.Stderr.Lines.Count);
    }

    [Fact]
    public async Task A_unix_socket_without_permission_is_told_as_such_and_may_get_one()
    {
        using var folder = new TemporaryFolder();
        await using var server = new FaultyServer.Listen { UnixSocket = folder["app.sock"] }.Start();
        File.SetUnixFileMode(folder["app.sock"], UnixFileMode.None);
        var root = new EmptyRoot { Files = { ["/run/app"] = folder.Path } };

        var run = await root.EndsAsync(124, "--max", "0.3", "--unix-socket", "/run/app/app.sock", "http://app/");

        Assert.Contains("prestop: http://app/: permission denied", run.Stderr.Lines);
    }

    [Theory]
    [InlineData("http://0.0.0.0:1/")]
    [InlineData("tcp://0.0.0.0:1")]
    [InlineData("tcp://[::]:1")]
    public async Task The_unspecified_address_is_this_machine(string step)
    {
        var run = await new EmptyRoot { Offline = true }.EndsAsync(124, "--max", "0.2", step);

        Assert.Contains($"prestop: {step}: connection refused", run.Stderr.Lines);
    }
}
