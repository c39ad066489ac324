using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Exchange;
using Prestop.Http.Trust;
using Prestop.Testing;
using Xunit;

namespace Prestop.Http.Tests.Trust;

public sealed class TlsClientTests(Certificates certificates) : IClassFixture<Certificates>
{
    private const string Unknown = "the server's certificate is not signed by a trusted authority";

    private static Task<string?> TrustAsync(string authorities, ServerCertificate certificate, string host = "localhost", Action<SslServerAuthenticationOptions>? serve = null) =>
        TrustAsync(new TlsClient(Authorities.InFile(authorities, out _)), certificate, host, serve);

    /// <summary>Null, or why there is no connection.</summary>
    private static async Task<string?> TrustAsync(
        TlsClient client, ServerCertificate certificate, string host = "localhost", Action<SslServerAuthenticationOptions>? serve = null, TimeProvider? time = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate, serve);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint, TestContext.Current.CancellationToken);
        try
        {
            var connection = new PatientStream(socket, time ?? TimeProvider.System) { Patience = time is null ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(5) };
            await using var tls = await client.ConnectAsync(connection, host, TestContext.Current.CancellationToken);
            await serving;
            return null;
        }
        catch (TlsRefusedException refused)
        {
            return refused.Message;
        }
    }

    private static async Task ServeAsync(
        TcpListener listener, ServerCertificate certificate, Action<SslServerAuthenticationOptions>? serve, ReadOnlyMemory<byte> answer = default)
    {
        using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(new NetworkStream(socket));
        var options = new SslServerAuthenticationOptions { ServerCertificate = certificate.Load() };
        serve?.Invoke(options);
        try
        {
            await tls.AuthenticateAsServerAsync(options, TestContext.Current.CancellationToken);
            await tls.WriteAsync(answer, TestContext.Current.CancellationToken);
        }
        catch (Exception refused) when (refused is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client says why.
        }
    }

    [Fact]
    public async Task A_server_of_the_authority_is_trusted()
    {
        Assert.Null(await TrustAsync(certificates.AuthorityFile, certificates.Good));
        Assert.Null(await TrustAsync(certificates.AuthorityFile, certificates.GoodRsa, "127.0.0.1"));
        Assert.Null(await TrustAsync(certificates.AuthorityFile, certificates.Good, "localhost."));
    }

    [Fact]
    public async Task An_authority_in_a_bundle_is_found_and_remembered()
    {
        using var folder = new TemporaryFolder();
        var bundle = folder.Write("bundle.pem", await File.ReadAllTextAsync(certificates.BundleFile, TestContext.Current.CancellationToken));
        var client = new TlsClient(Authorities.InFile(bundle, out _));

        Assert.Null(await TrustAsync(client, certificates.Good));
        File.Delete(bundle);
        Assert.Null(await TrustAsync(client, certificates.Good));
        Assert.Equal(Unknown, await TrustAsync(client, certificates.Untrusted));
    }

    [Fact]
    public async Task An_intermediate_authority_is_enough()
    {
        Assert.Null(await TrustAsync(certificates.IntermediateFile, certificates.Indirect));
        Assert.Equal(Unknown, await TrustAsync(certificates.IntermediateFile, certificates.Good));
    }

    [Fact]
    public async Task The_servers_own_certificate_is_enough()
    {
        Assert.Null(await TrustAsync(certificates.Good.File, certificates.Good));
        Assert.Equal(Unknown, await TrustAsync(certificates.Good.File, certificates.GoodRsa));
    }

    [Fact]
    public async Task The_servers_own_certificate_is_not_enough_for_another_name_or_time()
    {
        Assert.Equal("the server's certificate is for another name", await TrustAsync(certificates.WrongName.File, certificates.WrongName));
        Assert.Equal("the server's certificate has expired or is not yet valid", await TrustAsync(certificates.Expired.File, certificates.Expired));
    }

    [Fact]
    public async Task An_authority_is_known_by_its_key_and_not_by_its_name()
    {
        using var others = new Certificates();

        Assert.Equal(Unknown, await TrustAsync(others.AuthorityFile, certificates.Good));
        Assert.Equal(Unknown, await TrustAsync(others.IntermediateFile, certificates.Indirect));
        Assert.Equal(Unknown, await TrustAsync(others.Good.File, certificates.Good));
    }

    [Theory]
    [InlineData("client's", "the server's certificate is not one for servers")]
    [InlineData("not constrained", "the server's certificate has a name for which its authority may not sign")]
    public async Task What_is_wrong_with_a_chain_is_told(string kind, string words)
    {
        var certificate = kind switch
        {
            "client's" => certificates.ForClients,
            _ => certificates.OutsideOfConstraint,
        };

        Assert.Equal(words, await TrustAsync(certificates.BundleFile, certificate));
    }

    [Fact]
    public async Task Any_server_is_trusted_where_nobody_looks()
    {
        var client = new TlsClient(null);

        foreach (var certificate in new[] { certificates.Untrusted, certificates.Expired, certificates.WrongName })
        {
            Assert.Null(await TrustAsync(client, certificate));
        }
    }

    [Fact]
    public async Task A_server_may_ask_for_a_certificate_and_do_without() =>
        Assert.Null(await TrustAsync(certificates.AuthorityFile, certificates.Good, serve: options =>
        {
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null;
        }));

    [Fact]
    public async Task Verdicts_on_connections_at_the_same_time_are_their_own()
    {
        var client = new TlsClient(Authorities.InFile(certificates.AuthorityFile, out _));

        var verdicts = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            TrustAsync(client, number % 2 == 0 ? certificates.Good : certificates.Untrusted)));

        Assert.All(verdicts.Index(), verdict => Assert.Equal(verdict.Index % 2 == 0 ? null : Unknown, verdict.Item));
    }

    [Fact]
    public async Task What_the_client_needs_itself_is_not_the_servers_silence()
    {
        var time = new FakeClock();
        var slow = new Authorities((_, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return CertificatesOf(certificates.AuthorityFile);
        });

        Assert.Null(await TrustAsync(new TlsClient(slow), certificates.Good, time: time));
    }

    [Fact]
    public async Task Requests_over_one_handler_know_why_their_own_server_is_not_trusted()
    {
        using var http = new HttpMessageInvoker(SafeConnections.Through(new TlsClient(Authorities.InFile(certificates.AuthorityFile, out _))));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(http, certificates.Untrusted));
        Assert.Equal(Unknown, TlsRefusedException.In(refused)?.Message);

        refused = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(http, certificates.Expired));
        Assert.StartsWith("the server's certificate has expired", TlsRefusedException.In(refused)?.Message, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, await AskAsync(http, certificates.Good));
    }

    private static async Task<HttpStatusCode> AskAsync(HttpMessageInvoker http, ServerCertificate certificate)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate, null, "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        await serving;
        return answer.StatusCode;
    }

    private static X509Certificate2Collection CertificatesOf(string path)
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPemFile(path);
        return found;
    }
}
