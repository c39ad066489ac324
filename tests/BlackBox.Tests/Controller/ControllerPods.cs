using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>
/// A cluster on real time, and replicas of <c>prestopd controller</c> in it, each alone in an empty root with a service account's token, as in a pod. The API server calls them
/// over TLS, and trusts what their caBundle says.
/// </summary>
internal sealed class ControllerPods : IAsyncDisposable
{
    public const string Namespace = "rec";

    private const string Host = "prestop-controller.prestop.svc";

    // A JSON Web Token that says so; its signature is nobody's.
    private const string Token = "e30.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6cHJlc3RvcDpwcmVzdG9wZCJ9.x";

    private readonly TemporaryFolder _folder = new();
    private readonly List<Replica> _replicas = [];

    public ControllerPods()
    {
        Cluster = new LoopbackCluster(TimeProvider.System);
        Cluster.Users[Token] = ApiUser.ServiceAccount("prestop", "prestopd");
        Cluster.Put("""{"kind": "Namespace", "metadata": {"name": "prestop"} }""");
        Cluster.Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]} }""");
        Configure("MutatingWebhookConfiguration", "/mutate/pods", """{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}""");
        Configure("ValidatingWebhookConfiguration", "/validate/pods", """
            {"operations": ["DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}, {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/eviction"]}
            """);
    }

    public LoopbackCluster Cluster { get; }

    public IReadOnlyList<Replica> Replicas => _replicas;

    /// <summary>Starts a replica, which is one of the Service's from the moment at which it is ready.</summary>
    public async Task<Replica> StartAsync(params string[] options)
    {
        var port = NginxServer.FreePort();
        const string account = "/var/run/secrets/kubernetes.io/serviceaccount";
        var child = new EmptyRoot
        {
            AsPid1 = true,
            Environment = new()
            {
                ["KUBERNETES_SERVICE_HOST"] = Cluster.Https.Host,
                ["KUBERNETES_SERVICE_PORT"] = Cluster.Https.Port.ToString(CultureInfo.InvariantCulture),
                ["POD_NAME"] = $"prestopd-{_replicas.Count}",
            },
            Files = new()
            {
                [$"{account}/token"] = _folder.Write("token", Token),
                [$"{account}/namespace"] = _folder.Write("namespace", "prestop"),
                [$"{account}/ca.crt"] = _folder.Write("ca.crt", LoopbackCluster.AuthorityPem),
            },
        }.Run("prestopd", ["controller", "--port", port.ToString(CultureInfo.InvariantCulture), "--delivery", "native-sleep", "--notice", "1s", .. options]);
        var replica = new Replica(child, port);
        _replicas.Add(replica);
        await replica.UntilReadyAsync();
        Publish();
        return replica;
    }

    /// <summary>A replica is killed, and is one of the Service's no more.</summary>
    public async Task KillAsync(Replica replica)
    {
        await replica.Process.SignalAsync(Signal.Kill);
        await replica.Process.ExitAsync();
        await LeaveAsync(replica);
    }

    /// <summary>A replica is one of the Service's no more.</summary>
    public async Task LeaveAsync(Replica replica)
    {
        _replicas.Remove(replica);
        Publish();
        await replica.DisposeAsync();
    }

    /// <summary>A pod that runs and is ready.</summary>
    public JsonObject PutPod(string name) => Cluster.Put($$"""
        {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "rec", "labels": {"app": "web"} }, "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
         "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
        """);

    public JsonObject? Pod(string name) => Cluster.Store.Find(ApiKind.Pod, Namespace, name);

    public Task<ApiAnswer> DeleteAsync(string pod, ApiUser? user = null) =>
        Cluster.SendAsync(user ?? ApiUser.Admin, "DELETE", $"/api/v1/namespaces/rec/pods/{pod}", JsonFields.Object("""{"propagationPolicy": "Background"}"""));

    public Task<ApiAnswer> EvictAsync(string pod) => Cluster.SendAsync(
        ApiUser.Admin,
        "POST",
        $"/api/v1/namespaces/rec/pods/{pod}/eviction",
        JsonFields.Object($$"""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "{{pod}}"} }"""));

    /// <summary>Waits until something holds, looking again with each change of the cluster.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        var changed = new SemaphoreSlim(0);
        void Tell() => changed.Release();
        Cluster.Store.Changed += Tell;
        try
        {
            while (!holds())
            {
                await changed.WaitAsync(TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            Cluster.Store.Changed -= Tell;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await Cluster.DisposeAsync();
        _folder.Dispose();
    }

    private void Configure(string kind, string path, string rules) => Cluster.Put($$"""
        {"kind": "{{kind}}", "metadata": {"name": "prestop"}, "webhooks": [{"name": "pods.prestop.example", "failurePolicy": "Ignore", "timeoutSeconds": 5, "sideEffects": "NoneOnDryRun",
          "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "rec"} },
          "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "{{path}}"} }, "rules": [{{rules}}]}]}
        """);

    private void Publish() => Cluster.Backends[Host] = [.. _replicas.Select(replica => new IPEndPoint(IPAddress.Loopback, replica.Port))];

    /// <summary>One replica.</summary>
    /// <param name="process">The program.</param>
    /// <param name="port">Where it listens.</param>
    internal sealed class Replica(Child process, int port) : IAsyncDisposable
    {
        private readonly HttpClient _http = NewClient(port);

        public Child Process => process;

        public int Port => port;

        public async Task<(int Status, string Body)> GetAsync(string path)
        {
            using var answer = await _http.GetAsync(path, TestContext.Current.CancellationToken);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        public async Task<(int Status, string Body)> PostAsync(string path, string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(path, content, TestContext.Current.CancellationToken);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        public async Task UntilReadyAsync()
        {
            await process.WaitForLineAsync("prestopd controller started");
            while ((await GetAsync("readyz")).Status != 200)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await process.DisposeAsync();
        }

        /// <summary>As a kubelet's probes: any certificate will do.</summary>
        private static HttpClient NewClient(int port)
        {
            var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
            return new HttpClient(handler) { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}/")) };
        }
    }
}
