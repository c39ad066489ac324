using System.Text;
using System.Text.Json.Nodes;
using Prestop.Testing;
using Xunit;

namespace Prestop.Kubeconfig.Tests;

/// <summary>The same files mean the same to kubectl: what it makes of them for a context is what is read here.</summary>
[Collection("starts processes")]
public sealed class KubectlTests : IDisposable
{
    private readonly ConfigFolder _folder = new();

    public KubectlTests()
    {
        _folder.Write("certs/ca.crt", ServerIdentity.Good.AuthorityPem);
        _folder.Write("one", """
            apiVersion: v1
            kind: Config
            clusters:
            - name: shared
              cluster: {server: "https://shared-of-one:6443", certificate-authority: certs/ca.crt}
            - name: only-one
              cluster: &body
                server: https://only-one/path
                tls-server-name: kubernetes
            - {name: alias, cluster: *body}
            users:
            - {name: shared, user: {token: token-of-one}}
            contexts:
            - {name: a, context: {cluster: shared, user: shared, namespace: shop}}
            - {name: b, context: {cluster: only-one, user: of-two}}
            - {name: aliased, context: {cluster: alias}}
            """);
        _folder.Write("sub/two", """
            {"kind": "Config", "apiVersion": "v1", "current-context": "c",
             "clusters": [{"name": "shared", "cluster": {"server": "https://shared-of-two"}},
                          {"name": "only-two", "cluster": {"server": "https://only-two", "certificate-authority": "../certs/ca.crt", "proxy-url": "http://proxy:1"}},
                          {"name": "insecure", "cluster": {"server": "https://insecure", "insecure-skip-tls-verify": true}}],
             "users": [{"name": "shared", "user": {"token": "token-of-two"}}, {"name": "of-two", "user": {"token": "two"}}],
             "contexts": [{"name": "a", "context": {"cluster": "only-two", "user": "of-two", "namespace": "lab"}},
                          {"name": "c", "context": {"cluster": "only-two", "user": "shared"}},
                          {"name": "i", "context": {"cluster": "insecure", "user": "of-two", "namespace": null}}]}
            """);
        _folder.Write("three", "current-context: a\n");
        _folder.Write("empty", "");
    }

    [Theory]
    [InlineData("one", "a")]
    [InlineData("one", "aliased")]
    [InlineData("one:sub/two", "a")]
    [InlineData("sub/two:one", "a")]
    [InlineData("one:sub/two", "b")]
    [InlineData("one:sub/two", null)]
    [InlineData("sub/two:one", null)]
    [InlineData("three:sub/two:one", null)]
    [InlineData("one:three:sub/two", null)]
    [InlineData("empty:not-there:sub/two", null)]
    [InlineData("sub/two", "i")]
    public async Task Files_in_this_order_give_this_context_the_same(string files, string? context)
    {
        var list = string.Join(':', files.Split(':').Select(_folder.PathOf));
        _folder.Variables["KUBECONFIG"] = list;
        _folder.Context = context;

        var expected = await KubectlAsync(list, context);
        var access = _folder.Load(null, out var problem);

        Assert.Equal("", problem);
        Assert.Equal((string?)expected["current-context"], access!.Context);
        var cluster = expected["clusters"]![0]!["cluster"]!;
        Assert.Equal((string?)cluster["server"], access.Cluster.Address.ToString().TrimEnd('/'));
        Assert.Equal((string?)cluster["tls-server-name"], access.Cluster.ServerName);
        Assert.Equal((bool?)cluster["insecure-skip-tls-verify"] ?? false, access.Cluster.SkipsVerification);
        Assert.Equal(
            (string?)cluster["certificate-authority-data"] is { } data ? Encoding.UTF8.GetString(Convert.FromBase64String(data)) : null,
            access.Cluster.Authorities?[0].ExportCertificatePem());
        Assert.Equal((string?)cluster["proxy-url"], (access.Cluster.Proxy as System.Net.WebProxy)?.Address?.ToString().TrimEnd('/'));
        Assert.Equal((string?)expected["contexts"]![0]!["context"]!["namespace"], access.Namespace);
        Assert.Equal((string?)expected["users"]?[0]?["user"]?["token"], access.Cluster.Credentials.Current.Token);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<JsonNode> KubectlAsync(string files, string? context)
    {
        await using var kubectl = new OnHost { Environment = new() { ["KUBECONFIG"] = files, ["HOME"] = _folder.Root } }.Run(
            SystemProgram.Find("kubectl", "kubernetes-client"),
            ["config", "view", "--minify", "--flatten", "--raw", "-o", "json", .. context is null ? [] : (string[])["--context", context]]);
        await kubectl.ExitsWithAsync(0);
        return JsonNode.Parse(kubectl.Stdout.Text)!;
    }
}
