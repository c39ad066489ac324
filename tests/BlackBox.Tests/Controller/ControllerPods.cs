using System.Net;
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
    private readonly List<ControllerReplica> _replicas = [];

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

    /// <summary>More of the replicas' environment.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public IReadOnlyList<ControllerReplica> Replicas => _replicas;

    /// <summary>The reviews so far of what others than the replicas did.</summary>
    public IEnumerable<Review> Reviews => Cluster.Admission.Reviews.Where(review => review.Request.Text("namespace") == Namespace);

    /// <summary>Starts a replica, which is one of the Service's from the moment at which it is ready.</summary>
    public async Task<ControllerReplica> StartAsync(params string[] options)
    {
        var replica = await StartApartAsync(options);
        Publish();
        return replica;
    }

    /// <summary>Starts a replica that is not one of the Service's before <see cref="Publish"/>.</summary>
    public async Task<ControllerReplica> StartApartAsync(params string[] options)
    {
        var replica = ControllerReplica.Start(Cluster, _folder, Token, $"prestopd-{_replicas.Count}", ["--notice", "1s", .. options], Variables);
        _replicas.Add(replica);
        await replica.UntilReadyAsync();
        return replica;
    }

    /// <summary>All replicas are the Service's.</summary>
    public void Publish() => Cluster.Backends[Host] = [.. _replicas.Select(replica => new IPEndPoint(IPAddress.Loopback, replica.Port))];

    /// <summary>A replica is killed, and is one of the Service's no more.</summary>
    public async Task KillAsync(ControllerReplica replica)
    {
        await replica.Process.SignalAsync(Signal.Kill);
        await replica.Process.ExitAsync();
        await LeaveAsync(replica);
    }

    /// <summary>A replica is one of the Service's no more.</summary>
    public async Task LeaveAsync(ControllerReplica replica)
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

    public Task<ApiAnswer> DeleteAsync(string pod, ApiUser? user = null) => Cluster.DeletePodAsync(Namespace, pod, user);

    public Task<ApiAnswer> EvictAsync(string pod) => Cluster.EvictPodAsync(Namespace, pod);

    /// <summary>Waits until something holds, looking again with each change of the cluster.</summary>
    public Task UntilAsync(Func<bool> holds) => Cluster.UntilAsync(holds, TestContext.Current.CancellationToken);

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
          "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "{{path}}"} }, "rules": [{{rules}}]},
          {"name": "verify.pods.prestop.example", "failurePolicy": "Fail", "timeoutSeconds": 5, "sideEffects": "None", "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "prestop"} },
          "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "{{path}}"} },
          "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/eviction"]}],
          "matchConditions": [{"name": "of-no-pod", "expression": "request.name == \"prestop-verify-{{kind.Split("Webhook")[0].ToLowerInvariant()}}\""}]}]}
        """);
}
