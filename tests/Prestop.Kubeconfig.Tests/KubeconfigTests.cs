using System.Net;
using System.Text;
using Prestop.Testing;
using Xunit;

namespace Prestop.Kubeconfig.Tests;

public sealed class KubeconfigTests : IDisposable
{
    private const string Server = "server: https://dev.example.com:6443";

    private static readonly string Authority = ServerIdentity.Good.AuthorityPem;

    private readonly ConfigFolder _folder = new();

    [Fact]
    public void The_current_context_is_read()
    {
        var access = _folder.Good(ConfigFolder.Config(
            $"{Server}\ncertificate-authority-data: {Base64(Authority)}\ntls-server-name: kubernetes", "token: s3cret", "namespace: shop"));

        Assert.Equal(("dev", "shop"), (access.Context, access.Namespace));
        Assert.Equal("https://dev.example.com:6443/", access.Cluster.Address.ToString());
        Assert.Equal("kubernetes", access.Cluster.ServerName);
        Assert.Single(access.Cluster.Authorities!);
        Assert.False(access.Cluster.SkipsVerification);
        Assert.Equal("s3cret", access.Cluster.Credentials.Current.Token);
        Assert.Equal("prestopd", access.Cluster.UserAgent);
    }

    [Theory]
    [InlineData("https://h", "https://h/")]
    [InlineData("https://rancher.example.com/k8s/clusters/c-1", "https://rancher.example.com/k8s/clusters/c-1/")]
    [InlineData("https://[fd00::1]:6443/", "https://[fd00::1]:6443/")]
    public void A_path_of_the_server_is_kept(string server, string address) =>
        Assert.Equal(address, _folder.Good(ConfigFolder.Config($"server: {server}")).Cluster.Address.ToString());

    [Fact]
    public void Paths_are_relative_to_the_file_that_names_them()
    {
        _folder.Write("a/ca.crt", Authority);
        _folder.Write("b/token", "from-file\n");
        var first = _folder.Write("a/config", """
            current-context: one
            clusters: [{name: c, cluster: {server: "https://c", certificate-authority: ca.crt}}]
            contexts: [{name: one, context: {cluster: c, user: u}}]
            """);
        var second = _folder.Write("b/config", """users: [{name: u, user: {tokenFile: ../b/token}}]""");
        _folder.Variables["KUBECONFIG"] = $"{first}::{_folder.PathOf("not-there")}:{second}";

        var access = _folder.Load(null, out var problem);

        Assert.Equal("", problem);
        Assert.Single(access!.Cluster.Authorities!);
        Assert.Equal("from-file", access.Cluster.Credentials.Current.Token);
    }

    [Fact]
    public async Task A_token_file_is_read_again()
    {
        _folder.Write("token", "first");
        var credentials = _folder.Good(ConfigFolder.Config(Server, "tokenFile: token\ntoken: beside-it")).Cluster.Credentials;
        Assert.Equal("first", credentials.Current.Token);

        _folder.Write("token", "second");
        await credentials.RefreshAsync(credentials.Current, TestContext.Current.CancellationToken);

        Assert.Equal("second", credentials.Current.Token);
    }

    [Fact]
    public void A_token_stands_in_for_its_file_while_that_is_not_there() =>
        Assert.Equal("beside-it", _folder.Good(ConfigFolder.Config(Server, "tokenFile: nowhere\ntoken: beside-it")).Cluster.Credentials.Current.Token);

    [Fact]
    public void Of_two_files_the_first_has_its_say_entry_by_entry()
    {
        var first = _folder.Write("1", """
            clusters: [{name: c, cluster: {server: "https://first"}}]
            users: [{name: u, user: {}}]
            """);
        var second = _folder.Write("2", """
            current-context: two
            clusters: [{name: c, cluster: {server: "https://second", insecure-skip-tls-verify: true}}]
            users: [{name: u, user: {token: of-the-second}}]
            contexts: [{name: two, context: {cluster: c, user: u}}]
            """);
        _folder.Variables["KUBECONFIG"] = $"{first}:{second}";

        var access = _folder.Load(null, out _)!;

        Assert.Equal("https://first/", access.Cluster.Address.ToString());
        Assert.False(access.Cluster.SkipsVerification);
        Assert.Null(access.Cluster.Credentials.Current.Token);
    }

    [Fact]
    public void Without_a_variable_it_is_the_file_below_home()
    {
        _folder.Write(".kube/config", ConfigFolder.Config(Server));
        _folder.Variables["HOME"] = _folder.Root;

        Assert.Equal("dev", _folder.Load(null, out _)?.Context);
    }

    [Fact]
    public void Another_context_may_be_asked_for()
    {
        _folder.Context = "other";
        var text = ConfigFolder.Config(Server) + "\n- name: other\n  context: {cluster: dev, namespace: lab}";

        var access = _folder.Good(text);

        Assert.Equal(("other", "lab"), (access.Context, access.Namespace));
    }

    [Fact]
    public void A_kubeconfig_may_be_json()
    {
        var access = _folder.Good("""
            {"kind":"Config","current-context":"a","clusters":[{"name":"c","cluster":{"server":"https://c"}}],
             "contexts":[{"name":"a","context":{"cluster":"c"}}]}
            """);

        Assert.Equal("https://c/", access.Cluster.Address.ToString());
    }

    [Fact]
    public void An_anchor_stands_for_what_it_marks()
    {
        var access = _folder.Good($"""
            current-context: a
            clusters: [&one {"{"}name: c, cluster: &body {"{"}server: "https://c"{"}"}{"}"}, {"{"}name: d, cluster: *body{"}"}]
            contexts: [{"{"}name: a, context: {"{"}cluster: d{"}"}{"}"}]
            """);

        Assert.Equal("https://c/", access.Cluster.Address.ToString());
    }

    [Fact]
    public void A_client_certificate_is_read_with_its_key()
    {
        var (certificate, key) = CertificateMaker.SelfSignedPem("admin");
        _folder.Write("client.key", key);

        var access = _folder.Good(ConfigFolder.Config(Server, $"client-certificate-data: {Base64(certificate)}\nclient-key: client.key"));

        Assert.Equal("CN=admin", access.Cluster.Credentials.Current.Certificate?.TargetCertificate.Subject);
    }

    [Theory]
    [InlineData("http://proxy:3128", "http://proxy:3128/", null)]
    [InlineData("socks5://user:p%40ss@proxy:1080", "socks5://proxy:1080/", "p@ss")]
    public void A_proxy_is_taken_with_its_credentials(string url, string address, string? password)
    {
        var proxy = (WebProxy)_folder.Good(ConfigFolder.Config($"{Server}\nproxy-url: {url}")).Cluster.Proxy!;

        Assert.Equal(address, proxy.Address?.ToString());
        Assert.Equal(password, (proxy.Credentials as NetworkCredential)?.Password);
    }

    [Theory]
    [InlineData("server: dev.example.com", "", "server must be an address such as https://cluster.example.com:6443")]
    [InlineData("server: ftp://dev", "", "server must be an address such as https://cluster.example.com:6443")]
    [InlineData("server: https://joe:s3cret@dev", "", "server must be an address without user, query or fragment")]
    [InlineData("server: [https://a]", "", "server must be text")]
    [InlineData("insecure-skip-tls-verify: true", "", "server is not set")]
    [InlineData("server: http://dev", "token: s3cret", "server begins with http://, and the user's credentials would be sent for everybody to read; use https://")]
    [InlineData("server: http://dev", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: s3cret}", "server begins with http://, and the user's credentials would be sent for everybody to read; use https://")]
    [InlineData("server: https://dev\ninsecure-skip-tls-verify: yes", "", "insecure-skip-tls-verify must be true or false")]
    [InlineData("server: https://dev\ninsecure-skip-tls-verify: \"true\"", "", "insecure-skip-tls-verify must be true or false")]
    [InlineData("server: https://dev\ncertificate-authority-data: s3cret!", "", "certificate-authority-data is not base64")]
    [InlineData("server: https://dev\ncertificate-authority-data: czNjcmV0", "", "certificate-authority-data holds no certificate; it must be a PEM bundle")]
    [InlineData("server: https://dev\ncertificate-authority: nowhere", "", "certificate-authority names nowhere, which does not exist")]
    [InlineData("server: https://dev\nproxy-url: ftp://u:s3cret@p", "", "proxy-url must begin with http://, https:// or socks5://")]
    public void A_mistake_in_a_cluster_names_file_context_and_field(string cluster, string user, string problem) =>
        Assert.Equal($"config: context 'dev': cluster 'dev': {problem}", _folder.Problem(ConfigFolder.Config(cluster, user)));

    [Fact]
    public void Verification_is_either_on_or_off() => Assert.Equal(
        "config: context 'dev': cluster 'dev': insecure-skip-tls-verify is true although certificate-authority-data is set: the server is either verified or not",
        _folder.Problem(ConfigFolder.Config($"{Server}\ninsecure-skip-tls-verify: true\ncertificate-authority-data: {Base64(Authority)}")));

    [Theory]
    [InlineData("token: s3cret one", "token is not a token: it holds blanks or other characters that no token has")]
    [InlineData("token: {a: s3cret}", "token must be text")]
    [InlineData("tokenFile: nowhere", "tokenFile gives no token: nowhere does not exist")]
    [InlineData("username: joe\npassword: s3cret", "username is not read: Kubernetes 1.19 took basic authentication out; use a token, a client certificate or exec")]
    [InlineData("auth-provider: {name: oidc, config: {id-token: s3cret}}", "auth-provider is not read: use exec")]
    [InlineData("as: joe\ntoken: s3cret", "as is not read: requests would be made with the rights of the user itself; use credentials of the one that is meant")]
    [InlineData("client-key-data: czNjcmV0", "client-key-data is set without client-certificate or client-certificate-data")]
    [InlineData("client-certificate-data: czNjcmV0", "client-certificate-data is set without client-key or client-key-data")]
    [InlineData("client-certificate-data: czNjcmV0\nclient-key-data: czNjcmV0", "client-certificate-data and client-key-data are not a PEM certificate and its unencrypted PEM key")]
    [InlineData("client-key-data: s3cret!\nclient-certificate-data: czNjcmV0", "client-key-data is not base64")]
    [InlineData("exec: {command: x}", "exec.apiVersion must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "exec.apiVersion must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1}", "exec.command is not set")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x}", "exec.interactiveMode is not set; with v1 it must be Never, IfAvailable or Always")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "exec.interactiveMode is Always, and this program gives its plugins no terminal")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never, env: [s3cret]}", "exec.env must be a list of name and value")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never, args: [{a: s3cret}]}", "exec.args must be a list of texts")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never}\ntoken: s3cret", "exec is set beside a token or a client certificate; keep one of them")]
    [InlineData("exec: s3cret", "exec must hold fields")]
    public void A_mistake_in_a_user_names_file_context_and_field(string user, string problem) =>
        Assert.Equal($"config: context 'dev': user 'dev': {problem}", _folder.Problem(ConfigFolder.Config(Server, user)));

    [Theory]
    [InlineData("", "config: no current-context is set; name the context")]
    [InlineData("clusters: []", "config: no current-context is set; name the context")]
    [InlineData("current-context: a\ncontexts: [{name: b, context: {}}, {name: c}]", "config: there is no context 'a'; there are: b, c")]
    [InlineData("current-context: a\ncontexts: [{name: a}]", "config: context 'a': cluster names no cluster that is there; there are: none")]
    [InlineData("current-context: a\nclusters: [{name: c}]\ncontexts: [{name: a, context: {cluster: c, user: joe}}]", "config: context 'a': user names no user that is there; there are: none")]
    [InlineData("- s3cret", "config: this is no kubeconfig: it must hold fields such as clusters, users and contexts")]
    [InlineData("kind: Secret", "config: kind is Secret; a kubeconfig's is Config")]
    [InlineData("users: [{name: u}, {name: u}]", "config: user 'u' is there twice; which of the two is meant?")]
    [InlineData("users: [{user: {token: s3cret}}]", "config: an item of users has no name")]
    [InlineData("users: [{name: u, user: s3cret}]", "config: user 'u': user must hold fields")]
    [InlineData("users: s3cret", "config: file 'config': users must be a list")]
    [InlineData("a: b\na: s3cret", "config: line 2: field a is there twice")]
    [InlineData("a: b\n<<: {c: d}", "config: line 2: merge keys (<<) are not read; write the fields out")]
    [InlineData("a: *s3cret", "config: line 1: nothing has this anchor yet")]
    [InlineData("a: &x [*x]", "config: line 1: nothing has this anchor yet")]
    [InlineData("a: b\n---\nc: s3cret", "config: line 2: a second document begins; there must be one")]
    [InlineData("a: [s3cret", "config: line 2: this is not YAML")]
    [InlineData("? [s3cret]\n: a", "config: line 1: the name of a field must be a word")]
    public void A_mistake_in_the_file_names_it_and_quotes_no_secret(string text, string problem) => Assert.Equal(problem, _folder.Problem(text));

    [Fact]
    public void What_is_too_deep_is_not_read() =>
        Assert.Equal("config: line 1: deeper than 32 levels", _folder.Problem($"a: {new string('[', 5000)}{new string(']', 5000)}"));

    [Fact]
    public void Aliases_of_aliases_are_not_written_out()
    {
        var text = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 30; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Assert.Equal("config: no current-context is set; name the context", _folder.Problem(text.ToString()));
        text.Append(ConfigFolder.Config(
            $"{Server}\nextensions: [{{name: client.authentication.k8s.io/exec, extension: *a29}}]",
            "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, provideClusterInfo: true}"));
        Assert.Equal("config: context 'dev': cluster 'dev': extensions hold more than 10000 values", _folder.Problem(text.ToString()));
    }

    [Fact]
    public void A_file_that_was_named_must_be_there()
    {
        Assert.Null(_folder.Load(_folder.PathOf("nowhere"), out var problem));
        Assert.Equal($"{_folder.PathOf("nowhere")} does not exist", problem);
    }

    [Fact]
    public void Of_those_that_were_not_named_one_must_be_there()
    {
        _folder.Variables["KUBECONFIG"] = "/nowhere/a:/nowhere/b";

        Assert.Null(_folder.Load(null, out var problem));
        Assert.Equal("/nowhere/a:/nowhere/b does not exist; name a kubeconfig file, or set KUBECONFIG", problem);
    }

    [Fact]
    public void Without_a_home_the_problem_says_what_to_do()
    {
        Assert.Null(_folder.Load(null, out var problem));
        Assert.Equal("neither KUBECONFIG nor HOME is set; name a kubeconfig file", problem);
    }

    public void Dispose() => _folder.Dispose();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
