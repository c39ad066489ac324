using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Xunit;

namespace Manifests.Tests.Charts;

/// <summary>The controller's RBAC rules against the calls that stand in its source.</summary>
public sealed partial class AccessTests
{
    private const string Source = "src/Prestopd/Controller";

    private static readonly string[] Owners = ["replicasets.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "replicationcontrollers"];

    private static readonly string[] Routes = [.. Prestop.Kubernetes.Objects.TrafficRoute.Resources.Select(resource => resource.FullName).Distinct()];

    private static readonly string[] Configurations =
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io", "validatingwebhookconfigurations.admissionregistration.k8s.io"];

    /// <summary>Every call of the source: its file, its verb, what it names as its resource; and the resources that this can be.</summary>
    private static readonly (string File, string Verb, string Named, string[] Resources)[] Calls =
    [
        ("ClusterWatch.cs", "watch", "Namespace.Resource", ["namespaces"]),
        ("ClusterWatch.cs", "watch", "Service.Resource", ["services"]),
        ("ClusterWatch.cs", "watch", "PodDisruptionBudget.Resource", ["poddisruptionbudgets.policy"]),
        ("ClusterWatch.cs", "watch", "TargetGroupBinding.Resource", ["targetgroupbindings.elbv2.k8s.aws"]),
        ("ClusterWatch.cs", "watch", "resource", Routes),
        ("ClusterWatch.cs", "watch", "Pod.Resource", ["pods"]),
        ("Removals.cs", "get", "Pod.Resource", ["pods"]),
        ("Removals.cs", "patch", "Pod.Resource", ["pods"]),
        ("Removals.cs", "delete", "Pod.Resource", ["pods"]),
        ("Drains.cs", "patch", "Pod.Resource", ["pods"]),
        ("Drains.cs", "delete", "Pod.Resource", ["pods"]),
        ("Replacements.cs", "list", "Pod.Resource", ["pods"]),
        ("Replacements.cs", "get", "Workload.Resource(\"ReplicaSet\")!", ["replicasets.apps"]),
        ("Owners.cs", "get", "resource", Owners),
        ("Wakes.cs", "patch", "BudgetStatus", ["poddisruptionbudgets/status.policy"]),
        ("Wakes.cs", "patch", "resource", ["poddisruptionbudgets.policy", "statefulsets.apps"]),
        ("PodEvents.cs", "create", "Events", ["events.events.k8s.io"]),
        ("TrustBundle.cs", "get", "resource", Configurations),
        ("TrustBundle.cs", "patch", "resource", Configurations),
        ("CertificateSecret.cs", "get", "Secret.Resource", ["secrets"]),
        ("CertificateSecret.cs", "patch", "Secret.Resource", ["secrets"]),
        ("CertificateSecret.cs", "create", "Secret.Resource", ["secrets"]),
        ("WebhookVerification.cs", "evict", "@namespace", ["pods/eviction"]),
    ];

    /// <summary>Values of the chart, and what is not called with them.</summary>
    public static TheoryData<string, string[]> Variants => new()
    {
        { "", ["targetgroupbindings.elbv2.k8s.aws", .. Routes] },
        { "elb: {enabled: true}", Routes },
        { "expose: load-balancer", [] },
        { "expose: load-balancer\nelb: {enabled: true}", [] },
    };

    [Fact]
    public void Every_call_of_the_source_is_known() => Assert.Equal(
        Calls.Select(call => (call.File, call.Verb, call.Named)).Order(),
        Directory.EnumerateFiles(Repository.PathTo(Source), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Audit/", StringComparison.Ordinal))
            .SelectMany(file => Call().Matches(File.ReadAllText(file)).Select(call => (
                File: Path.GetFileName(file),
                Verb: call.Groups["verb"].Length > 0 ? call.Groups["verb"].Value.ToLowerInvariant() : "watch",
                Named: call.Groups["named"].Value)))
            .Distinct().Order());

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_is_called_is_allowed_and_nothing_else(string values, string[] uncalled)
    {
        var needed = Calls.SelectMany(call => call.Resources.Except(uncalled).SelectMany(resource => call.Verb switch
        {
            "watch" => new[] { $"list {resource}", $"watch {resource}" },
            "evict" => [$"create {resource}"],
            _ => [$"{call.Verb} {resource}"],
        }));

        Assert.Equal(needed.Distinct().Order(), Rules(values).SelectMany(Allowed).Order());
    }

    /// <summary>A Secret, or a webhook configuration, that is another's must not be in reach, and no eviction but those that verify the webhooks.</summary>
    [Fact]
    public void What_has_a_name_is_allowed_by_name() => Assert.All(
        Rules("").Where(rule => rule.Resources.Any(resource => resource.EndsWith("webhookconfigurations", StringComparison.Ordinal) || resource is "secrets" or "pods/eviction")),
        rule => Assert.True(rule is { ResourceNames.Count: > 0 } or { Resources: ["secrets"], Verbs: ["create"] }));

    private static IEnumerable<V1PolicyRule> Rules(string values) => KubernetesYaml.LoadAllFromString(Chart.Render("rbac.yaml", Chart.Values(values)), strict: true)
        .SelectMany(found => found switch { V1ClusterRole role => role.Rules, V1Role role => role.Rules, _ => [] });

    private static IEnumerable<string> Allowed(V1PolicyRule rule) =>
        from verb in rule.Verbs
        from resource in rule.Resources
        from @group in rule.ApiGroups
        select @group.Length == 0 ? $"{verb} {resource}" : $"{verb} {resource}.{@group}";

    [GeneratedRegex(@"(?:api\.(?<verb>Get|List|Watch|Patch|Create|Delete|Evict)Async(?:<\w+>)?\(|new(?: Informer<\w+>)?\(api, )(?<named>[^,]+),")]
    private static partial Regex Call();
}
