using System.Text.Json;
using Prestop.Kubeconfig;
using Prestopd.Controller;
using Prestopd.Controller.Audit;
using Xunit;

namespace Prestopd.Tests.Controller.Audit;

public sealed class AuditRulesTests
{
    private const string Service = """
        ---
        {kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
        """;

    private const string Sleep = "lifecycle: {preStop: {sleep: {seconds: 15}}}";

    /// <summary>Another Deployment with pods that the same Service and budget select.</summary>
    private const string Second =
        "\n---\n{kind: Deployment, metadata: {name: web-2}, spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, " + Sleep + "}]}}}}";

    /// <summary>Each rule with manifests that trip it and manifests that do not.</summary>
    public static TheoryData<string, string, string> Manifests => new()
    {
        { "no-hook", Deployment(""), Deployment(Sleep) },
        { "no-hook", Deployment("ports: [{containerPort: 8080}]", more: ", {name: log, image: log}"), Deployment($"ports: [{{containerPort: 8080}}], {Sleep}", more: ", {name: log, image: log}") },
        { "no-hook", Deployment(""), Deployment("", annotations: "prestop/mode: inject") },
        { "no-hook", Deployment(""), Deployment("", annotations: "prestop/mode: 'off'") },
        { "no-hook", Deployment("", annotations: "prestop/mode: injekt"), Deployment("", annotations: "prestop/mode: intercept") },
        { "no-hook", Deployment(Sleep, spec: Proxy("")), Deployment("", spec: Proxy(Sleep)) },
        { "no-hook", Deployment(""), Deployment("", labels: "app: other") + "\n---\n{kind: Pod, metadata: {name: p, labels: {app: web}}, spec: {containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}}" },
        { "hook-cannot-run", Deployment(Exec("['sleep 60']")), Deployment(Exec("[sleep, '20']")) },
        { "hook-cannot-run", Deployment(Exec("[sleep, '20']"), image: "gcr.io/distroless/static"), Deployment(Exec("[sleep, '20']"), image: "gcr.io/distroless/base:debug") },
        { "hook-cannot-run", Deployment(Exec("[/bin/sh, -c, 'sleep 20']"), image: "cgr.dev/chainguard/nginx:latest"), Deployment(Exec("[/bin/sh, -c, 'sleep 20']"), image: "cgr.dev/chainguard/nginx:latest-dev") },
        { "grace-too-short", Deployment(Exec("[sleep, '30']")), Deployment(Exec("[sleep, '28']")) },
        { "grace-too-short", Deployment(Exec("[sh, -c, 'sleep 1m; kill 1']")), Deployment(Exec("[sh, -c, 'sleep 1m; kill 1']"), spec: "terminationGracePeriodSeconds: 90,") },
        { "grace-too-short", Deployment("lifecycle: {preStop: {sleep: {seconds: 10}}}", spec: "terminationGracePeriodSeconds: 10,"), Deployment(Sleep) },
        { "grace-too-short", Deployment(Exec("[/prestop/prestop, --max, 45s, 'idle://:8080']")), Deployment(Exec("[/prestop/prestop, 'idle://:8080']")) },
        { "grace-too-short", Deployment(Exec("[prestop, --max=45s, 'idle://:8080']")), Deployment(Exec("[prestop, 5s, 10s]")) },
        { "ports-not-watched", Deployment(Exec("[prestop, 'idle://:9090']")), Deployment(Exec("[prestop, 'idle://:9090,8080']")) },
        { "never-quiet", Deployment($"{Exec("[prestop, --quiet, 5s, 'idle://:8080']")}, readinessProbe: {{httpGet: {{port: 8080}}, periodSeconds: 5}}"), Deployment($"{Exec("[prestop, 'idle://:8080']")}, readinessProbe: {{httpGet: {{port: 8080}}, periodSeconds: 5}}") },
        { "never-quiet", Deployment($"{Exec("[prestop, --quiet, 10s, 'idle://:8080']")}, ports: [{{name: http, containerPort: 8080}}], livenessProbe: {{tcpSocket: {{port: http}}}}"), Deployment($"{Exec("[prestop, --quiet, 10s, --ignore, node, 'idle://:8080']")}, readinessProbe: {{httpGet: {{port: 8080}}, periodSeconds: 5}}") },
        { "selector-without-pods", Deployment(Sleep, labels: "app: wbe"), Deployment(Sleep) },
        { "budget-blocks", Deployment(Sleep) + Budget("maxUnavailable: 0"), Deployment(Sleep) + Budget("maxUnavailable: 1") },
        { "budget-blocks", Deployment(Sleep) + Budget("minAvailable: 2"), Deployment(Sleep) + Budget("minAvailable: 1") },
        { "budget-blocks", Deployment(Sleep) + Budget("minAvailable: 100%"), Deployment(Sleep) + Budget("minAvailable: 50%") },
        { "budget-blocks", Deployment(Sleep) + Budget("minAvailable: 51%"), Deployment(Sleep) + Second + Budget("minAvailable: 51%") },
        { "budget-blocks", Deployment(Sleep) + Second + Budget("minAvailable: 4"), Deployment(Sleep) + Second + Budget("minAvailable: 3") },
        { "budget-blocks", Deployment(Sleep) + Budget("minAvailable: 1") + Budget("minAvailable: 1", "other"), Deployment(Sleep) + Budget("minAvailable: 1") },
    };

    [Theory]
    [MemberData(nameof(Manifests))]
    public void What_trips_a_rule_and_what_does_not(string rule, string trips, string passes)
    {
        Assert.Contains(Found(trips), finding => finding.Rule == rule);
        Assert.DoesNotContain(Found(passes), finding => finding.Rule == rule);
    }

    [Fact]
    public void Every_rule_has_manifests() => Assert.Equal(AuditRules.All.Keys.Order(), Manifests.Select(row => row.Data.Item1).Distinct().Order());

    [Fact]
    public void A_finding_names_what_why_and_the_fix()
    {
        var finding = Assert.Single(Found(Deployment(Exec("[sleep, '30']"))));

        Assert.Equal(
            new Finding(
                "grace-too-short", true, "Deployment web, container app",
                "the preStop hook takes up to 30s of a grace period of 30s: SIGKILL comes before the app can end",
                "set terminationGracePeriodSeconds to 32 at the least, and to what the app needs on top"),
            finding);
    }

    [Fact]
    public void Lists_are_looked_into_and_kinds_that_are_not_known_are_not()
    {
        var list = $$"""{"kind": "List", "items": [{"kind": "ConfigMap"}, {{Json(Deployment(""))}}]}""";

        Assert.Equal(["no-hook"], Found(list).Select(finding => finding.Rule));
    }

    [Theory]
    [InlineData("{kind: ReplicaSet, name: web-1, controller: true}", "phase: Running", false)]
    [InlineData("{kind: Rollout, name: web, controller: true}", "phase: Running", true)]
    [InlineData("{kind: ReplicaSet, name: web-1}", "phase: Running", true)]
    [InlineData("{kind: Rollout, name: web, controller: true}", "phase: Failed", false)]
    public void A_pod_is_looked_at_unless_its_maker_is_or_it_is_over(string owner, string status, bool isLookedAt) => Assert.Equal(
        isLookedAt,
        Found($"{{kind: Pod, metadata: {{name: web-1-a, labels: {{app: web}}, ownerReferences: [{owner}]}}, spec: {{containers: [{{name: app}}]}}, status: {{{status}}}}}").Count > 0);

    [Fact]
    public void Pods_that_a_Service_selects_may_end_by_themselves() => Assert.Empty(
        Found("{kind: Job, metadata: {name: load}, spec: {template: {metadata: {labels: {app: web}}, spec: {restartPolicy: Never, containers: [{name: a}]}}}}"));

    /// <summary>Nothing of a template that no rule looks at may be kept: a cluster has thousands.</summary>
    [Fact]
    public void Of_a_workload_only_what_rules_look_at_is_kept()
    {
        using var document = JsonDocument.Parse(
            Json(Deployment($"env: [{{name: A, value: b}}], ports: [{{containerPort: 1}}], {Sleep}", annotations: "a: b, prestop/mode: inject", spec: "volumes: [{name: v}],")));

        Assert.Equal(
            """{"metadata":{"labels":{"app":"web"},"annotations":{"prestop/mode":"inject"}},"spec":{"containers":[{"name":"app","image":"app:1","ports":[{"containerPort":1}],"lifecycle":{"preStop":{"sleep":{"seconds":15}}}}],"initContainers":[]}}""",
            Workload.Read("Deployment", document.RootElement)!.Pod.GetRawText());
    }

    [Theory]
    [InlineData("inject", "", false)]
    [InlineData("off", "", true)]
    [InlineData("off", "prestop/mode: intercept", false)]
    [InlineData("inject", "prestop/mode: injekt", true)]
    public void The_annotation_of_a_namespace_counts_for_pods_that_say_nothing(string @namespace, string pod, bool isFound)
    {
        var manifests = $"{Deployment("", annotations: pod)}\n{Service}".Replace("metadata: {name: web", "metadata: {namespace: shop, name: web", StringComparison.Ordinal);

        Assert.Equal(isFound, Found($"{manifests}\n---\n{{kind: Namespace, metadata: {{name: shop, annotations: {{prestop/mode: '{@namespace}'}}}}}}").Count > 0);
    }

    [Fact]
    public void A_controller_that_injects_by_itself_sees_to_pods_that_say_nothing()
    {
        var opposed = Deployment("", annotations: "prestop/mode: no");

        Assert.Empty(Found(Deployment(""), DrainMode.Inject));
        Assert.Equal(["no-hook"], Found(opposed, DrainMode.Inject).Select(finding => finding.Rule));
    }

    [Fact]
    public void A_pod_that_ends_by_itself_is_not_looked_at() => Assert.DoesNotContain(Found(Deployment("", spec: "restartPolicy: Never,")), finding => finding.Rule == "no-hook");

    private static IReadOnlyList<Finding> Found(string yaml, DrainMode mode = DrainMode.Off)
    {
        var manifests = new Manifests(mode);
        foreach (var node in YamlDocuments.Read(yaml + "\n" + Service, out var problem) ?? throw new InvalidOperationException(problem))
        {
            using var document = JsonDocument.Parse(node.ToJsonString());
            manifests.Add(document.RootElement);
        }

        return AuditRules.Run(manifests);
    }

    private static string Json(string yaml) => YamlDocuments.Read(yaml, out _)![0].ToJsonString();

    private static string Deployment(string container, string labels = "app: web", string annotations = "", string image = "app:1", string spec = "", string more = "") =>
        $"{{kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 2, template: {{metadata: {{labels: {{{labels}}}, annotations: {{{annotations}}}}}, "
        + $"spec: {{{spec} containers: [{{name: app, image: '{image}', {container}}}{more}]}}}}}}}}";

    private static string Exec(string command) => $"lifecycle: {{preStop: {{exec: {{command: {command}}}}}}}";

    /// <summary>A sidecar among the init containers that has the port to which the Service sends.</summary>
    private static string Proxy(string hook) => $"initContainers: [{{name: proxy, restartPolicy: Always, ports: [{{containerPort: 8080}}], {hook}}}],";

    private static string Budget(string limit, string name = "web") =>
        $"\n---\n{{kind: PodDisruptionBudget, metadata: {{name: {name}}}, spec: {{selector: {{matchLabels: {{app: web}}}}, {limit}}}}}";
}
