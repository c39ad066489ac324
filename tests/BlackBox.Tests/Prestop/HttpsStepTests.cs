using System.Diagnostics;
using BlackBox.Tests.Harness;
using Xunit;

namespace BlackBox.Tests.Prestop;

public sealed class HttpsStepTests : IDisposable
{
    private const string Authority = "/run/ca.pem";

    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private EmptyRoot Root => new()
    {
        Hosts = "127.0.0.1 localhost\n",
        Files = { [Authority] = _certificates.AuthorityFile },
    };

    private EmptyRoot Carrying(string bundle) => Root with { Files = new() { ["/etc/ssl/certs/ca-certificates.crt"] = bundle } };

    private static FaultyServer Serve(ServerCertificate certificate, params Script[] scripts) =>
        new FaultyServer.Listen { Certificate = certificate }.Start(scripts);

    [Fact]
    public async Task A_good_certificate_is_taken_by_address()
    {
        await using var server = Serve(_certificates.Good, Answer.Status(503), Answer.Status(200));

        await Root.EndsAsync(0, "--interval", "1ms", "--cacert", Authority, server.Url());

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_good_certificate_is_taken_by_name()
    {
        await using var server = Serve(_certificates.Good);

        await Root.EndsAsync(0, "--cacert", Authority, $"https://localhost:{server.Port}/");

        Assert.Equal($"localhost:{server.Port}", server.Requests[0].Headers["Host"]);
    }

    [Fact]
    public async Task A_hanging_answer_is_one_request()
    {
        var gate = new Gate();
        await using var server = Serve(_certificates.Good, Answer.Held(gate));
        await using var run = Root.Prestop("--connect-timeout", "5s", "--cacert", Authority, server.Url());
        await server.WaitForRequestAsync();

        gate.Open();

        await run.ExitsWithAsync(0);
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("-tls1_2", false)]
    [InlineData("-tls1_3", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task Openssl_is_understood_in_both_versions_of_TLS_and_with_both_kinds_of_key(string version, bool rsa)
    {
        await using var server = await TlsServer.StartAsync(rsa ? _certificates.GoodRsa : _certificates.Good, version);

        await Root.EndsAsync(0, "--cacert", Authority, server.Url());
    }

    [Fact]
    public async Task Nginx_is_understood()
    {
        await using var server = await NginxServer.StartAsync(_certificates.GoodRsa);

        await Root.EndsAsync(0, "--cacert", Authority, server.Url());
        await Root.EndsAsync(0, "--cacert", Authority, "--status", "404", server.Url("/missing"));
    }

    [Fact]
    public async Task The_file_of_SSL_CERT_FILE_is_trusted()
    {
        await using var server = Serve(_certificates.Good);

        await (Root with { Environment = new() { ["SSL_CERT_FILE"] = Authority } }).EndsAsync(0, server.Url());
    }

    [Fact]
    public async Task The_bundle_that_images_carry_is_trusted()
    {
        await using var server = Serve(_certificates.Good, Answer.Status(503), Answer.Status(200));

        await Carrying(_certificates.BundleFile).EndsAsync(0, "--interval", "1ms", server.Url());

        Assert.Equal((2, 2), (server.Connections, server.Requests.Count));
    }

    [Fact]
    public async Task The_server_brings_what_is_between_it_and_the_bundle()
    {
        await using var server = await TlsServer.StartAsync(_certificates.Indirect, "-cert_chain", _certificates.IntermediateFile);

        await Carrying(_certificates.AuthorityFile).EndsAsync(0, "--interval", "1ms", "--successes", "2", server.Url());
    }

    [Fact]
    public async Task The_bundle_may_hold_what_is_between_it_and_the_server()
    {
        await using var server = Serve(_certificates.Indirect);

        await Carrying(_certificates.BundleFile).EndsAsync(0, "--interval", "1ms", "--successes", "2", server.Url());
        await Carrying(_certificates.AuthorityFile).EndsAsync(125, server.Url());
    }

    [Fact]
    public async Task An_authority_of_the_bundle_is_known_by_its_key_and_not_by_its_name()
    {
        using var others = new Certificates();
        await using var server = Serve(_certificates.Good);

        var run = await Carrying(others.BundleFile).EndsAsync(125, server.Url());

        Assert.EndsWith("not signed by a trusted authority; give its CA file with --cacert", run.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task An_authority_that_is_given_is_trusted_instead_of_the_bundle()
    {
        using var others = new Certificates();
        await using var server = Serve(_certificates.Good);
        var root = Root with
        {
            Files = new()
            {
                [Authority] = others.AuthorityFile,
                ["/etc/ssl/certs/ca-certificates.crt"] = _certificates.AuthorityFile,
            },
        };

        await root.EndsAsync(125, "--cacert", Authority, server.Url());
    }

    [Theory]
    [InlineData("wrong name", "the server's certificate is for another name")]
    [InlineData("expired", "the server's certificate has expired or is not yet valid")]
    [InlineData("untrusted", "the server's certificate is not signed by a trusted authority; give its CA file with --cacert")]
    public async Task A_bad_certificate_ends_the_wait_at_once(string kind, string words)
    {
        await EndsAtOnceAsync(Root, kind, words, "--cacert", Authority);
        await EndsAtOnceAsync(Carrying(_certificates.BundleFile), kind, words);
    }

    private async Task EndsAtOnceAsync(EmptyRoot root, string kind, string words, params string[] options)
    {
        await using var server = Serve(Bad(kind));

        var run = await root.EndsAsync(125, [.. options, server.Url()]);

        Assert.StartsWith("prestop: broken after ", run.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.EndsWith(": " + words, run.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(1, server.Connections);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("wrong name")]
    [InlineData("expired")]
    [InlineData("untrusted")]
    public async Task A_bad_certificate_does_not_show_that_something_is_gone(string kind)
    {
        await using var server = Serve(Bad(kind));

        await Root.EndsAsync(125, "--cacert", Authority, "gone:" + server.Url());
    }

    [Theory]
    [InlineData("wrong name")]
    [InlineData("expired")]
    [InlineData("untrusted")]
    public async Task Any_certificate_is_taken_by_who_does_not_look(string kind)
    {
        await using var server = Serve(Bad(kind));

        await Root.EndsAsync(0, "--insecure", server.Url());
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_asked_again()
    {
        await using var server = FaultyServer.Start(async conversation => await conversation.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"));

        var run = await InRoot.EndsAsync(124, "--max", "0.5", "--interval", "1ms", $"https://127.0.0.1:{server.Port}/");

        Assert.Contains($"prestop: https://127.0.0.1:{server.Port}/: the TLS handshake failed", run.Stderr.Lines);
    }

    [Theory]
    [InlineData("missing", "no such file")]
    [InlineData("folder", "not a file")]
    [InlineData("empty", "not a file of 1 to 8388608 bytes")]
    [InlineData("garbage", "holds no certificate")]
    [InlineData("damaged", "a certificate in it is damaged")]
    [InlineData("huge", "not a file of 1 to 8388608 bytes")]
    [InlineData("forbidden", "cannot be read")]
    [InlineData("fifo", "not a file of 1 to 8388608 bytes")]
    [InlineData("link to fifo", "not a file of 1 to 8388608 bytes")]
    [InlineData("device", "not a file of 1 to 8388608 bytes")]
    public async Task An_authority_file_that_cannot_be_used_is_told_and_nothing_is_started(string kind, string words)
    {
        using var folder = new TemporaryFolder();
        await using var server = Serve(_certificates.Good);
        var file = kind is "device" ? "/dev/urandom" : "/run/ca/" + kind;
        Make(folder, kind);
        var root = new EmptyRoot { Files = { ["/run/ca"] = folder.Path, [InRoot.Busybox] = SystemProgram.Busybox } };

        var run = await root.EndsAsync(125, "--cacert", file, server.Url(), "--", InRoot.Busybox, "echo", "started");

        Assert.StartsWith($"prestop: --cacert '{file}': {words}", Assert.Single(run.Stderr.Lines), StringComparison.Ordinal);
        Assert.Empty(run.Stdout.Text);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task An_authority_file_may_be_a_link_as_in_a_mounted_ConfigMap()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data", await File.ReadAllTextAsync(_certificates.AuthorityFile, TestContext.Current.CancellationToken));
        File.CreateSymbolicLink(folder["ca.crt"], "data");
        await using var server = Serve(_certificates.Good);

        await new EmptyRoot { Files = { ["/run/ca"] = folder.Path } }.EndsAsync(0, "--cacert", "/run/ca/ca.crt", server.Url());
    }

    private ServerCertificate Bad(string kind) => kind switch
    {
        "wrong name" => _certificates.WrongName,
        "expired" => _certificates.Expired,
        _ => _certificates.Untrusted,
    };

    private static void Make(TemporaryFolder folder, string kind)
    {
        const string damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        const int tooLarge = (8 * 1024 * 1024) + 1;
        switch (kind)
        {
            case "folder":
                Directory.CreateDirectory(folder[kind]);
                break;
            case "garbage":
                File.WriteAllBytes(folder[kind], [.. Enumerable.Range(0, 10_000).Select(i => (byte)(i * 7))]);
                break;
            case "huge":
                using (var file = File.Create(folder[kind]))
                {
                    file.SetLength(tooLarge);
                }

                break;
            case "forbidden":
                folder.Write(kind, damaged);
                File.SetUnixFileMode(folder[kind], UnixFileMode.None);
                break;
            case "link to fifo":
                Make(folder, "fifo");
                File.CreateSymbolicLink(folder[kind], "fifo");
                break;
            case "fifo":
                using (var made = Process.Start("mkfifo", folder[kind]))
                {
                    made.WaitForExit();
                }

                break;
            case "empty" or "damaged":
                folder.Write(kind, kind is "empty" ? "" : damaged);
                break;
        }
    }
}
