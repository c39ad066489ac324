using System.Text;
using System.Text.Json;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Xunit;

namespace Prestop.Kubernetes.Tests.Objects;

public sealed class SelectingObjectsTests
{
    private static readonly Dictionary<string, string> Web = new() { ["app"] = "web", ["tier"] = "front" };

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"matchLabels": {"app": "web"}}""", true)]
    [InlineData("""{"matchLabels": {"app": "web", "tier": "back"}}""", false)]
    [InlineData("""{"matchLabels": {"role": ""}}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "role", "operator": "In", "values": [""]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "role", "operator": "NotIn", "values": ["web"]}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "app", "operator": "Exists"}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "role", "operator": "Exists"}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "role", "operator": "DoesNotExist"}]}""", true)]
    [InlineData("""{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}""", false)]
    public void All_of_a_selector_has_to_hold(string selector, bool selects) => Assert.Equal(selects, Selector(selector)!.Selects(Web));

    [Fact]
    public void No_selector_is_not_an_empty_one()
    {
        Assert.Null(Selector("null"));
        Assert.Null(LabelSelector.Read(null));
    }

    [Fact]
    public void An_expression_that_is_not_known_is_no_selector() =>
        Assert.Throws<JsonException>(() => Selector("""{"matchExpressions": [{"key": "app", "operator": "Like"}]}"""));

    [Theory]
    [InlineData("""{"selector": {"app": "web"}}""", true)]
    [InlineData("""{"selector": {}}""", false)]
    [InlineData("""{"clusterIP": "None"}""", false)]
    [InlineData("""{"type": "ExternalName", "selector": {"app": "web"}}""", false)]
    public void A_Service_selects_by_its_selector_only(string spec, bool selects) =>
        Assert.Equal(selects, Parse(Service.Resource, $$"""{"metadata": {"name": "s"}, "spec": {{spec}} }""").Selector is not null);

    [Fact]
    public void A_Service_sends_to_the_target_port_or_to_one_of_its_own_number() => Assert.Equal(
        ["8080", "http", "81"],
        Parse(
            Service.Resource,
            """{"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": "http"}, {"port": 81}, {"port": 53, "protocol": "UDP"}]}}""").TargetPorts);

    [Fact]
    public void A_budget_as_the_API_server_keeps_it()
    {
        var budget = Parse(PodDisruptionBudget.Resource, Recording.Load("pdb-blocking").Answer);

        Assert.Equal(("ev", 0, (2, 2), true, false), (budget.Metadata.Name, budget.DisruptionsAllowed, budget.Healthy, budget.IsCurrent, budget.AllowsNone));
        Assert.True(budget.Selector!.Selects(new Dictionary<string, string> { ["app"] = "ev" }));
    }

    [Theory]
    [InlineData("\"maxUnavailable\": 0", true)]
    [InlineData("\"maxUnavailable\": \"0%\"", true)]
    [InlineData("\"maxUnavailable\": 1", false)]
    [InlineData("\"minAvailable\": \"100%\"", true)]
    [InlineData("\"minAvailable\": 100", false)]
    public void A_budget_that_allows_nothing_for_ever(string limit, bool none) =>
        Assert.Equal(none, Parse(PodDisruptionBudget.Resource, $$"""{"metadata": {"name": "b"}, "spec": { {{limit}} } }""").AllowsNone);

    [Fact]
    public void A_budget_without_a_status_is_not_current()
    {
        var budget = Parse(PodDisruptionBudget.Resource, """{"metadata": {"name": "b", "generation": 1}, "spec": {"selector": {}}, "status": {"disruptedPods": {"p": "2026-11-21T10:26:23Z"}}}""");

        Assert.False(budget.IsCurrent);
        Assert.Equal(["p"], budget.DisruptedPods);
    }

    [Fact]
    public void A_namespace_that_goes() => Assert.Equal(
        (true, "b"),
        Parse(Namespace.Resource, """{"metadata": {"name": "n", "deletionTimestamp": "2026-11-21T10:26:23Z", "annotations": {"a": "b"}}}""") is var found ? (found.IsTerminating, found.Annotations["a"]) : default);

    [Fact]
    public void Delete_options_are_read_as_they_are_written()
    {
        var options = new DeleteOptions { Uid = "u", ResourceVersion = "7", GracePeriodSeconds = 5, Propagation = Propagation.Orphan, DryRun = true };
        using var document = JsonDocument.Parse(options.ToBody().ToJsonString());

        Assert.Equal(options, DeleteOptions.Read(document.RootElement));
        Assert.Equal(new DeleteOptions(), DeleteOptions.Read(default));
    }

    private static LabelSelector? Selector(string json)
    {
        using var document = JsonDocument.Parse(json);
        return LabelSelector.Read(document.RootElement);
    }

    private static T Parse<T>(Resource<T> resource, string json)
        where T : class, IApiObject => resource.Parse(Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData("ReplicaSet", """{"replicas": 3, "selector": {"matchLabels": {"app": "web"} } }""", 3, true)]
    [InlineData("ReplicationController", """{"replicas": 0, "selector": {"app": "web"} }""", 0, true)]
    [InlineData("Job", """{"selector": {"matchLabels": {"app": "api"} } }""", null, false)]
    [InlineData("DaemonSet", "{}", null, false)]
    public void A_workload_says_what_its_pods_are_known_by_and_how_many_it_wants(string kind, string spec, int? replicas, bool selects)
    {
        var workload = Workload.Resource(kind)!.Parse(Encoding.UTF8.GetBytes($$"""{"metadata": {"name": "web"}, "spec": {{spec}} }"""));

        Assert.Equal((replicas, selects), (workload.Replicas, workload.Selector?.Selects(new Dictionary<string, string> { ["app"] = "web" }) is true));
        Assert.Null(Workload.Resource("Deployment"));
    }

    [Fact]
    public void A_Secret_has_what_is_base64_in_it()
    {
        var secret = Secret.Resource.Parse("""{"metadata": {"name": "tls"}, "data": {"tls.crt": "AAE=", "tls.key": "?", "none": null} }"""u8);

        Assert.Equal(["tls.crt"], secret.Data.Keys);
        Assert.Equal([0, 1], secret.Data["tls.crt"]);
    }
}
