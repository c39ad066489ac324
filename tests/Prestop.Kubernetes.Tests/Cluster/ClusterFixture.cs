using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestop.Testing.Cluster;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>A cluster on a clock that stands still, with webhooks that answer as a test tells them.</summary>
public abstract class ClusterFixture : IAsyncDisposable
{
    private protected ClusterFixture()
    {
        Cluster = new LoopbackCluster(Clock, (call, _) =>
        {
            Calls.Add(call.Address);
            var request = JsonNode.Parse(call.Body).At("request")!;
            var response = Webhook(request);
            response["uid"] = request["uid"]!.DeepClone();
            return Task.FromResult(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["response"] = response }.ToJsonString()));
        });
    }

    private protected FakeClock Clock { get; } = new();

    private protected LoopbackCluster Cluster { get; }

    /// <summary>What the webhooks answer.</summary>
    private protected Func<JsonNode, JsonObject> Webhook { get; set; } = _ => new JsonObject { ["allowed"] = true };

    /// <summary>Where they were called.</summary>
    private protected List<Uri> Calls { get; } = [];

    private protected static JsonObject Deny(int code, string reason, string message, int? seconds = null)
    {
        var status = new JsonObject { ["code"] = code, ["reason"] = reason, ["message"] = message };
        if (seconds is not null)
        {
            status["details"] = new JsonObject { ["retryAfterSeconds"] = seconds };
        }

        return new JsonObject { ["allowed"] = false, ["status"] = status };
    }

    private protected static JsonObject Patch(params JsonNode[] operations) => new()
    {
        ["allowed"] = true,
        ["patchType"] = "JSONPatch",
        ["patch"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(new JsonArray(operations).ToJsonString())),
    };

    /// <summary>A pod that runs on node-1 and is ready, after a merge patch.</summary>
    private protected JsonObject Pod(string name, string patch = "{}") => Cluster.Put(PatchedJson.Merge(
        JsonNode.Parse($$"""
            {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "rec", "labels": {"app": "web"} }, "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
             "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
            """),
        JsonNode.Parse(patch))!.ToJsonString());

    /// <summary>A webhook for everything that is done to pods.</summary>
    private protected void Configure(ApiKind kind, string name = "pods.prestop.example", string more = "") => Cluster.Put($$"""
        {"kind": "{{kind.Kind}}", "metadata": {"name": "{{name}}"}, "webhooks": [{"name": "{{name}}", "failurePolicy": "Ignore", "timeoutSeconds": 5,
          "clientConfig": {"service": {"namespace": "prestop", "name": "prestopd", "path": "/{{name}}"} },
          "rules": [{"operations": ["CREATE", "DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods", "pods/eviction"]}] {{more}} }]}
        """);

    private protected Task<ApiAnswer> DeleteAsync(string pod, string options = "{}", ApiUser? user = null) =>
        Cluster.SendAsync(user ?? ApiUser.Admin, "DELETE", $"/api/v1/namespaces/rec/pods/{pod}", JsonFields.Object(options));

    private protected Task<ApiAnswer> EvictAsync(string pod, string options = "", string query = "") => Cluster.SendAsync(
        ApiUser.Admin,
        "POST",
        $"/api/v1/namespaces/rec/pods/{pod}/eviction{query}",
        JsonFields.Object($$"""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "{{pod}}"} {{options}} }"""));

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Cluster.DisposeAsync();
    }
}
