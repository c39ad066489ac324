using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Isolation;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>Pods and what is known of them.</summary>
internal static class Views
{
    public const string Ourselves = "system:serviceaccount:prestop:prestopd";

    public static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Drain = TimeSpan.FromSeconds(45);
    public static readonly TimeSpan SurgeTimeout = TimeSpan.FromSeconds(60);
    public static readonly Interception Rules = new(Ourselves, SurgeTimeout);
    public static readonly DrainPolicy Policy = new(DrainMode.Intercept, Drain, SurgeWish.Unsaid);

    /// <summary>A pod that runs and is ready.</summary>
    public static JsonNode PodJson(string owner = "", params (string Name, string Value)[] labels)
    {
        var pod = JsonNode.Parse("""
            {"metadata": {"name": "web-1", "namespace": "rec", "uid": "u1", "resourceVersion": "7", "labels": {}}, "spec": {}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
            """)!;
        foreach (var (name, value) in labels)
        {
            pod["metadata"]!["labels"]![name] = value;
        }

        if (owner.Length > 0)
        {
            pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = owner, ["name"] = "web", ["uid"] = "o1", ["controller"] = true });
        }

        return pod;
    }

    /// <summary>A pod of a Deployment.</summary>
    public static JsonNode OfDeployment() => PodJson("ReplicaSet", ("app", "web"), ("pod-template-hash", "5d8c"));

    public static Pod Pod(JsonNode pod) => Prestop.Kubernetes.Objects.Pod.Resource.Parse(Encoding.UTF8.GetBytes(pod.ToJsonString()));

    /// <summary>The same pod after a merge patch.</summary>
    public static JsonNode Patched(JsonNode pod, JsonObject patch)
    {
        var patched = PatchedJson.Merge(pod, patch)!;
        patched["metadata"]!["resourceVersion"] = $"{int.Parse((string)pod["metadata"]!["resourceVersion"]!) + 1}";
        return patched;
    }

    public static Service Service(params (string Name, string Value)[] selector)
    {
        var labels = new JsonObject(selector.Select(label => KeyValuePair.Create(label.Name, (JsonNode?)label.Value)));
        return Prestop.Kubernetes.Objects.Service.Resource.Parse(Encoding.UTF8.GetBytes(
            $$"""{"metadata": {"name": "web", "namespace": "rec"}, "spec": {"ports": [{"port": 80}], "selector": {{labels.ToJsonString()}} } }"""));
    }

    public static PodDisruptionBudget Budget(int allowed, string limit = "\"minAvailable\": 1", bool isCurrent = true, string name = "web", string selector = """{"matchLabels": {"app": "web"}}""", int version = 3,
        IEnumerable<string>? disrupted = null) =>
        PodDisruptionBudget.Resource.Parse(Encoding.UTF8.GetBytes(
            $$"""
            {"metadata": {"name": "{{name}}", "namespace": "rec", "uid": "b1", "resourceVersion": "{{version}}", "generation": 2},
             "spec": {"selector": {{selector}}, {{limit}}},
             "status": {"disruptedPods": { {{string.Join(", ", (disrupted ?? []).Select(pod => $"\"{pod}\": \"2026-11-21T10:00:00Z\""))}} }, "observedGeneration": {{(isCurrent ? 2 : 1)}}, "disruptionsAllowed": {{allowed}}, "currentHealthy": {{allowed + 1}}, "desiredHealthy": 1} }
            """));

    /// <summary>A pod that one Service selects by its label <c>app</c>.</summary>
    public static PodInView View(JsonNode pod, params IReadOnlyList<PodDisruptionBudget> budgets) =>
        new(Pod(pod), Policy, false, [Service(("app", (string?)pod["metadata"]!["labels"]!["app"] ?? "web"))], budgets, null, null);

    /// <summary>Somebody's DELETE of a pod.</summary>
    public static AdmissionRequest Delete(JsonNode pod, string user = "admin") =>
        Request(AdmissionSubject.DeletePod, pod, user, """{"gracePeriodSeconds": 30, "propagationPolicy": "Background"}""");

    /// <summary>Somebody's eviction of a pod.</summary>
    public static AdmissionRequest Evict(JsonNode pod, string options = "{}") => Request(AdmissionSubject.EvictPod, pod, "admin", options);

    private static AdmissionRequest Request(AdmissionSubject subject, JsonNode pod, string user, string options)
    {
        using var document = JsonDocument.Parse(options);
        return new AdmissionRequest
        {
            Uid = "r1",
            Subject = subject,
            Namespace = (string)pod["metadata"]!["namespace"]!,
            Name = (string)pod["metadata"]!["name"]!,
            User = user,
            Groups = [],
            IsDryRun = false,
            Options = Prestop.Kubernetes.Client.DeleteOptions.Read(document.RootElement),
            Pod = default,
        };
    }
}
