using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Elb;

/// <summary>The manifests in <c>deploy/elb</c> against what the service does.</summary>
public sealed class DeployTests
{
    [Fact]
    public async Task RBAC_and_IAM_allow_what_waits_of_every_kind_ask_for_and_no_more()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s");
        var group = pod.AddObject("apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/gate", "gate", "application", "instance");
        pod.Objects["/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/gate"]["status"] =
            new JsonObject { ["addresses"] = new JsonArray(new JsonObject { ["type"] = "Hostname", ["value"] = pod.Model.Balancers[^1].DnsName }) };
        pod.Objects["/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/binding"] =
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "binding" }, ["spec"] = new JsonObject { ["targetGroupARN"] = pod.Web.Arn } };
        pod.Objects["/api/v1/namespaces/shop/pods"] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
            ["items"] = new JsonArray(new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "web-1" },
                ["spec"] = new JsonObject { ["nodeName"] = "node-1" },
                ["status"] = new JsonObject { ["phase"] = "Running" },
            }),
        };
        pod.Objects["/api/v1/nodes/node-1"] =
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "node-1" }, ["spec"] = new JsonObject { ["providerID"] = "aws:///eu-central-1a/i-0123456789abcdef0" } };
        foreach (var (one, id) in new[] { (pod.Web, ElbPod.Ip), (pod.Net, ElbPod.Ip), (group, "i-0123456789abcdef0") })
        {
            one.Set(id, "unused", "Target.NotInUse");
        }

        foreach (var source in new[] { "ingress=web", "service=net", "gateway=gate", "targetgroupbinding=binding" })
        {
            Assert.Equal((200, "Success"), await pod.CurlAsync($"/drain-delay?ip={ElbPod.Ip}&namespace=shop&{source}"));
        }

        Assert.Equal(RulesOf("deploy/elb/rbac.yaml"), pod.Asked.Select(Rule).Distinct().Order());
        using var policy = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.PathTo("deploy/elb/iam-policy.json"), TestContext.Current.CancellationToken));
        var statement = policy.RootElement.GetProperty("Statement")[0];
        Assert.Equal(
            statement.GetProperty("Action").EnumerateArray().Select(action => action.GetString()!).Order(),
            pod.Api.Calls.Distinct().Select(action => $"elasticloadbalancing:{action}").Order());
        Assert.Equal(1, policy.RootElement.GetProperty("Statement").GetArrayLength());
    }

    [Fact]
    public async Task What_kustomize_makes_of_them_hangs_together()
    {
        await using var kustomize = OnHost.Start(SystemProgram.Kubectl, "kustomize", Repository.PathTo("deploy/elb"));
        await kustomize.ExitsWithAsync(0);
        var manifests = Manifests.In(kustomize.Stdout.Text).ToDictionary(manifest => manifest.At("kind")!.Text);
        var (deployment, service, budget, policy) = (manifests["Deployment"], manifests["Service"], manifests["PodDisruptionBudget"], manifests["NetworkPolicy"]);
        var pods = deployment.At("spec", "template")!;
        var label = pods.At("metadata", "labels", "app.kubernetes.io/name")!.Text;

        Assert.Equal(
            [label, label, label, label],
            new[]
            {
                deployment.At("spec", "selector", "matchLabels", "app.kubernetes.io/name")!.Text,
                service.At("spec", "selector", "app.kubernetes.io/name")!.Text,
                budget.At("spec", "selector", "matchLabels", "app.kubernetes.io/name")!.Text,
                policy.At("spec", "podSelector", "matchLabels", "app.kubernetes.io/name")!.Text,
            });
        Assert.Equal(manifests["ServiceAccount"].At("metadata", "name")!.Text, pods.At("spec", "serviceAccountName")!.Text);
        Assert.Equal(
            (manifests["ServiceAccount"].At("metadata", "name")!.Text, manifests["Namespace"].At("metadata", "name")!.Text),
            (manifests["ClusterRoleBinding"].At("subjects")!.Items[0].At("name")!.Text, manifests["ClusterRoleBinding"].At("subjects")!.Items[0].At("namespace")!.Text));
        Assert.Equal(manifests["ClusterRole"].At("metadata", "name")!.Text, manifests["ClusterRoleBinding"].At("roleRef", "name")!.Text);
        Assert.Equal(["80", "8080"], service.At("spec", "ports")!.Items.Select(port => port.At("port")!.Text));
        Assert.Equal("8080", policy.At("spec", "ingress")!.Items[0].At("ports")!.Items[0].At("port")!.Text);
        Assert.Equal($"{ElbPod.Port}", pods.At("spec", "containers")!.Items[0].At("ports")!.Items[0].At("containerPort")!.Text);
    }

    [Fact]
    public async Task The_shutdown_ends_before_the_grace_period_and_the_probes_ask_what_is_there()
    {
        var pods = Manifests.Of("deploy/elb/deployment.yaml")[0].At("spec", "template", "spec")!;
        var container = pods.At("containers")!.Items[0];
        await using var help = EmptyRoot.Start("prestopd", [container.At("args")!.Items[0].Text, "--help"]);
        await help.ExitsWithAsync(0);

        Assert.Equal("300", pods.At("terminationGracePeriodSeconds")!.Text);
        Assert.Matches(@"--shutdown D .*[^[]*\[290s\]", help.Stdout.Text.Replace('\n', ' '));

        await using var pod = await ElbPod.StartAsync();
        foreach (var probe in new[] { "readinessProbe", "livenessProbe" })
        {
            Assert.Equal(200, (await pod.CurlAsync(container.At(probe, "httpGet", "path")!.Text)).Status);
        }
    }

    private static IEnumerable<string> RulesOf(string path) => Manifests.Of(path)
        .Single(manifest => manifest.At("kind")!.Text == "ClusterRole").At("rules")!.Items
        .SelectMany(rule => rule.At("verbs")!.Items.Select(verb => $"{verb.Text} {rule.At("resources")!.Items[0].Text}.{rule.At("apiGroups")!.Items[0].Text}"))
        .Order();

    /// <summary>What a request needs: <c>/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME</c>, or <c>/api/VERSION/…</c> for the core group.</summary>
    private static string Rule(string request)
    {
        var path = request.Split(' ')[1].Split('?')[0].Trim('/').Split('/');
        var (group, rest) = path[0] == "apis" ? (path[1], path[3..]) : ("", path[2..]);
        var named = rest[0] == "namespaces" ? rest[2..] : rest;
        return string.Create(CultureInfo.InvariantCulture, $"{(named.Length > 1 ? "get" : "list")} {named[0]}.{group}");
    }
}
