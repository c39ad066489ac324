using System.Text.Json.Nodes;
using Prestop.Kubernetes.Access;
using Prestop.Testing;
using Xunit;

namespace Prestop.Kubeconfig.Tests;

// A program that is started while another test writes its own holds that one open for an instant, and it cannot be started then.
[Collection("starts processes")]
public sealed class ExecCredentialsTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    private readonly ConfigFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(V1)]
    [InlineData(V1Beta1)]
    public async Task The_programs_token_is_sent(string version)
    {
        _folder.WriteScript("plugin", Answering("""{"token":"s3cret"}""", version));

        Assert.Equal("s3cret", (await FreshAsync(Plugin("", version))).Token);
    }

    [Fact]
    public async Task It_is_run_again_when_what_it_gave_has_expired()
    {
        // The clock begins on 2026-01-01 at 00:00.
        _folder.WriteScript("plugin", Counting("\"expirationTimestamp\":\"2026-01-01T00:10:00Z\","));
        var credentials = Plugin("");

        Assert.Equal("token-1", (await FreshAsync(credentials)).Token);
        _folder.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal("token-1", (await FreshAsync(credentials)).Token);
        _folder.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("token-2", (await FreshAsync(credentials)).Token);
    }

    [Fact]
    public async Task It_is_run_again_when_the_api_server_refuses_what_it_gave_and_not_for_an_older_one()
    {
        _folder.WriteScript("plugin", Counting(""));
        var credentials = Plugin("");
        var first = await FreshAsync(credentials);

        await credentials.RefreshAsync(first, Cancellation);
        Assert.Equal("token-2", credentials.Current.Token);
        await credentials.RefreshAsync(first, Cancellation);
        Assert.Equal("token-2", credentials.Current.Token);
    }

    [Fact]
    public async Task The_same_token_again_is_the_same_credential()
    {
        _folder.WriteScript("plugin", Answering("""{"token":"one"}"""));
        var credentials = Plugin("");
        var first = await FreshAsync(credentials);

        await credentials.RefreshAsync(first, Cancellation);

        Assert.Same(first, credentials.Current);
    }

    [Fact]
    public async Task Many_callers_at_once_run_it_once()
    {
        // Nobody opens the other end before all have asked.
        _folder.WriteScript("plugin", $"read line < {_folder.PathOf("gate")}\n{Counting("")}");
        TemporaryFolder.MakePipe(_folder.PathOf("gate"));
        var credentials = Plugin("");
        Task[] callers = [.. Enumerable.Range(0, 20).Select(_ => credentials.RefreshAsync(null, Cancellation))];
        await File.WriteAllTextAsync(_folder.PathOf("gate"), "go\n", Cancellation);
        await Task.WhenAll(callers);

        Assert.Equal("token-1", credentials.Current.Token);
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_end_it_for_the_others()
    {
        _folder.WriteScript("plugin", $"read line < {_folder.PathOf("gate")}\n{Answering("""{"token":"late"}""")}");
        TemporaryFolder.MakePipe(_folder.PathOf("gate"));
        var credentials = Plugin("");
        using var hasty = new CancellationTokenSource();
        Task first = credentials.RefreshAsync(null, hasty.Token), second = credentials.RefreshAsync(null, Cancellation);
        await hasty.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await File.WriteAllTextAsync(_folder.PathOf("gate"), "go\n", Cancellation);
        await second;

        Assert.Equal("late", credentials.Current.Token);
    }

    [Fact]
    public async Task Arguments_variables_and_the_cluster_reach_it()
    {
        _folder.WriteScript("plugin", $"""
            printf '%s|' "$@" > {_folder.PathOf("arguments")}
            printf '%s' "$REGION" > {_folder.PathOf("region")}
            printf '%s' "$KUBERNETES_EXEC_INFO" > {_folder.PathOf("info")}
            if read line; then exit 1; fi
            {Answering("""{"token":"t"}""", V1)}
            """);
        var access = _folder.Good(ConfigFolder.Config(
            """
            server: https://dev
            tls-server-name: kubernetes
            proxy-url: http://proxy:3128
            extensions: [{name: other, extension: no}, {name: client.authentication.k8s.io/exec, extension: {audience: x, port: 7, on: true, no: null, quoted: "7"}}]
            """,
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [eks, '', a b], env: [{name: REGION, value: eu}], "
            + "interactiveMode: IfAvailable, provideClusterInfo: true}"));

        Assert.Equal("t", (await FreshAsync(access.Cluster.Credentials)).Token);

        Assert.Equal("eks||a b|", await File.ReadAllTextAsync(_folder.PathOf("arguments"), Cancellation));
        Assert.Equal("eu", await File.ReadAllTextAsync(_folder.PathOf("region"), Cancellation));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{
                 "server":"https://dev","tls-server-name":"kubernetes","proxy-url":"http://proxy:3128",
                 "config":{"audience":"x","port":7,"on":true,"no":null,"quoted":"7"}}}}
                """),
            JsonNode.Parse(await File.ReadAllTextAsync(_folder.PathOf("info"), Cancellation))));
    }

    [Fact]
    public async Task A_bare_command_is_looked_up_in_path_and_nowhere_else()
    {
        _folder.WriteScript("bin/login", Answering("""{"token":"t"}"""));
        _folder.WriteScript("login", Answering("""{"token":"of-the-working-directory"}"""));
        _folder.Variables["PATH"] = $"bin::{_folder.PathOf("nowhere")}:{_folder.PathOf("bin")}";

        Assert.Equal("t", (await FreshAsync(Plugin("", command: "login"))).Token);
    }

    [Fact]
    public async Task A_program_that_is_not_installed_brings_its_hint() => Assert.Equal(
        "config: context 'dev': user 'dev': exec.command names login, which is nowhere in PATH; Install it: brew install login",
        await ProblemAsync(Plugin("installHint: \"Install it:\\n  brew install login\\n\"", command: "login")));

    [Theory]
    [InlineData("exit 7", "ended with exit code 7; what it says of it is on standard error")]
    [InlineData("echo s3cret", "answers with something else than an ExecCredential in JSON")]
    [InlineData("echo '[]'", "must answer with an ExecCredential of client.authentication.k8s.io/v1beta1")]
    [InlineData("echo '{\"kind\":7}'", "answers with something else than an ExecCredential in JSON")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'", "must answer with an ExecCredential of client.authentication.k8s.io/v1beta1")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}'", "answers without a status")]
    [InlineData("status {}", "answers with neither a token nor a certificate")]
    [InlineData("status {\"token\":\"s3cret \"}", "answers with a token that holds blanks or other characters that no token has")]
    [InlineData("status {\"clientKeyData\":\"s3cret\"}", "answers with only one of clientCertificateData and clientKeyData")]
    [InlineData("status {\"clientKeyData\":\"s3cret\",\"clientCertificateData\":\"x\"}", "gives a certificate and a key that are not PEM or do not belong together")]
    [InlineData("status {\"token\":\"s3cret\",\"expirationTimestamp\":\"soon\"}", "answers with an expirationTimestamp that is not a time as in 2026-01-31T10:00:00Z")]
    [InlineData("head -c 3000000 /dev/zero", "says more than 1048576 characters")]
    public async Task What_goes_wrong_is_one_line_without_its_output(string script, string problem)
    {
        _folder.WriteScript("plugin", script.StartsWith("status ", StringComparison.Ordinal) ? Answering(script["status ".Length..]) : script);

        Assert.Equal($"config: context 'dev': user 'dev': exec.command plugin {problem}", await ProblemAsync(Plugin("")));
    }

    [Fact]
    public async Task A_file_that_is_no_program_cannot_be_started()
    {
        _folder.Write("plugin", "not executable");

        Assert.Equal("config: context 'dev': user 'dev': exec.command plugin cannot be started", await ProblemAsync(Plugin("")));
    }

    [Fact]
    public async Task After_a_failure_it_is_run_again()
    {
        _folder.WriteScript("plugin", "exit 1");
        var credentials = Plugin("");
        await ProblemAsync(credentials);
        _folder.WriteScript("plugin", Answering("""{"token":"t"}"""));

        Assert.Equal("t", (await FreshAsync(credentials)).Token);
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_ended()
    {
        _folder.WriteScript("plugin", "exec sleep 1000000");
        var credentials = Plugin("");
        var running = credentials.RefreshAsync(null, Cancellation);
        await _folder.Time.IsWaitedForAsync(ExecCredentials.Longest);

        _folder.Time.Advance(ExecCredentials.Longest);
        await running;

        Assert.EndsWith("plugin has not ended after 60 s", credentials.Current.Problem, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Answering(string status, string version = V1Beta1) =>
        "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + version + "\",\"status\":" + status + "}'";

    /// <summary>Gives token-1, token-2 and so on.</summary>
    private string Counting(string fields) =>
        $"echo x >> {_folder.PathOf("runs")}\n"
        + "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + V1Beta1 + "\",\"status\":{" + fields + "\"token\":\"token-'$(wc -l < "
        + _folder.PathOf("runs") + ")'\"}}'";

    private IApiCredentials Plugin(string more, string version = V1Beta1, string command = "./plugin") => _folder.Good(ConfigFolder.Config(
        "server: https://dev", $"exec:\n  apiVersion: {version}\n  command: {command}\n  interactiveMode: IfAvailable\n  {more}")).Cluster.Credentials;

    private static async Task<ApiCredential> FreshAsync(IApiCredentials credentials)
    {
        await credentials.RefreshAsync(null, Cancellation);
        Assert.Equal("", credentials.Current.Problem);
        return credentials.Current;
    }

    private async Task<string> ProblemAsync(IApiCredentials credentials)
    {
        await credentials.RefreshAsync(null, Cancellation);
        Assert.Null(credentials.Current.Token);
        return credentials.Current.Problem.Replace(_folder.Root + "/", "", StringComparison.Ordinal);
    }
}
