using System.Net.Security;
using System.Text.Json;
using Prestop.Testing;
using Prestop.Testing.ApiServer;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>The published <c>prestopd controller audit</c>, on files and on clusters.</summary>
public sealed class AuditTests : IDisposable
{
    private const string Template = """{"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}""";

    private const string Deployment = """{"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": """ + Template + "}}";

    private const string Service = """{"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}""";

    private const string Flawed = $"{Deployment}\n---\n{Service}\n";

    private const string Found =
        "Deployment shop/web, container app: no-hook: no preStop hook: it gets SIGTERM while Service web still sends to it; add preStop: {sleep: {seconds: 15}}, "
        + "or a prestop hook that waits for evidence\n1 found, 1 of which lose requests\n";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task What_would_lose_requests_is_a_line_and_exit_code_1()
    {
        await using var audit = OnFiles(Flawed, "-f", "/0.yaml");

        await audit.ExitsWithAsync(1);
        Assert.Equal(Found, audit.Stdout.Text);
        Assert.Empty(audit.Stderr.Text);
    }

    [Fact]
    public async Task Standard_input_is_read_and_JSON_written()
    {
        await using var audit = new EmptyRoot { Input = Flawed }.Run("prestopd", "controller", "audit", "-f", "-", "-o", "json");

        await audit.ExitsWithAsync(1);
        using var found = JsonDocument.Parse(audit.Stdout.Text);
        var only = Assert.Single(found.RootElement.EnumerateArray());
        Assert.Equal(["rule", "loses_requests", "subject", "why", "fix"], only.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("no-hook", true, "Deployment shop/web, container app"),
            (only.GetProperty("rule").GetString(), only.GetProperty("loses_requests").GetBoolean(), only.GetProperty("subject").GetString()));
    }

    [Theory]
    [InlineData("text", "nothing found\n")]
    [InlineData("json", "[]\n")]
    public async Task Nothing_found_is_exit_code_0(string output, string text)
    {
        await using var audit = OnFiles(Flawed.Replace("\"containers\"", "\"terminationGracePeriodSeconds\": 60, \"containers\"", StringComparison.Ordinal)
            .Replace("\"name\": \"app\"", "\"name\": \"app\", \"lifecycle\": {\"preStop\": {\"sleep\": {\"seconds\": 20}}}", StringComparison.Ordinal), "-f", "/0.yaml", "-o", output);

        await audit.ExitsWithAsync(0);
        Assert.Equal(text, audit.Stdout.Text);
    }

    [Fact]
    public async Task What_loses_nothing_is_told_with_exit_code_0()
    {
        await using var audit = OnFiles(Service + "\n---\n" + Deployment.Replace("\"web\"", "\"wbe\"", StringComparison.Ordinal), "-f", "/0.yaml");

        await audit.ExitsWithAsync(0);
        Assert.StartsWith("Service shop/web: selector-without-pods: ", audit.Stdout.Text, StringComparison.Ordinal);
        Assert.EndsWith("1 found, 0 of which lose requests\n", audit.Stdout.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_file_that_cannot_be_read_is_told_with_exit_code_2()
    {
        _folder.Write("good.yaml", Flawed);
        _folder.Write("bad.yaml", "kind: Service\nmetadata: {name: web\n");
        _folder.Write("long.yaml", new string('#', 10 * 1024 * 1024) + "\n");
        _folder.Write("longest.yaml", new string('#', (10 * 1024 * 1024) - Flawed.Length - 1) + "\n" + Flawed);
        var root = new EmptyRoot { Files = { ["/m"] = _folder.Path } };

        await using (var audit = root.Run("prestopd", "controller", "audit", "-f", "/m/bad.yaml", "-f", "/m/none.yaml", "-f", "/m/long.yaml", "-f", "/m/good.yaml", "-f", "/m"))
        {
            await audit.ExitsWithAsync(2);
            Assert.Empty(audit.Stdout.Text);
            Assert.Equal(
                [
                    "prestopd controller audit: --file '/m/bad.yaml': line 3: this is not YAML",
                    "prestopd controller audit: --file '/m/none.yaml': there is no such file",
                    "prestopd controller audit: --file '/m/long.yaml': longer than 10485760 bytes; write several files, or have the cluster itself looked at",
                    "prestopd controller audit: --file '/m': is a folder; write its files",
                ],
                audit.Stderr.Lines);
        }

        await using var longest = root.Run("prestopd", "controller", "audit", "-f", "/m/longest.yaml");
        await longest.ExitsWithAsync(1);
        Assert.Equal(Found, longest.Stdout.Text);
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_exit_code_125()
    {
        await using var audit = new EmptyRoot { Input = Flawed, Stdout = Stdio.Full }.Run("prestopd", "controller", "audit", "-f", "-");

        await audit.ExitsWithAsync(125);
    }

    /// <summary>The cluster of the pod that it runs in, over TLS, with the service account's token; and its namespace.</summary>
    [Fact]
    public async Task In_a_pod_its_own_cluster_is_looked_at()
    {
        using var certificates = new Certificates();
        var objects = Shop();
        await using var server = new LoopbackHttp(objects.Answer, tls: new SslServerAuthenticationOptions { ServerCertificate = certificates.Good.Load() });
        var account = new Dictionary<string, string>
        {
            ["/var/run/secrets/kubernetes.io/serviceaccount/token"] = _folder.Write("token", "a-token"),
            ["/var/run/secrets/kubernetes.io/serviceaccount/namespace"] = _folder.Write("namespace", "shop"),
            ["/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"] = certificates.AuthorityFile,
        };
        await using var audit = new EmptyRoot
        {
            Files = account,
            Environment = { ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1", ["KUBERNETES_SERVICE_PORT"] = $"{server.Port}" },
        }.Run("prestopd", "controller", "audit");

        await audit.ExitsWithAsync(1);
        Assert.Equal(Found, audit.Stdout.Text);
        Assert.All(objects.Calls, call => Assert.Equal(("GET", "Bearer a-token"), (call.Method, call.Headers["authorization"])));
    }

    [Theory]
    [InlineData(1, "--context", "shop")]
    [InlineData(0, "--context", "other")]
    [InlineData(0, "--context", "shop", "-n", "other")]
    [InlineData(1, "-n", "shop")]
    [InlineData(0)]
    [InlineData(0, "-A")]
    [InlineData(0, "--context", "shop", "--mode", "inject")]
    public async Task A_kubeconfig_has_contexts_as_kubectl_knows_them(int code, params string[] words)
    {
        await using var server = new LoopbackHttp(Shop().Answer);

        await using var audit = OnCluster(server, words);

        await audit.ExitsWithAsync(code);
        Assert.Equal(code == 1 ? Found : "nothing found\n", audit.Stdout.Text);
        Assert.Empty(audit.Stderr.Text);
    }

    [Theory]
    [InlineData(403, "the API server answers 403 to list pods in namespace shop: pods is forbidden; a role with verb list on pods allows it")]
    [InlineData(401, "the API server answers 401 to list pods in namespace shop: pods is forbidden; log in again, or name another kubeconfig or context")]
    public async Task A_cluster_that_refuses_is_exit_code_125_and_says_what_is_missing(int code, string line)
    {
        var objects = Shop();
        objects.Replies["/api/v1/namespaces/shop/pods"] = ObjectLists.Refusal(code, "pods is forbidden");
        await using var server = new LoopbackHttp(objects.Answer);

        await using var audit = OnCluster(server, "-n", "shop");

        await audit.ExitsWithAsync(125);
        Assert.Equal([$"prestopd controller audit: {line}"], audit.Stderr.Lines);
        Assert.Empty(audit.Stdout.Text);
    }

    [Fact]
    public async Task A_signal_ends_it_while_the_cluster_is_silent()
    {
        var objects = Shop();
        objects.Replies["/api/v1/namespaces/shop/pods"] = new HttpReply(200, "") { Hangs = true };
        await using var server = new LoopbackHttp(objects.Answer);
        await using var audit = OnCluster(server, "-n", "shop");
        while (!objects.Calls.Any(call => call.Path.EndsWith("/pods", StringComparison.Ordinal)))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await audit.SignalAsync(Signal.Terminate);

        await audit.ExitsWithAsync(143);
    }

    [Fact]
    public async Task Without_file_and_cluster_it_says_what_to_write()
    {
        await using var audit = EmptyRoot.Start("prestopd", "controller", "audit");

        await audit.ExitsWithAsync(2);
        Assert.Equal(
            ["prestopd controller audit: no cluster to look at: neither KUBECONFIG nor HOME is set; name a kubeconfig file; or write -f FILE, or -f - for standard input"],
            audit.Stderr.Lines);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A namespace <c>shop</c> with a Deployment that has no hook.</summary>
    private static ObjectLists Shop()
    {
        var objects = new ObjectLists();
        foreach (var name in new[] { "default", "shop", "other" })
        {
            objects.Add("/api/v1/namespaces", $$$"""{"metadata": {"name": "{{{name}}}"}}""");
        }

        objects.Add("/apis/apps/v1/namespaces/shop/deployments", Deployment);
        objects.Add("/api/v1/namespaces/shop/services", Service);
        return objects;
    }

    private Child OnFiles(string content, params string[] words) =>
        new EmptyRoot { Files = { ["/0.yaml"] = _folder.Write("0.yaml", content) } }.Run("prestopd", ["controller", "audit", .. words]);

    private Child OnCluster(LoopbackHttp server, params string[] words) => new EmptyRoot
    {
        Files =
        {
            ["/kubeconfig"] = _folder.Write("kubeconfig", $$$"""
                {"current-context": "plain", "users": [{"name": "test", "user": {}}], "clusters": [{"name": "test", "cluster": {"server": "{{{server.Address}}}"}}], "contexts": [
                 {"name": "plain", "context": {"cluster": "test", "user": "test"}},
                 {"name": "shop", "context": {"cluster": "test", "user": "test", "namespace": "shop"}},
                 {"name": "other", "context": {"cluster": "test", "user": "test", "namespace": "other"}}]}
                """),
        },
        Environment = { ["KUBECONFIG"] = "/kubeconfig" },
    }.Run("prestopd", ["controller", "audit", .. words]);
}
