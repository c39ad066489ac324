using System.Net;
using System.Net.Sockets;
using System.Text;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Testing;
using Xunit;

namespace Prestop.Kubeconfig.Tests;

/// <summary>What a kubeconfig says reaches the wire.</summary>
[Collection("starts processes")]
public sealed class ConnectionTests : IAsyncDisposable
{
    private readonly ConfigFolder _folder = new();
    private ClientTlsServer _server = new(ServerIdentity.Good);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Server => $"server: https://127.0.0.1:{_server.Port}\ncertificate-authority-data: {Base64(ServerIdentity.Good.AuthorityPem)}";

    [Fact]
    public async Task A_client_certificate_is_shown()
    {
        var (certificate, key) = CertificateMaker.SelfSignedPem("admin");

        await ListAsync(Server, $"client-certificate-data: {Base64(certificate)}\nclient-key-data: {Base64(key)}");

        Assert.Equal("CN=admin", Assert.Single(_server.Seen).ClientSubject);
    }

    [Fact]
    public async Task Another_certificate_of_the_plugin_makes_another_connection()
    {
        var (first, firstKey) = CertificateMaker.SelfSignedPem("first");
        var (second, secondKey) = CertificateMaker.SelfSignedPem("second");
        _folder.Write("first.json", Credential(first, firstKey, "\"expirationTimestamp\":\"2026-01-01T00:10:00Z\","));
        _folder.Write("second.json", Credential(second, secondKey, ""));
        _folder.WriteScript("plugin", $"cd {_folder.Root}\ncat first.json\nif [ -e second.json ]; then mv second.json first.json; fi");
        var access = _folder.Good(ConfigFolder.Config(
            Server, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}")).Cluster;
        using var client = new ApiClient(access, TimeSpan.FromSeconds(60), _folder.Time);

        Assert.True((await ListAsync(client)).Succeeded);
        _folder.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await ListAsync(client)).Succeeded);

        Assert.Equal(["CN=first", "CN=second"], _server.Seen.Select(connection => connection.ClientSubject));
    }

    [Fact]
    public async Task Without_credentials_nothing_is_sent_and_the_plugin_is_named()
    {
        _folder.WriteScript("plugin", "exit 3");

        var error = (await ListAsync(Server, "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin}")).Error;

        Assert.Equal(ApiFault.Unauthorized, error?.Fault);
        Assert.Contains("exec.command", error?.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Seen);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_trusted_under_that_name()
    {
        await _server.DisposeAsync();
        var identity = ServerIdentity.Create(host: "kubernetes.default");
        _server = new ClientTlsServer(identity);
        var server = $"server: https://127.0.0.1:{_server.Port}\ncertificate-authority-data: {Base64(identity.AuthorityPem)}";

        Assert.Equal(ApiFault.Untrusted, (await ListAsync(server, "")).Error?.Fault);
        Assert.True((await ListAsync($"{server}\ntls-server-name: kubernetes.default", "")).Succeeded);
        Assert.Equal("kubernetes.default", Assert.Single(_server.Seen).ServerName);
    }

    [Fact]
    public async Task An_unknown_authority_is_trusted_only_where_verification_is_off()
    {
        var server = $"server: https://127.0.0.1:{_server.Port}";

        Assert.Equal(ApiFault.Untrusted, (await ListAsync(server, "token: s3cret")).Error?.Fault);
        Assert.True((await ListAsync($"{server}\ninsecure-skip-tls-verify: true", "token: s3cret")).Succeeded);
    }

    [Fact]
    public async Task A_proxy_is_asked_for_a_tunnel_and_sees_no_token()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var seen = TunnelAsync(proxy);

        var listed = await ListAsync($"{Server}\nproxy-url: http://user:pass@{proxy.LocalEndpoint}", "token: s3cret");

        Assert.True(listed.Succeeded);
        var head = await seen;
        Assert.StartsWith($"CONNECT 127.0.0.1:{_server.Port} HTTP/1.1", head, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_in_front_of_the_api_is_kept()
    {
        await ListAsync(Server.Replace($":{_server.Port}", $":{_server.Port}/k8s/clusters/c-1", StringComparison.Ordinal), "");

        Assert.Equal("/k8s/clusters/c-1/api/v1/namespaces/shop/pods", Assert.Single(_server.Seen).Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Lets one client through and returns what it asked for.</summary>
    private static async Task<string> TunnelAsync(TcpListener proxy)
    {
        using var client = await proxy.AcceptTcpClientAsync(Cancellation);
        var stream = client.GetStream();
        var head = new byte[4096];
        var length = 0;
        while (!Encoding.ASCII.GetString(head, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            length += await stream.ReadAsync(head.AsMemory(length), Cancellation);
        }

        var text = Encoding.ASCII.GetString(head, 0, length);
        using var server = new TcpClient();
        await server.ConnectAsync(IPEndPoint.Parse(text.Split(' ')[1]), Cancellation);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), Cancellation);
        var there = stream.CopyToAsync(server.GetStream(), Cancellation);
        await server.GetStream().CopyToAsync(stream, Cancellation);
        client.Client.Shutdown(SocketShutdown.Both);
        await Task.WhenAny(there);
        return text;
    }

    private async Task<ApiResult<ResourceList<Pod>>> ListAsync(string cluster, string user)
    {
        using var client = new ApiClient(_folder.Good(ConfigFolder.Config(cluster, user)).Cluster, TimeSpan.FromSeconds(60), _folder.Time);
        return await ListAsync(client);
    }

    private static Task<ApiResult<ResourceList<Pod>>> ListAsync(ApiClient client) =>
        client.ListAsync(Pod.Resource, new Selection { Namespace = "shop" }, Cancellation);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Credential(string certificate, string key, string fields) =>
        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{" + fields
        + $"\"clientCertificateData\":{Quoted(certificate)},\"clientKeyData\":{Quoted(key)}}}}}";

    private static string Quoted(string text) => $"\"{text.Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
