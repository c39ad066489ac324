using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>What went wrong in pod-graceful-drain, each by its name, against an API server that keeps the real one's semantics.</summary>
public sealed class ForerunnerTests : IAsyncDisposable
{
    private static readonly ApiUser Controller = ApiUser.ServiceAccount("prestop", "prestopd");

    private readonly LoopbackCluster _cluster = new(new FakeClock());

    [Fact]
    public async Task A_budget_keeps_its_labels_and_annotations_when_a_disruption_is_reserved_and_when_it_is_woken()
    {
        var before = PutBudget("""{"labels": {"helm.sh/chart": "web"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"} }""", "");
        var budget = PodDisruptionBudget.Resource.Parse(Encoding.UTF8.GetBytes(before.ToJsonString()));

        var reserved = await PatchAsync(ApiKind.Budget, "web", "/status", BudgetPatches.Reserve(budget, "web-1", Now));
        var woken = await PatchAsync(ApiKind.Budget, "web", "", BudgetPatches.Wake(Now));
        var again = await PatchAsync(ApiKind.Budget, "web", "/status", BudgetPatches.Reserve(budget, "web-2", Now));

        Assert.Equal((200, 0L), (reserved.Status, reserved.Body.Number("status", "disruptionsAllowed")));
        Assert.Equal((200, "{}"), (woken.Status, woken.Body.Text("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")));
        Assert.Equal(before.Labels()!.ToJsonString(), woken.Body!.Labels()!.ToJsonString());
        Assert.Equal(before["spec"]!.ToJsonString(), woken.Body!["spec"]!.ToJsonString());

        // Two replicas never spend the same one.
        Assert.Equal(409, again.Status);
    }

    [Theory]
    [InlineData("", 2, 201)]
    [InlineData("", 1, 429)]
    [InlineData("\"unhealthyPodEvictionPolicy\": \"AlwaysAllow\", ", 1, 201)]
    public async Task A_pod_that_is_not_ready_is_left_to_its_budget_also_where_that_has_no_policy_for_it(string policy, int healthy, int status)
    {
        PutBudget("{}", policy, healthy);
        var pod = OfDeployment();
        pod["kind"] = "Pod";
        pod["spec"]!["nodeName"] = "node-1";
        pod["status"]!["conditions"]![0]!["status"] = "False";
        _cluster.Put(pod.ToJsonString());

        Assert.Equal(Reason.NotReady, Rules.Decide(Evict(pod), View(pod), Now).Reason);
        var answer = await _cluster.SendAsync(
            ApiUser.Admin, "POST", "/api/v1/namespaces/rec/pods/web-1/eviction", JsonFields.Object("""{"kind": "Eviction", "metadata": {"name": "web-1"} }"""));
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task An_evictors_grace_period_is_that_of_the_delete_at_the_end()
    {
        var pod = PutPod();
        var ruling = Rules.Decide(Evict(pod, """{"gracePeriodSeconds": 7}"""), View(pod), Now);
        var draining = (await PatchAsync(ApiKind.Pod, "web-1", "", ruling.Patch!)).Body!;

        var step = Assert.IsType<DrainStep.Delete>(DrainCourse.Next(View(draining), isReplaced: false, Now + Drain));
        var deleted = await _cluster.SendAsync(Controller, "DELETE", "/api/v1/namespaces/rec/pods/web-1", step.Options.ToBody());

        Assert.Equal((200, 7L), (deleted.Status, deleted.Body.Number("metadata", "deletionGracePeriodSeconds")));
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("system:serviceaccount:kube-system:replicaset-controller")]
    public async Task A_delete_is_held_off_for_all_of_the_drain_however_long_that_is(string user)
    {
        var pod = PutPod();
        var view = View(pod) with { Policy = Policy with { Drain = TimeSpan.FromMinutes(10) } };
        var ruling = Rules.Decide(Delete(pod, user), view, Now);
        var draining = (await PatchAsync(ApiKind.Pod, "web-1", "", ruling.Patch!)).Body!;

        Assert.NotNull(Rules.Decide(Delete(draining, user), View(draining) with { Policy = view.Policy }, Now.AddMinutes(10).AddSeconds(-1)).Denial);
        Assert.Null(Rules.Decide(Delete(draining, user), View(draining) with { Policy = view.Policy }, Now.AddMinutes(10)).Denial);
    }

    [Fact]
    public async Task A_pods_owner_is_the_owners_own_affair()
    {
        var pod = PutPod("ReplicaSet", ("app", "web"), ("pod-template-hash", "5d8c"));
        var ruling = Rules.Decide(Delete(pod, "system:serviceaccount:kube-system:replicaset-controller"), View(pod), Now);

        var draining = await PatchAsync(ApiKind.Pod, "web-1", "", ruling.Patch!);

        Assert.Equal(pod.Controller()!.ToJsonString(), draining.Body!.Controller()!.ToJsonString());
    }

    [Fact]
    public async Task A_pod_that_two_budgets_cover_is_refused_by_the_API_server_and_not_left_half_drained()
    {
        var pod = PutPod();
        PutBudget("{}", "");
        PutBudget("{}", "", name: "too");

        var ruling = Rules.Decide(Evict(pod), View(pod, Budget(1), Budget(1, name: "too")), Now);
        var answer = await _cluster.SendAsync(
            ApiUser.Admin, "POST", "/api/v1/namespaces/rec/pods/web-1/eviction", JsonFields.Object("""{"kind": "Eviction", "metadata": {"name": "web-1"} }"""));

        Assert.Equal((Reason.SeveralBudgets, null, null), (ruling.Reason, ruling.Denial, ruling.Patch));
        Assert.Equal(500, answer.Status);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private JsonObject PutPod(string owner = "", params (string Name, string Value)[] labels)
    {
        var pod = PodJson(owner, labels.Length == 0 ? [("app", "web")] : labels);
        pod["kind"] = "Pod";
        pod["spec"]!["nodeName"] = "node-1";
        return _cluster.Put(pod.ToJsonString());
    }

    private JsonObject PutBudget(string metadata, string policy, int healthy = 2, string name = "web") => _cluster.Put($$"""
        {"kind": "PodDisruptionBudget", "metadata": {{PatchedJson.Merge(JsonNode.Parse(metadata), JsonNode.Parse($$"""{"name": "{{name}}", "namespace": "rec"}"""))!.ToJsonString()}},
         "spec": { {{policy}}"minAvailable": 2, "selector": {"matchLabels": {"app": "web"} } },
         "status": {"observedGeneration": 1, "disruptionsAllowed": {{(metadata == "{}" ? 0 : 1)}}, "currentHealthy": {{healthy}}, "desiredHealthy": 2} }
        """);

    private Task<ApiAnswer> PatchAsync(ApiKind kind, string name, string subresource, JsonObject patch) =>
        _cluster.SendAsync(Controller, "PATCH", kind.Path("rec", name) + subresource, patch);
}
