using System.Text.Json.Nodes;
using Prestop.Testing.Cluster;
using Xunit;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>Webhooks are asked when, how often and what they were asked in the recordings (README of the recordings, sections A and E).</summary>
public sealed class AdmissionTests : ClusterFixture
{
    private IEnumerable<Review> Reviews => Cluster.Admission.Reviews;

    [Theory]
    [InlineData("a plain delete", "{}", "{}", 1, 30)]
    [InlineData("a grace period of its own", "{}", """{"gracePeriodSeconds": 5}""", 1, 5)]
    [InlineData("--force", "{}", """{"gracePeriodSeconds": 0}""", 3, 0)]
    [InlineData("a pod that no node took", """{"spec": {"nodeName": null}, "status": {"phase": "Pending"} }""", "{}", 3, 0)]
    [InlineData("a pod that has ended", """{"status": {"phase": "Succeeded"} }""", "{}", 2, 0)]
    public async Task One_delete_is_so_many_reviews(string what, string pod, string options, int count, int grace)
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1", pod);

        var answer = await DeleteAsync("web-1", options);

        Assert.Equal((what, 200, count), (what, answer.Status, Reviews.Count()));
        Assert.All(Reviews, review => Assert.Equal((grace, "DeleteOptions", "web-1"), ((int)review.Request.Number("options", "gracePeriodSeconds")!, review.Request.Text("options", "kind"), review.Request.Text("name"))));
        Assert.Equal(count, Reviews.Select(review => review.Request.Text("uid")).Distinct().Count());
        Assert.Equal(grace == 0, Reviews.Last().Request["oldObject"]!.IsTerminating());
        Assert.Equal(grace == 0, Cluster.Store.Find(ApiKind.Pod, "rec", "web-1") is null);
    }

    [Fact]
    public async Task A_second_delete_is_reviewed_only_when_it_is_to_be_faster()
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");

        await DeleteAsync("web-1");
        await DeleteAsync("web-1");
        await DeleteAsync("web-1", """{"gracePeriodSeconds": 40}""");
        await DeleteAsync("web-1", """{"gracePeriodSeconds": 3}""");

        Assert.Equal([30L, 3L], Reviews.Select(review => review.Request.Number("options", "gracePeriodSeconds")));
        Assert.Equal("2026-01-01T00:00:03Z", Cluster.Store.Find(ApiKind.Pod, "rec", "web-1").Text("metadata", "deletionTimestamp"));
    }

    [Fact]
    public async Task Mutating_webhooks_are_asked_first_each_time()
    {
        Configure(ApiKind.MutatingWebhooks, "a");
        Configure(ApiKind.ValidatingWebhooks, "b");
        Pod("web-1");

        await DeleteAsync("web-1", """{"gracePeriodSeconds": 0}""");

        Assert.Equal(["a", "b", "a", "b", "a", "b"], Reviews.Select(review => review.Webhook));
        Assert.Equal("https://prestopd.prestop.svc/a?timeout=5s", Calls[0].ToString());
    }

    [Fact]
    public async Task A_collection_is_a_review_a_pod_without_a_name_or_a_grace_period()
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");
        Pod("web-2");

        await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec/pods?labelSelector=app%3Dweb", JsonFields.Object("""{"propagationPolicy": "Background"}"""));

        Assert.Equal(["web-1", "web-2"], Reviews.Select(review => review.Request["oldObject"]!.Name()));
        Assert.All(Reviews, review => Assert.Equal(
            (null, """{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1","propagationPolicy":"Background"}"""),
            (review.Request.Text("name"), review.Request["options"]!.ToJsonString())));
        Assert.All(Cluster.Store.All(ApiKind.Pod), pod => Assert.Equal(30, pod.Number("metadata", "deletionGracePeriodSeconds")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pod_that_is_changed_within_its_delete_is_reviewed_again_whatever_the_answer(bool isRefused)
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");
        Webhook = request =>
        {
            if (request["oldObject"]!.Labels().Text("app") is not null)
            {
                Cluster.Change(ApiKind.Pod, "rec", "web-1", pod => pod["metadata"]!["labels"]!.AsObject().Remove("app"));
            }

            return isRefused ? Deny(429, "TooManyRequests", "drains", 5) : new JsonObject { ["allowed"] = true };
        };

        var answer = await DeleteAsync("web-1");

        Assert.Equal((isRefused ? 429 : 200, 2), (answer.Status, Reviews.Count()));
        Assert.Null(Reviews.Last().Request["oldObject"]!.Labels().At("app"));
    }

    [Fact]
    public async Task The_garbage_collectors_precondition_fails_when_the_pod_is_changed_within_its_delete()
    {
        Configure(ApiKind.ValidatingWebhooks);
        var pod = Pod("web-1");
        Webhook = _ =>
        {
            Cluster.Change(ApiKind.Pod, "rec", "web-1", each => each["metadata"]!["labels"]!["prestop/draining"] = "true");
            return Deny(403, "Forbidden", "drains");
        };

        var answer = await DeleteAsync(
            "web-1", $$"""{"preconditions": {"uid": "{{pod.Uid()}}", "resourceVersion": "{{pod.Version()}}"} }""", ApiUser.Controller("generic-garbage-collector"));

        Assert.Equal((409, "Conflict", 1), (answer.Status, answer.Body.Text("reason"), Reviews.Count()));
    }

    [Theory]
    [InlineData("delete-denied-403")]
    [InlineData("delete-denied-429")]
    public async Task A_denial_is_sent_on_as_it_was_recorded(string name)
    {
        var recorded = Recording.Load(name);
        var body = JsonNode.Parse(recorded.Answer)!;
        Configure(ApiKind.ValidatingWebhooks);
        Pod("page3");
        Webhook = _ =>
        {
            var answer = Deny(recorded.Status, body.Text("reason")!, "pod is draining until 10:00:30Z", (int?)body.Number("details", "retryAfterSeconds"));
            if (recorded.Headers.Any(header => header.Name == "Warning"))
            {
                answer["warnings"] = new JsonArray("prestop: pod is draining, 18 s to go");
            }

            return answer;
        };

        var answer = await DeleteAsync("page3");

        Assert.Equal((recorded.Status, recorded.Answer), (answer.Status, answer.Body!.ToJsonString()));
        Assert.Equal(recorded.Headers.Order(), answer.Headers.Order());
    }

    [Theory]
    [InlineData(null, 400)]
    [InlineData(200, 400)]
    [InlineData(409, 409)]
    [InlineData(503, 503)]
    public async Task A_denial_without_an_error_code_is_a_bad_request(int? code, int status)
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");
        Webhook = _ => new JsonObject { ["allowed"] = false, ["status"] = code is null ? null : new JsonObject { ["code"] = code } };

        var answer = await DeleteAsync("web-1");

        Assert.Equal(
            (status, "admission webhook \"pods.prestop.example\" denied the request without explanation"), (answer.Status, answer.Body.Text("message")));
    }

    [Theory]
    [InlineData("Ignore", 200)]
    [InlineData("Fail", 500)]
    public async Task A_failed_call_counts_as_the_failure_policy_says(string policy, int status)
    {
        Configure(ApiKind.ValidatingWebhooks);
        Cluster.Change(ApiKind.ValidatingWebhooks, "", "pods.prestop.example", each => each["webhooks"]![0]!["failurePolicy"] = policy);
        Pod("web-1");
        Webhook = _ => throw new HttpRequestException("no");

        var answer = await DeleteAsync("web-1");

        Assert.Equal((status, null), (answer.Status, Reviews.Single().Response));
    }

    [Fact]
    public async Task An_eviction_is_reviewed_as_one_and_not_as_a_delete()
    {
        Configure(ApiKind.MutatingWebhooks, "a");
        Configure(ApiKind.ValidatingWebhooks, "b");
        Pod("web-1");

        var answer = await EvictAsync("web-1", """, "deleteOptions": {"gracePeriodSeconds": 7}""");

        var pod = Cluster.Store.Find(ApiKind.Pod, "rec", "web-1")!;
        Assert.Equal((201, 7L), (answer.Status, pod.Number("metadata", "deletionGracePeriodSeconds")));
        Assert.Equal("EvictionByEvictionAPI", pod.Condition("DisruptionTarget").Text("reason"));
        Assert.Equal([("a", "CREATE"), ("b", "CREATE")], Reviews.Select(review => (review.Webhook, review.Operation)));
        Assert.All(Reviews, review => Assert.Equal(
            ("eviction", "Eviction", 7L, null),
            (review.Request.Text("subResource"), review.Request.Text("kind", "kind"), review.Request.Number("object", "deleteOptions", "gracePeriodSeconds"), review.Request["oldObject"])));
    }

    [Theory]
    [InlineData("?dryRun=All", "", true)]
    [InlineData("", """, "deleteOptions": {"dryRun": ["All"]}""", false)]
    public async Task A_dry_run_of_an_eviction_shows_in_the_review_only_when_it_is_in_the_query(string query, string options, bool shows)
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");

        var answer = await EvictAsync("web-1", options, query);

        Assert.Equal((201, shows), (answer.Status, Reviews.Single().Request.IsTrue("dryRun")));
        Assert.False(Cluster.Store.Find(ApiKind.Pod, "rec", "web-1")!.IsTerminating());
    }

    [Fact]
    public async Task Webhooks_are_asked_before_it_is_known_whether_the_pod_is_there_or_its_budget_allows_it()
    {
        Configure(ApiKind.ValidatingWebhooks);
        Webhook = _ => Deny(429, "TooManyRequests", "later");
        var gone = await EvictAsync("nobody");
        Webhook = _ => new JsonObject { ["allowed"] = true };
        var missing = await EvictAsync("nobody");

        Assert.Equal((429, 404), (gone.Status, missing.Status));
    }

    [Fact]
    public async Task An_eviction_that_a_webhook_makes_a_dry_run_is_answered_201_and_the_pod_lives()
    {
        Configure(ApiKind.MutatingWebhooks);
        Pod("web-1");
        Webhook = _ => Patch(JsonFields.Object("""{"op": "add", "path": "/deleteOptions", "value": {"dryRun": ["All"]} }"""));

        var answer = await EvictAsync("web-1");

        Assert.Equal((201, false), (answer.Status, Cluster.Store.Find(ApiKind.Pod, "rec", "web-1")!.IsTerminating()));
    }

    [Fact]
    public async Task A_pod_with_a_generated_name_has_neither_name_nor_uid_before_it_is_validated()
    {
        Configure(ApiKind.MutatingWebhooks, "a");
        Configure(ApiKind.ValidatingWebhooks, "b");
        Pod("there");

        var answer = await CreateAsync("""{"metadata": {"generateName": "web-859c5b5dff-"}, "spec": {"containers": [{"name": "app"}]} }""");

        var (first, second) = (Reviews.First().Request, Reviews.Last().Request);
        Assert.Equal((201, null, ""), (answer.Status, first.Text("name"), first["object"]!.Uid()));
        Assert.Equal("kube-api-access-x5k2p", first["object"]!.Items("spec", "volumes").Single().Text("name"));
        Assert.Equal((answer.Body!.Name(), answer.Body!.Uid()), (second.Text("name"), second["object"]!.Uid()));
        Assert.StartsWith("web-859c5b5dff-", answer.Body!.Name(), StringComparison.Ordinal);
    }

    /// <summary>Section E: what the server makes of patches.</summary>
    [Theory]
    [InlineData("""{"op": "add", "path": "/spec/containers/0/lifecycle", "value": {"preStop": {"sleep": {"seconds": 30} } } }""", 201, "")]
    [InlineData("""{"op": "add", "path": "/spec/containers/0/lifecycle", "value": {"preStop": {"sleep": {"seconds": 45} } } }""", 422, "must be non-negative and less than terminationGracePeriodSeconds (30)")]
    [InlineData("""{"op": "add", "path": "/spec/containers/0/lifecycle/preStop", "value": {"sleep": {"seconds": 5} } }""", 500, "doc is missing path: \"/spec/containers/0/lifecycle/preStop\"")]
    [InlineData("""{"op": "add", "path": "/spec/volumes/-", "value": {"name": "kube-api-access-x5k2p"} }""", 422, "spec.volumes[1].name: Duplicate value: \"kube-api-access-x5k2p\"")]
    [InlineData("""{"op": "add", "path": "/spec/initContainers", "value": [{"name": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 5} } } }]}""", 422, "may not be set for init containers without restartPolicy=Always")]
    [InlineData("""{"op": "add", "path": "/spec/initContainers", "value": [{"name": "i", "restartPolicy": "Always", "lifecycle": {"preStop": {"sleep": {"seconds": 5} } } }]}""", 201, "")]
    public async Task A_pod_is_refused_for_a_patch_whatever_the_failure_policy(string operation, int status, string message)
    {
        Configure(ApiKind.MutatingWebhooks);
        Pod("there");
        Webhook = _ => Patch(JsonFields.Object(operation));

        var answer = await CreateAsync("""{"metadata": {"name": "web-1"}, "spec": {"containers": [{"name": "app"}]} }""");

        Assert.Equal(status, answer.Status);
        Assert.Contains(message, answer.Body.Text("message") ?? "", StringComparison.Ordinal);
        if (status == 201)
        {
            // The server gives the mount to containers that a webhook has added, too.
            Assert.All(
                answer.Body.Items("spec", "containers").Concat(answer.Body.Items("spec", "initContainers")),
                container => Assert.Single(container.Items("volumeMounts")));
        }
    }

    [Theory]
    [InlineData("IfNeeded", new[] { "a", "b", "a" })]
    [InlineData("Never", new[] { "a", "b" })]
    public async Task A_webhook_is_asked_again_when_a_later_one_has_changed_the_pod(string policy, string[] asked)
    {
        Configure(ApiKind.MutatingWebhooks, "a", $", \"reinvocationPolicy\": \"{policy}\"");
        Configure(ApiKind.MutatingWebhooks, "b");
        Pod("there");
        Webhook = request => request.Items("object", "spec", "containers").Count() == 1 && Calls[^1].AbsolutePath == "/b"
            ? Patch(JsonFields.Object("""{"op": "add", "path": "/spec/containers/-", "value": {"name": "sidecar"} }"""))
            : new JsonObject { ["allowed"] = true };

        await CreateAsync("""{"metadata": {"name": "web-1"}, "spec": {"containers": [{"name": "app"}]} }""");

        Assert.Equal(asked, Reviews.Select(review => review.Webhook));
        Assert.Equal(asked.Length == 3 ? 2 : 1, Reviews.Last(review => review.Webhook == "a").Request.Items("object", "spec", "containers").Count());
    }

    private Task<ApiAnswer> CreateAsync(string pod) => Cluster.SendAsync(ApiUser.Admin, "POST", "/api/v1/namespaces/rec/pods", JsonFields.Object(pod));
}
