using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubeconfig;
using Prestop.Testing.Cluster;
using Xunit;

namespace Manifests.Tests.Charts;

/// <summary>
/// Which requests reach a webhook: the tests' own API server says the same as the real one did, expression by expression, and lets through to the chart's webhooks what they are meant for.
/// </summary>
public sealed class MatchConditionsTests : IAsyncDisposable
{
    private const string Recordings = "tests/Manifests.Tests/Recordings";

    private static readonly ApiUser ReplicaSets = ApiUser.Controller("replicaset-controller");

    private readonly LoopbackCluster _cluster;
    private readonly List<(string Path, string User)> _calls = [];

    public MatchConditionsTests() => _cluster = new LoopbackCluster(new FakeClock(), (call, _) =>
    {
        var request = JsonNode.Parse(call.Body).At("request")!;
        _calls.Add((call.Address.AbsolutePath, Short(request.Text("userInfo", "username")!)));
        return Task.FromResult(Encoding.UTF8.GetBytes(new JsonObject { ["response"] = new JsonObject { ["uid"] = request["uid"]!.DeepClone(), ["allowed"] = true } }.ToJsonString()));
    });

    /// <summary>The rows of what was recorded, by number, since two may be about the same request.</summary>
    public static TheoryData<int> Expressions => [.. Enumerable.Range(0, Rows("matrix").Count)];

    public static TheoryData<string, string> Traffic => new(
        from configuration in (string[])["recorded", "chart"]
        from row in Rows("proven-traffic")
        select (configuration, row.Text("traffic")!));

    [Theory]
    [MemberData(nameof(Expressions))]
    public async Task An_expression_lets_through_what_it_let_through_when_it_was_recorded(int number)
    {
        var row = Rows("matrix")[number];
        Configure(Repository.Read(Recordings, "expressions-tested.yaml"));

        await SendAsync(row.Text("traffic")!, ApiUser.ServiceAccount("rec", "prestopd"));

        var called = _calls.Where(call => call.User == row.Text("user")).Select(call => call.Path["/mc-".Length..]).Distinct();
        Assert.Equal(row.Items("called").Select(each => each.Text()).Order(StringComparer.Ordinal), called.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Traffic))]
    public async Task A_webhook_hears_of_what_it_is_meant_for(string configuration, string traffic)
    {
        var isChart = configuration == "chart";
        Configure(isChart ? Chart.Render("webhooks.yaml", Chart.Values()) : Repository.Read(Recordings, "proven.yaml"));

        await SendAsync(traffic, isChart ? ApiUser.ServiceAccount(Chart.Namespace, "prestop-controller") : ApiUser.ServiceAccount("rec", "prestopd"));

        // The chart's webhooks for deletes and evictions have one path.
        var arrived = Rows("proven-traffic").Single(row => row.Text("traffic") == traffic).Items("arrived").Select(each => each.Text()!)
            .Select(each => isChart ? each.Replace("/mutate-pods", "/mutate/pods").Replace("/validate-pods", "/validate/pods").Replace("/validate-evictions", "/validate/pods") : each);
        Assert.Equal(arrived, _calls.Select(call => $"{call.Path} by {call.User}"));
    }

    /// <summary>Recording: matchconditions/loading.ndjson, its first row.</summary>
    [Fact]
    public async Task An_expression_that_errs_refuses_the_request_where_the_webhook_must_not_fail()
    {
        var webhooks = Repository.Read(Recordings, "expressions-tested.yaml").Replace("failurePolicy: Ignore", "failurePolicy: Fail", StringComparison.Ordinal);
        Configure(webhooks, only: "wrong-object-on-delete.prestop.example");
        Put("x1");

        Assert.Equal(403, (await DeleteAsync("x1")).Status);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static List<JsonNode> Rows(string file) =>
        [.. Repository.Read(Recordings, $"{file}.ndjson").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    /// <summary>A user as the recordings have it.</summary>
    private static string Short(string user) => user.StartsWith("system:node:", StringComparison.Ordinal) ? "kubelet" : user[(user.LastIndexOf(':') + 1)..];

    private void Configure(string yaml, string? only = null)
    {
        foreach (var configuration in YamlDocuments.Read(yaml, out var problem) ?? throw new FormatException(problem))
        {
            if (only is not null)
            {
                configuration["webhooks"] = new JsonArray(configuration.Items("webhooks").Single(webhook => webhook.Text("name") == only).DeepClone());
            }

            _cluster.Put(configuration.ToJsonString());
        }
    }

    /// <summary>Does what a row of the recordings says.</summary>
    private async Task SendAsync(string traffic, ApiUser ourselves)
    {
        switch (traffic)
        {
            case "kubectl delete --dry-run=server, Ready pod" or "kubectl delete dry-run":
                Put("p");
                await DeleteAsync("p", query: "?dryRun=All");
                break;
            case "kubectl delete, Ready pod (no annotations)" or "kubectl delete, Ready pod; kubelet's final delete":
                Put("p");
                await DeleteAsync("p");
                await EndAsync("p");
                break;
            case "kubectl delete, Ready pod annotated prestop/mode=off, labelled drain=yes" or "kubectl delete, opted out pod":
                Put("p", """{"metadata": {"annotations": {"prestop/mode": "off"}, "labels": {"drain": "yes"} } }""");
                await DeleteAsync("p");
                await EndAsync("p");
                break;
            case "kubectl delete --grace-period=0 --force" or "kubectl delete --force":
                Put("p");
                await DeleteAsync("p", """{"gracePeriodSeconds": 0, "propagationPolicy": "Background"}""");
                break;
            case "kubectl delete, Pending unscheduled pod" or "kubectl delete, Pending":
                Put("p", """{"spec": {"nodeName": null}, "status": {"phase": "Pending", "conditions": null} }""");
                await DeleteAsync("p");
                break;
            case "DELETE by the own service account, no options" or "own DELETE":
                Put("p");
                await DeleteAsync("p", options: null, user: ourselves);
                break;
            case "kubectl delete, not Ready pod" or "kubectl delete, not Ready":
                Put("p", """{"status": {"conditions": [{"type": "Ready", "status": "False"}]} }""");
                await DeleteAsync("p");
                break;
            case "delete of a pod without labels":
                Put("p", """{"metadata": {"labels": null} }""");
                await DeleteAsync("p");
                break;
            case "second kubectl delete --grace-period=3 of a terminating pod":
                Put("p");
                await DeleteAsync("p");
                _calls.Clear();
                await DeleteAsync("p", """{"gracePeriodSeconds": 3, "propagationPolicy": "Background"}""");
                break;
            case "kubectl delete of a pod that drains already and lost its readiness":
                Put("p", """{"metadata": {"labels": {"prestop/draining": "true"} }, "status": {"conditions": [{"type": "Ready", "status": "False"}]} }""");
                await DeleteAsync("p");
                break;
            case "Deployment scaled to 0" or "ReplicaSet scale to 0":
                Put("p");
                await DeleteAsync("p", options: null, user: ReplicaSets);
                break;
            case "DELETE of a collection":
                Put("p");
                await _cluster.SendAsync(ApiUser.Admin, "DELETE", ApiKind.Pod.Path("rec"));
                break;
            case "eviction ?dryRun=All" or "eviction dry-run (query)":
                await EvictAsync("{}", query: "?dryRun=All");
                break;
            case "eviction with deleteOptions.dryRun" or "eviction dry-run (body)":
                await EvictAsync("""{"dryRun": ["All"]}""");
                break;
            case "eviction with deleteOptions.gracePeriodSeconds 0":
                await EvictAsync("""{"gracePeriodSeconds": 0}""");
                break;
            case "eviction, no options" or "eviction":
                await EvictAsync(options: null);
                break;
            case "eviction by the own service account":
                await EvictAsync(options: null, user: ourselves);
                break;
            case "own eviction dry-run":
                await EvictAsync("""{"dryRun": ["All"]}""", user: ourselves);
                break;
            case "create, container without hook":
                await CreateAsync("""{"spec": {"containers": [{"name": "app"}]} }""");
                break;
            case "create, every container has a preStop":
                await CreateAsync("""{"spec": {"containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": {"seconds": 5} } } }]} }""");
                break;
            case "create, prestop/mode off":
                await CreateAsync("""{"metadata": {"annotations": {"prestop/mode": "off"} }, "spec": {"containers": [{"name": "app"}]} }""");
                break;
            case "create, Job pod (restartPolicy Never)":
                await CreateAsync("""{"spec": {"restartPolicy": "Never", "containers": [{"name": "app"}]} }""");
                break;
            case "create, windows":
                await CreateAsync("""{"spec": {"os": {"name": "windows"}, "containers": [{"name": "app"}]} }""");
                break;
            case "create, native sidecar without hook beside a container with one":
                await CreateAsync("""
                    {"spec": {"initContainers": [{"name": "side", "restartPolicy": "Always"}], "containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": {"seconds": 5} } } }]} }
                    """);
                break;
            default:
                throw new InvalidOperationException($"nobody knows how to do: {traffic}");
        }
    }

    private void Put(string name, string patch = "{}") => _cluster.Put(PatchedJson.Merge(
        JsonNode.Parse($$"""
            {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "rec", "labels": {"app": "web"} }, "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
             "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
            """),
        JsonNode.Parse(patch))!.ToJsonString());

    private Task<ApiAnswer> DeleteAsync(string pod, string? options = """{"propagationPolicy": "Background"}""", string query = "", ApiUser? user = null) =>
        _cluster.SendAsync(user ?? ApiUser.Admin, "DELETE", ApiKind.Pod.Path("rec", pod) + query, options is null ? null : JsonNode.Parse(options));

    /// <summary>The kubelet has ended a pod.</summary>
    private async Task EndAsync(string pod)
    {
        _cluster.Change(ApiKind.Pod, "rec", pod, each =>
        {
            each["status"]!["phase"] = "Succeeded";
            _cluster.Verbs.Set(each, "Ready", "False", "PodCompleted");
        });
        await DeleteAsync(pod, """{"gracePeriodSeconds": 0}""", user: ApiUser.Kubelet("node-1"));
    }

    private async Task EvictAsync(string? options, string query = "", ApiUser? user = null)
    {
        Put("p");
        var eviction = JsonFields.Object("""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"} }""");
        if (options is not null)
        {
            eviction["deleteOptions"] = JsonNode.Parse(options);
        }

        await _cluster.SendAsync(user ?? ApiUser.Admin, "POST", $"{ApiKind.Pod.Path("rec", "p")}/eviction{query}", eviction);
    }

    private async Task CreateAsync(string pod)
    {
        _cluster.Put("""{"kind": "Namespace", "metadata": {"name": "rec"} }""");
        await _cluster.SendAsync(ApiUser.Admin, "POST", ApiKind.Pod.Path("rec"), PatchedJson.Merge(JsonNode.Parse("""{"metadata": {"name": "p"} }"""), JsonNode.Parse(pod)));
    }
}
