using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using k8s;
using k8s.Models;
using Prestop.Core.Options;
using Prestop.Kubeconfig;
using Prestopd.Controller;
using Prestopd.Controller.Cluster;
using Xunit;
using Audited = Prestopd.Controller.Audit.Manifests;

namespace Manifests.Tests.Charts;

/// <summary>The chart, rendered with its defaults and with other values, and the plain manifests that are the same.</summary>
public sealed partial class ChartTests
{
    private const string Plain = "deploy/controller";

    private static readonly JsonSchema Schema = JsonSchema.FromText(Repository.Read(Chart.Folder, "values.schema.json"));

    /// <summary>Values that reach every branch of the templates.</summary>
    public static TheoryData<string> Variants =>
    [
        "",
        "replicas: 3\nmode: intercept\ndrain: 1m30s\nsurgeTimeout: 0s\nhook: {delivery: init-container, pullPolicy: Always}\nelb: {enabled: true}\nexpose: load-balancer",
        "hook: {delivery: native-sleep}\ntls: {existingSecret: prestop-tls, injectCaFrom: prestop/prestop-tls}\nserviceMonitor: {enabled: true}",
        "mode: 'off'\nexcludedNamespaces: []\nnetworkPolicy: {enabled: false}\nserviceMonitor: {enabled: true}",
        """
        imagePullSecrets: [{name: registry}, {name: mirror}]
        priorityClassName: system-cluster-critical
        nodeSelector: {kubernetes.io/os: linux, spot: "false"}
        tolerations: [{key: dedicated, operator: Equal, value: "1", effect: NoSchedule}, {operator: Exists}]
        excludedNamespaces: [kube-system, monitoring]
        resources: {requests: {cpu: "1", memory: 1Gi}, limits: {memory: 1Gi, ephemeral-storage: 10Mi}}
        networkPolicy: {apiServerPorts: [{protocol: TCP, port: 16443}]}
        elb: {enabled: true, region: eu-central-1, settle: 30s}
        serviceAccount: {annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/prestop"}}
        """,
    ];

    public static TheoryData<string> Files => [.. Chart.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_plain_manifests_are_what_the_defaults_make(string file)
    {
        var rendered = Chart.Render(file, Chart.Values());
        var path = Repository.PathTo(Plain, file);
        if (Environment.GetEnvironmentVariable("PRESTOPSLEEP_UPDATE") is "1" && rendered.Length > 0)
        {
            File.WriteAllText(path, rendered);
        }

        Assert.Equal(rendered, File.Exists(path) ? File.ReadAllText(path) : "");
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_is_made_is_what_the_API_server_takes_and_the_audit_finds_nothing_in(string values)
    {
        var objects = Objects(values);
        var audited = new Audited(DrainMode.Off);
        foreach (var text in Documents(values))
        {
            AuditTests.Add(audited, text);
        }

        Assert.Equal(["Deployment", "Service", "ServiceAccount"], objects.OfType<IKubernetesObject>().Select(found => found.Kind).Where(kind => kind is "Deployment" or "Service" or "ServiceAccount").Order());
        Assert.Empty(Prestopd.Controller.Audit.AuditRules.Run(audited));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Its_objects_name_each_other(string values)
    {
        var objects = Objects(values);
        var pod = Only<V1Deployment>(objects).Spec.Template;
        var service = Only<V1Service>(objects);
        var account = Only<V1ServiceAccount>(objects).Metadata;

        Assert.All(objects.OfType<IKubernetesObject<V1ObjectMeta>>().Where(found => found.Metadata.NamespaceProperty is not null), found => Assert.Equal(Chart.Namespace, found.Metadata.NamespaceProperty));
        Assert.Equal(account.Name, pod.Spec.ServiceAccountName);
        Assert.All(
            new[] { Only<V1Deployment>(objects).Spec.Selector.MatchLabels, service.Spec.Selector, Only<V1PodDisruptionBudget>(objects).Spec.Selector.MatchLabels }
                .Concat(objects.OfType<V1NetworkPolicy>().Select(policy => policy.Spec.PodSelector.MatchLabels)),
            selector => Assert.Subset(pod.Metadata.Labels.ToHashSet(), selector.ToHashSet()));
        Assert.All(objects.OfType<V1ClusterRoleBinding>().SelectMany(binding => binding.Subjects).Concat(objects.OfType<V1RoleBinding>().SelectMany(binding => binding.Subjects)),
            subject => Assert.Equal(("ServiceAccount", account.Name, Chart.Namespace), (subject.Kind, subject.Name, subject.NamespaceProperty)));
        Assert.All(Webhooks(objects), webhook =>
        {
            Assert.Equal((service.Metadata.Name, Chart.Namespace, service.Spec.Ports.Single().Port), (webhook.Client.Service.Name, webhook.Client.Service.NamespaceProperty, webhook.Client.Service.Port ?? 0));
            if (!webhook.IsForVerification)
            {
                Assert.Contains(Chart.Namespace, webhook.Namespaces.MatchExpressions.Single().Values);
                Assert.Equal(("kubernetes.io/metadata.name", "NotIn"), (webhook.Namespaces.MatchExpressions.Single().Key, webhook.Namespaces.MatchExpressions.Single().OperatorProperty));
            }
        });
    }

    /// <summary>A webhook that must not fail must not be in the way of anybody else: it is asked about the controller's own evictions of a pod that there is not.</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void The_webhooks_that_verify_the_others_call_what_the_others_call_and_concern_nobody_else(string values)
    {
        var objects = Objects(values);
        var allowed = objects.OfType<V1Role>().SelectMany(role => role.Rules).Single(rule => rule.Resources.Contains("pods/eviction")).ResourceNames;
        var webhooks = Webhooks(objects);
        var verifying = webhooks.Where(webhook => webhook.IsForVerification).ToList();

        Assert.Equal([ControllerNames.VerifiedPod + "mutating", ControllerNames.VerifiedPod + "validating"], allowed);
        Assert.Equal([ControllerNames.Routes.Mutate, ControllerNames.Routes.Validate], verifying.Select(webhook => webhook.Client.Service.Path));
        Assert.Equal(allowed.Select(pod => $"request.name == \"{pod}\""), verifying.Select(webhook => webhook.Conditions[1].Expression));
        Assert.All(verifying, webhook =>
        {
            Assert.Equal(("Fail", "None"), (webhook.Failure, webhook.SideEffects));
            Assert.Equal([KeyValuePair.Create("kubernetes.io/metadata.name", Chart.Namespace)], webhook.Namespaces.MatchLabels);
            Assert.Equal($"request.userInfo.username == \"system:serviceaccount:{Chart.Namespace}:{Only<V1ServiceAccount>(objects).Metadata.Name}\"", webhook.Conditions[0].Expression);
            Assert.Equal("pods/eviction", webhook.Rules.Single().Resources.Single());
        });
        Assert.All(webhooks.Except(verifying), webhook => Assert.Equal("Ignore", webhook.Failure));
    }

    /// <summary>The recorded configuration was loaded by a real API server, and kept away what it should: but for its namespace and its URL, ours is the same.</summary>
    [Fact]
    public void The_webhooks_are_those_that_a_real_API_server_was_seen_to_act_on()
    {
        var proven = KubernetesYaml.LoadAllFromString(
            Repository.Read("tests/Manifests.Tests/Recordings/proven.yaml").Replace("serviceaccount:rec:prestopd", $"serviceaccount:{Chart.Namespace}:prestop-controller", StringComparison.Ordinal), strict: true);

        Assert.Equal(Webhooks(proven).Select(Essence).Order(), Webhooks(Objects("")).Where(webhook => !webhook.IsForVerification).Select(Essence).Order());

        static string Essence(Webhook webhook) => JsonSerializer.Serialize(new
        {
            webhook.Name,
            webhook.Failure,
            webhook.Timeout,
            webhook.SideEffects,
            webhook.Versions,
            webhook.Reinvocation,
            Rules = webhook.Rules.Select(rule => new { rule.ApiGroups, rule.ApiVersions, rule.Operations, rule.Resources }),
            Conditions = webhook.Conditions.Select(condition => new { condition.Name, Expression = Blanks().Replace(condition.Expression, " ") }),
        });
    }

    [Fact]
    public void The_webhooks_call_routes_that_the_controller_has() => Assert.All(Webhooks(Objects("")).Where(webhook => !webhook.IsForVerification), webhook => Assert.Equal(
        webhook.Rules.Single().Operations.Single() == "CREATE" && webhook.Rules.Single().Resources.Single() == "pods" ? ControllerNames.Routes.Mutate : ControllerNames.Routes.Validate,
        webhook.Client.Service.Path));

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_controller_understands_its_arguments_and_is_asked_where_it_answers(string values)
    {
        var objects = Objects(values);
        var container = Only<V1Deployment>(objects).Spec.Template.Spec.Containers.Single();
        using var folder = new TemporaryFolder();
        var kubeconfig = folder.Write("kubeconfig", "{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: 'https://10.0.0.1'}}]}");
        var options = new OptionReader(
            CommandLine.Read([.. container.Args.Skip(1)], ControllerNames.Server.Options),
            name => name switch { "KUBECONFIG" => kubeconfig, "POD_NAMESPACE" => Chart.Namespace, _ => null });

        var settings = ControllerSettings.Read(options);

        Assert.Equal("controller", container.Args[0]);
        Assert.Empty(options.Problems);
        Assert.Equal(Only<V1Service>(objects).Metadata.Name, settings!.Service);
        Assert.Equal($"system:serviceaccount:{Chart.Namespace}:{Only<V1ServiceAccount>(objects).Metadata.Name}", settings.User);
        Assert.All(Webhooks(objects), webhook => Assert.Equal(settings.WebhookConfiguration, webhook.Configuration));
        Assert.Equal(settings.Server.Port, container.Ports.Single().ContainerPort);
        Assert.Equal((ControllerNames.Routes.Ready, ControllerNames.Routes.Health), (container.ReadinessProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path));
        Assert.Equal(
            (Chart.Values(values)["elb"]!["enabled"]!.GetValue<bool>(), $"{Chart.Values(values)["elb"]!["region"]}", $"{Chart.Values(values)["elb"]!["settle"]}"),
            (settings.Aws is not null, settings.Aws?.Access.Region ?? "", settings.Settle is { } settle ? $"{settle.TotalSeconds}s" : ""));
        Assert.Equal($"{Chart.Values(values)["expose"]}" == "load-balancer", settings.Exposure is Exposure.LoadBalancer);
        Assert.Equal(settings.TlsDir, container.VolumeMounts?.Single().MountPath);
        Assert.True(Only<V1Deployment>(objects).Spec.Template.Spec.TerminationGracePeriodSeconds > settings.Notice.TotalSeconds + 5);
        Assert.Equal(settings.TlsDir is null, Only<V1Role>(objects).Rules.SelectMany(rule => rule.ResourceNames ?? []).Contains(settings.Secret));
    }

    /// <summary>AWS, and where its credentials come from, are reached as <c>prestopd elb</c> reaches them, and only where they are asked for.</summary>
    [Fact]
    public void The_ways_to_AWS_are_those_of_prestopd_elb()
    {
        var elb = Ways(Only<V1NetworkPolicy>(KubernetesYaml.LoadAllFromString(Repository.Read("deploy/elb/networkpolicy.yaml"), strict: true)));
        var without = Ways(Only<V1NetworkPolicy>(Objects("networkPolicy: {apiServerPorts: [{protocol: TCP, port: 6443}]}")));
        var with = Ways(Only<V1NetworkPolicy>(Objects("networkPolicy: {apiServerPorts: [{protocol: TCP, port: 6443}]}\nelb: {enabled: true}")));

        Assert.Equal(elb.Append(" 6443").Order(), with.Order());
        Assert.Equal([" 53 53", " 6443"], without.Order());

        static string[] Ways(V1NetworkPolicy policy) => [.. policy.Spec.Egress.Select(way =>
            $"{string.Join(' ', (way.To ?? []).Select(peer => peer.IpBlock.Cidr))} {string.Join(' ', way.Ports.Select(port => port.Port.Value))}")];
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_schema_takes_values_that_work(string values) => Assert.True(IsTaken(Chart.Values(values)));

    [Theory]
    [InlineData("mode: injekt")]
    [InlineData("replicas: 0")]
    [InlineData("replicas: '2'")]
    [InlineData("drain: 30 s")]
    [InlineData("drain: 30")]
    [InlineData("image: ''")]
    [InlineData("imagePullSecrets: [registry]")]
    [InlineData("hook: {delivery: sidecar}")]
    [InlineData("hook: {pullPolicy: always}")]
    [InlineData("excludedNamespaces: [Kube]")]
    [InlineData("tls: {injectCaFrom: certificate}")]
    [InlineData("resources: {cpu: 1}")]
    [InlineData("networkPolicy: {enabled: 'yes'}")]
    [InlineData("networkPolicy: {apiServerPorts: []}")]
    [InlineData("serviceMonitor: {interval: 30s}")]
    [InlineData("expose: ingress")]
    [InlineData("elb: {enabled: 'yes'}")]
    [InlineData("elb: {region: Frankfurt}")]
    [InlineData("elb: {settle: 20 s}")]
    [InlineData("serviceAccount: {name: other}")]
    [InlineData("replica: 2")]
    public void The_schema_refuses_values_that_do_not(string values) => Assert.False(IsTaken(Chart.Values(values)));

    [Fact]
    public void Every_value_is_used_and_every_used_value_is_there()
    {
        var templates = string.Concat(Directory.EnumerateFiles(Repository.PathTo(Chart.Folder, "templates")).Select(File.ReadAllText));
        var used = Used().Matches(templates).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(Leaves(Chart.Values(), "").Order(), used.Order());

        // What is written out whole is one value.
        static IEnumerable<string> Leaves(JsonObject fields, string above) => fields.SelectMany(field =>
            field.Value is JsonObject { Count: > 0 } below && field.Key is not "resources" ? Leaves(below, $"{above}{field.Key}.") : [above + field.Key]);
    }

    [Fact]
    public void It_has_the_version_of_what_it_installs_and_says_what_to_do_next()
    {
        var images = new[] { Chart.Values()["image"], Chart.Values()["hook"]!["image"] }.Select(image => $"{image}");
        var notes = Chart.Render("NOTES.txt", Chart.Values());

        Assert.Equal([WorkloadTests.Version, WorkloadTests.Version], new[] { Chart.About["version"], Chart.About["appVersion"] }.Select(version => $"{version}"));
        Assert.All(images, image => Assert.EndsWith($":{WorkloadTests.Version}", image, StringComparison.Ordinal));
        Assert.Contains("prestopd controller audit -A --mode inject", notes, StringComparison.Ordinal);
        Assert.All(
            (string[])[notes, Repository.Read("docs", "controller.md")],
            text => Assert.Contains($"kubectl get events -A --field-selector reportingComponent={PodEvents.Controller}\n", text, StringComparison.Ordinal));
        Assert.DoesNotContain("{{", notes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ .Values.a | upper }}")]
    [InlineData("{{ range .Values.a }}{{ end }}")]
    [InlineData("{{ .Values.none }}")]
    [InlineData("{{ if .Values.a }}")]
    [InlineData("{{ end }}")]
    [InlineData("{{ if eq .Values.a .Values.a }}{{ end }}")]
    [InlineData("{{ with eq .Values.a \"b\" }}{{ end }}")]
    public void A_template_beyond_what_is_proven_here_is_an_error(string template) => Assert.ThrowsAny<FormatException>(
        () => ChartTemplate.Read(template, []).Render(new JsonObject { ["Values"] = new JsonObject { ["a"] = "b" } }));

    /// <summary>Go 1.19's text/template renders them so, with functions of the same names.</summary>
    [Theory]
    [InlineData("a:\n  {{- with .Values.list }}\n  b:\n    {{- toYaml . | nindent 4 }}\n  {{- else }}\n  c: 1\n  {{- end }}\nd", "a:\n  b:\n    - port: 1\n      side: z\n    - tail\nd")]
    [InlineData("a {{- if not .Values.empty }} b {{ end -}}\n c", "a b c")]
    [InlineData("{{ .Values.text | quote }} {{ if .Values.none }}1{{ else }}2{{ end }}", "\"say \\\"x\\\"\" 2")]
    [InlineData("{{ if eq .Values.text \"x\" }}1{{ else }}2{{ end }}{{ if eq .Values.none \"\" }}3{{ end }}", "23")]
    [InlineData("{ {{ .Values.text }}}", "{ say \"x\"}")]
    public void A_template_is_rendered_as_Go_does(string template, string text) => Assert.Equal(text, ChartTemplate.Read(template, []).Render(JsonNode.Parse("""
        {"Values": {"list": [{"side": "z", "port": 1}, "tail"], "empty": [], "text": "say \"x\"", "none": ""}}
        """)!));

    private static bool IsTaken(JsonObject values) => Schema.Evaluate(JsonSerializer.SerializeToElement(values)).IsValid;

    private static IEnumerable<string> Documents(string values) => Chart.Files.Select(file => Chart.Render(file, Chart.Values(values))).Where(text => text.Length > 0);

    /// <summary>The objects, read with no field passed over; of kinds that the client library does not know, their documents.</summary>
    private static List<object> Objects(string values) =>
    [
        .. Documents(values).SelectMany(text => YamlDocuments.Read(text, out _)!.Select(document => $"{document["kind"]}").Contains("ServiceMonitor")
            ? [new Manifest("", "", text).Root]
            : KubernetesYaml.LoadAllFromString(text, strict: true)),
    ];

    private static T Only<T>(IEnumerable<object> objects) => Assert.Single(objects.OfType<T>());

    private static List<Webhook> Webhooks(IEnumerable<object> objects) =>
    [
        .. objects.SelectMany(found => found switch
        {
            V1MutatingWebhookConfiguration mutating => mutating.Webhooks.Select(webhook => new Webhook(
                mutating.Metadata.Name, webhook.Name, webhook.ClientConfig, webhook.FailurePolicy, webhook.TimeoutSeconds, webhook.SideEffects, webhook.AdmissionReviewVersions,
                webhook.Rules, webhook.MatchConditions, webhook.NamespaceSelector, webhook.ReinvocationPolicy)),
            V1ValidatingWebhookConfiguration validating => validating.Webhooks.Select(webhook => new Webhook(
                validating.Metadata.Name, webhook.Name, webhook.ClientConfig, webhook.FailurePolicy, webhook.TimeoutSeconds, webhook.SideEffects, webhook.AdmissionReviewVersions,
                webhook.Rules, webhook.MatchConditions, webhook.NamespaceSelector, null)),
            _ => [],
        }),
    ];

    private sealed record Webhook(
        string Configuration,
        string Name,
        Admissionregistrationv1WebhookClientConfig Client,
        string Failure,
        int? Timeout,
        string SideEffects,
        IList<string> Versions,
        IList<V1RuleWithOperations> Rules,
        IList<V1MatchCondition> Conditions,
        V1LabelSelector Namespaces,
        string? Reinvocation)
    {
        /// <summary>Whether it is asked by the controller itself only, to see that the others are reached.</summary>
        public bool IsForVerification => Name == "verify.pods.prestop.example";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\.Values\.([A-Za-z.]+)")]
    private static partial Regex Used();
}
