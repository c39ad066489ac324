using Prestop.Testing;
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
    public async Task A_deadline_that_comes_while_TLS_is_being_set_up_is_no_crash()
    {
        // Seen in 3 of 100 ends: OpenSSL cleaned up at exit, under the thread of a look that nobody waits for any more.
        const int ends = 240, sideBySide = 4;
        await using var server = Serve(_certificates.Good, [.. Enumerable.Repeat<Script>(conversation => conversation.UntilHangUpAsync(), ends)]);
        using var account = new TemporaryFolder();
        account.Write("token", "secret");
        account.Write("namespace", "shop");
        File.Copy(_certificates.AuthorityFile, account["ca.crt"]);
        var pod = new EmptyRoot
        {
            Files = { ["/var/run/secrets/kubernetes.io/serviceaccount"] = account.Path },
            Environment = { ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1", ["KUBERNETES_SERVICE_PORT"] = $"{server.Port}", ["POD_IP"] = "10.0.0.1" },
        };

        await Parallel.ForEachAsync(
            Enumerable.Range(0, ends),
            new ParallelOptions { MaxDegreeOfParallelism = sideBySide, CancellationToken = TestContext.Current.CancellationToken },
            async (end, _) => await pod.EndsAsync(124, "--max", $"{end % 4}ms", "gone:endpoints://localhost"));
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
    [InlineData("forbidden", "cannot be read by this user")]
    [InlineData("fifo", "not a file of 1 to 8388608 bytes")]
    [InlineData("link to fifo", "not a file of 1 to 8388608 bytes")]
    [InlineData("device", "not a file of 1 to 8388608 bytes")]
    public async Task An_authority_file_that_cannot_be_used_is_told_and_nothing_is_asked(string kind, string words)
    {
        using var folder = new TemporaryFolder();
        await using var server = Serve(_certificates.Good);
        var file = kind is "device" ? "/dev/urandom" : "/run/ca/" + kind;
        Make(folder, kind);
        var root = new EmptyRoot { Files = { ["/run/ca"] = folder.Path, [InRoot.Busybox] = SystemProgram.Busybox } };

        var run = await root.EndsAsync(125, "--cacert", file, server.Url(), "--", InRoot.Busybox, "echo", "started");

        Assert.EndsWith($": CA file '{file}': {words}; give a PEM file of certificate authorities", run.Stderr.Lines[^1], StringComparison.Ordinal);
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

    [Theory]
    [InlineData("/run/none", 125)]
    [InlineData("/run/none", 0, "--fallback", "10ms")]
    [InlineData("/run/none", 0, "--insecure")]
    public async Task An_authority_file_that_is_not_there_breaks_only_what_needs_it(string file, int exitCode, params string[] options)
    {
        await using var server = Serve(_certificates.Good);
        await using var plain = FaultyServer.Start();

        await Root.EndsAsync(exitCode, ["--cacert", file, .. options, server.Url()]);
        await (Root with { Environment = new() { ["PRESTOP_CACERT"] = file } }).EndsAsync(0, "1ms", plain.Url());
    }

    [Fact]
    public async Task An_authority_file_may_be_a_link_without_a_directory()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data", await File.ReadAllTextAsync(_certificates.AuthorityFile, TestContext.Current.CancellationToken));
        File.CreateSymbolicLink(folder["ca.crt"], "data");
        await using var server = Serve(_certificates.Good);
        var root = new EmptyRoot { Files = { ["/run/ca"] = folder.Path, ["/prestop"] = Repository.Published("prestop") } };

        await root.RunAsync(SystemProgram.Busybox, "sh", "-c", $"cd /run/ca && /prestop --cacert ca.crt {server.Url()}");
    }

    [Theory]
    [InlineData("intermediate")]
    [InlineData("intermediate, which the server brings")]
    [InlineData("own")]
    public async Task A_certificate_on_the_way_is_enough_as_for_curl(string kind)
    {
        await using var server = await TlsServer.StartAsync(
            _certificates.Indirect, kind.EndsWith("brings", StringComparison.Ordinal) ? ["-cert_chain", _certificates.IntermediateFile] : []);
        var trusted = kind is "own" ? _certificates.Indirect.File : _certificates.IntermediateFile;

        await using var curl = OnHost.Start(SystemProgram.Curl, "--silent", "--cacert", trusted, server.Url());
        await curl.ExitsWithAsync(0);
        await new EmptyRoot { Files = { [Authority] = trusted } }.EndsAsync(0, "--cacert", Authority, server.Url());
    }

    [Theory]
    [InlineData("/etc/ssl/certs/my-ca.pem", "")]
    [InlineData("/etc/pki/tls/certs/my-ca.crt", "")]
    [InlineData("/run/certs/my-ca", "/run/none:/run/certs")]
    public async Task An_authority_in_a_file_of_its_own_is_trusted(string file, string directories)
    {
        using var others = new Certificates();
        await using var server = Serve(_certificates.Good);
        var root = new EmptyRoot
        {
            Environment = { ["SSL_CERT_DIR"] = directories },
            Files = { [file] = _certificates.AuthorityFile, ["/etc/ssl/cert.pem"] = others.Good.File },
        };

        await root.EndsAsync(0, server.Url());
    }

    [Theory]
    [InlineData("short key")]
    [InlineData("SHA1")]
    public async Task A_certificate_that_OpenSSL_finds_too_weak_is_not_trusted(string kind)
    {
        var (authority, certificate) = kind is "short key" ? (_certificates.AuthorityFile, _certificates.ShortKey) : _certificates.SignedWith(new(kind));
        await using var server = await TlsServer.StartAsync(certificate, "-cipher", "DEFAULT@SECLEVEL=0");
        var root = new EmptyRoot { Files = { [Authority] = authority } };

        await using var curl = OnHost.Start(SystemProgram.Curl, "--silent", "--cacert", authority, server.Url());
        await curl.ExitsWithAsync(60);
        var run = await root.EndsAsync(125, "--cacert", Authority, server.Url());
        await root.EndsAsync(0, "--insecure", server.Url());

        Assert.EndsWith(": the server's certificate is too weak: an RSA key below 2048 bits, or a signature with SHA-1 or MD5", run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_server_that_wants_a_certificate_is_told_of_and_one_that_would_like_one_serves(string version)
    {
        await using var strict = await TlsServer.StartAsync(_certificates.GoodRsa, version, "-Verify", "1", "-CAfile", _certificates.AuthorityFile);
        await using var mild = await TlsServer.StartAsync(_certificates.GoodRsa, version, "-verify", "1", "-CAfile", _certificates.AuthorityFile);

        var run = await Root.EndsAsync(125, "--cacert", Authority, strict.Url());
        await Root.EndsAsync(0, "--cacert", Authority, mild.Url());

        Assert.EndsWith(": the server asks for a client's certificate, and none can be given", run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Host_field_does_not_change_whose_certificate_is_verified()
    {
        await using var good = Serve(_certificates.Good);
        await using var elsewhere = Serve(_certificates.WrongName);

        await Root.EndsAsync(0, "--cacert", Authority, "-H", "Host: elsewhere.test", $"https://localhost:{good.Port}/");
        await Root.EndsAsync(125, "--cacert", Authority, "-H", "Host: elsewhere.test", $"https://localhost:{elsewhere.Port}/");

        Assert.Equal("elsewhere.test", good.Requests[0].Headers["Host"]);
    }

    [Fact]
    public async Task A_server_that_is_silent_in_the_handshake_is_given_up_at_the_connect_timeout()
    {
        await using var server = FaultyServer.Start(Answer.NeverRead);

        var run = await Root.EndsAsync(124, "--max", "1s", "--connect-timeout", "50ms", "--interval", "1ms", $"https://127.0.0.1:{server.Port}/");

        Assert.Contains($"prestop: https://127.0.0.1:{server.Port}/: connecting timed out", run.Stderr.Lines);
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
                TemporaryFolder.MakePipe(folder[kind]);
                break;
            case "empty" or "damaged":
                folder.Write(kind, kind is "empty" ? "" : damaged);
                break;
        }
    }
}
