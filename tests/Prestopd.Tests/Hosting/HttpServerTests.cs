using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Http.Trust;
using Prestop.Testing;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>Requests over real connections of loopback, plain and with TLS, on a clock that stands still.</summary>
public sealed class HttpServerTests : IDisposable
{
    private const string Get = "GET /x HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n";
    private const int LongestBody = 1000;

    private readonly FakeClock _time = new();
    private readonly MemoryStream _stderr = new();
    private readonly LineWriter _lines;
    private readonly Application _application = new();
    private readonly ConnectionTable _connections;
    private readonly HttpServer _plain;
    private readonly HttpServer _secured;
    private SslStreamCertificateContext _certificate = Certificate("first");

    public HttpServerTests()
    {
        _lines = new LineWriter(_stderr, TimeProvider.System);
        _connections = new ConnectionTable(10, _time);
        var log = new ServerLog(_lines, _time, LogFormat.Text, everything: true);
        _plain = new HttpServer(_application, _connections, LongestBody, log, _time);
        _secured = new HttpServer(_application, _connections, LongestBody, log, _time, () => _certificate);
        Assert.Null(_plain.Start(0));
        Assert.Null(_secured.Start(0));
    }

    public void Dispose()
    {
        _plain.Dispose();
        _secured.Dispose();
        _connections.Dispose();
    }

    [Fact]
    public async Task A_handler_that_throws_is_500_and_one_line_in_the_log()
    {
        using var client = await ConnectAsync(_plain);

        Assert.StartsWith("HTTP/1.1 500 ", await AskAsync(client.GetStream(), Get.Replace("/x", "/throw?token=secret", StringComparison.Ordinal)), StringComparison.Ordinal);

        Assert.Equal([$"error: GET /throw from {client.Client.LocalEndPoint} status 500: InvalidOperationException: not foreseen"], await LogAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_is_given_up_because_the_client_is_gone_has_not_failed(bool tls)
    {
        var server = tls ? _secured : _plain;
        using (var client = await ConnectAsync(server))
        {
            await HeldAsync(tls ? await SecureAsync(client) : client.GetStream());
        }

        await server.StopAsync(TimeSpan.FromHours(1));

        Assert.Empty(await LogAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_is_held_is_answered_when_it_is_let_go(bool tls)
    {
        using var client = await ConnectAsync(tls ? _secured : _plain);
        var stream = tls ? await SecureAsync(client) : (Stream)client.GetStream();
        await HeldAsync(stream);

        _application.LetGo.SetResult();

        Assert.Equal(["GET /wait of 0 bytes"], Application.In(await ReadToEndAsync(stream)));
    }

    [Fact]
    public async Task However_a_stream_of_requests_is_cut_into_pieces_the_answers_are_the_same()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var stream = new RequestSeries(seed);
            var whole = await AnswersAsync(stream.Bytes, stream.Bytes.Length);

            var (pieces, wasReset) = await AnswersAsync(stream.Bytes, longest: 1 + (seed % 40));

            if (!stream.IsSpoilt)
            {
                Assert.Equal(stream.Requests.Where(request => !request.StartsWith("HEAD", StringComparison.Ordinal)), Application.In(whole.Text));
                Assert.Equal(stream.Requests.Count, whole.Text.Split("HTTP/1.1 200 OK\r\n").Length - 1);
            }

            // Who sends more after the connection was to be closed may lose the end of the last answer.
            Assert.True(wasReset ? whole.Text.StartsWith(pieces, StringComparison.Ordinal) : whole.Text == pieces, $"seed {seed}: {pieces}\nwhole: {whole.Text}\nto {stream}");
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_is_spoken_from_version_1_2_on(SslProtocols version)
    {
        using var client = await ConnectAsync(_secured);
        using var stream = await SecureAsync(client, version);

        Assert.Equal(version, stream.SslProtocol);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
        Assert.EndsWith("\r\n\r\nGET /x of 0 bytes\n", await AskAsync(stream, Get), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_over_TLS_follow_each_other_in_pieces_of_whatever_length()
    {
        using var client = await ConnectAsync(_secured);
        using var stream = await SecureAsync(client);
        var requests = $"POST /1 HTTP/1.1\r\nHost: pod\r\nContent-Length: {LongestBody}\r\n\r\n{new string('a', LongestBody)}"
            + "POST /2 HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + Get;
        foreach (var piece in requests.Chunk(7))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(piece), TestContext.Current.CancellationToken);
        }

        Assert.Equal([$"POST /1 of {LongestBody} bytes", "POST /2 of 3 bytes", "GET /x of 0 bytes"], Application.In(await AskAsync(stream, "")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_above_the_limit_is_not_read(bool tls)
    {
        using var client = await ConnectAsync(tls ? _secured : _plain);
        using var stream = tls ? await SecureAsync(client) : (Stream)client.GetStream();

        var answer = await AskAsync(stream, $"POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: {LongestBody + 1}\r\n\r\n{new string('a', LongestBody + 1)}", ends: false);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_the_next_connection_and_the_one_that_is_open_goes_on()
    {
        using var before = await ConnectAsync(_secured);
        using var first = await SecureAsync(before);

        _certificate = Certificate("second");
        using var after = await ConnectAsync(_secured);
        using var second = await SecureAsync(after);

        Assert.Equal("CN=first", first.RemoteCertificate!.Subject);
        Assert.Equal("CN=second", second.RemoteCertificate!.Subject);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(first, Get), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_plain_HTTP_to_a_port_with_TLS_is_told_so()
    {
        using var client = await ConnectAsync(_secured);

        var answer = await AskAsync(client.GetStream(), Get);

        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nthis port speaks https\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_makes_no_sense_is_one_line_in_the_log_and_the_next_client_is_served()
    {
        using var client = await ConnectAsync(_secured);
        await client.GetStream().WriteAsync(new byte[] { 22, 3, 1, 0, 5, 0, 0, 0, 0, 0 }, TestContext.Current.CancellationToken);
        await ReadToEndAsync(client.GetStream());

        using var next = await ConnectAsync(_secured);
        using var stream = await SecureAsync(next);

        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(stream, Get), StringComparison.Ordinal);
        Assert.StartsWith($"TLS handshake with {client.Client.LocalEndPoint} failed: ", Assert.Single(await LogAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 22, 3, 1 })]
    public async Task A_handshake_has_5_seconds(byte[] beginning)
    {
        using var client = await ConnectAsync(_secured);
        await client.GetStream().WriteAsync(beginning, TestContext.Current.CancellationToken);
        var closed = ReadToEndAsync(client.GetStream());
        await _time.IsWaitedForAsync(TimeSpan.FromSeconds(5.25));

        _time.Advance(4.9);
        Assert.Equal(1, _connections.Open);
        _time.Advance(0.4);

        Assert.Equal("", await closed);
    }

    private static SslStreamCertificateContext Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return TlsIdentity.FromPem(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task<TcpClient> ConnectAsync(HttpServer server)
    {
        var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<SslStream> SecureAsync(TcpClient client, SslProtocols version = SslProtocols.None)
    {
        var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "pod",
            EnabledSslProtocols = version,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Subject is "CN=first" or "CN=second",
        };
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return stream;
    }

    private static async Task<string> AskAsync(Stream stream, string request, bool ends = true)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        if (ends)
        {
            return await ReadToEndAsync(stream);
        }

        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
    }

    private async Task HeldAsync(Stream stream)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Get.Replace("/x", "/wait", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        await _application.Waits.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(string Text, bool WasReset)> AnswersAsync(byte[] bytes, int longest)
    {
        using var client = await ConnectAsync(_plain);
        client.NoDelay = true;
        var text = new StringBuilder();
        try
        {
            foreach (var piece in bytes.Chunk(longest))
            {
                await client.Client.SendAsync(piece, TestContext.Current.CancellationToken);
            }

            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            while (await client.Client.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var length)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }

            return (text.ToString(), false);
        }
        catch (SocketException)
        {
            return (text.ToString(), true);
        }
    }

    private async Task<string[]> LogAsync()
    {
        await _lines.FlushAsync();
        return [.. Encoding.UTF8.GetString(_stderr.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line["2006/01/02 15:04:05 ".Length..])];
    }

    private sealed class Application : IRequestHandler
    {
        public TaskCompletionSource Waits { get; } = new();

        public TaskCompletionSource LetGo { get; } = new();

        /// <summary>What was answered: <c>POST /x of 3 bytes</c>.</summary>
        public static IEnumerable<string> In(string answers) => answers.Split('\n').Where(line => line.EndsWith(" bytes", StringComparison.Ordinal));

        public async ValueTask<HttpResponse> AnswerAsync(HttpRequest request)
        {
            switch (request.Path)
            {
                case "/throw":
                    throw new InvalidOperationException("not foreseen");
                case "/wait":
                    var gone = request.Aborted;
                    Waits.SetResult();
                    await LetGo.Task.WaitAsync(gone);
                    break;
            }

            return await request.ReadBodyAsync() is { } body
                ? HttpResponse.Text(200, $"{request.Method} {request.Path} of {body.Length} bytes\n")
                : HttpResponse.Text(413, "");
        }
    }
}
