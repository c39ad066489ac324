using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Xunit;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>The API server of the tests answers as the real one did.</summary>
public sealed partial class RecordedAnswersTests : IAsyncDisposable
{
    private const string Ca = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";

    private readonly LoopbackCluster _cluster = new(new FakeClock());

    public RecordedAnswersTests()
    {
        string[] uids = ["e4ea186b-f1a8-4dc2-8941-85724c0291ac", "8cd04b45-8a91-4e90-bbf5-345dfc813ecb", "e83b9cc6-b04c-445f-a2d8-4504472040d9", "54535b8b-65ff-4dbb-b226-8aad1bc41412"];
        foreach (var (number, uid) in uids.Index())
        {
            Pod($"page{number}", "page", uid);
        }

        Pod("page4", "page", "ffc26676-fa34-4116-a77f-13dc6f1a5766");
        Pod("noann", "noann", "u-noann");
        Pod("ev0", "ev", "u-ev0");
    }

    /// <summary>What was refused: status, reason, message, details.</summary>
    [Theory]
    [InlineData("delete-404")]
    [InlineData("delete-bad-propagation")]
    [InlineData("delete-rv-precondition-fails")]
    [InlineData("delete-uid-precondition-fails")]
    [InlineData("error-400-json")]
    [InlineData("error-404")]
    [InlineData("error-405")]
    [InlineData("error-406")]
    [InlineData("error-415")]
    [InlineData("event-no-action")]
    [InlineData("event-no-time")]
    [InlineData("eviction-404")]
    [InlineData("eviction-blocked")]
    [InlineData("eviction-name-mismatch")]
    [InlineData("eviction-two-budgets")]
    [InlineData("lease-create-again")]
    [InlineData("lease-update-conflict")]
    [InlineData("list-bad-field-selector")]
    [InlineData("list-bad-selector")]
    [InlineData("list-exact-old")]
    [InlineData("missing-crd")]
    [InlineData("missing-crd-group")]
    [InlineData("patch-404")]
    [InlineData("patch-json-add-no-parent")]
    [InlineData("patch-json-bad")]
    [InlineData("patch-json-remove-missing")]
    [InlineData("patch-json-test-fails")]
    [InlineData("patch-json-test-rv-fails")]
    [InlineData("patch-merge-rv-conflict")]
    [InlineData("put-conflict")]
    [InlineData("secret-create-again")]
    [InlineData("secret-invalid")]
    public async Task A_refusal_is_the_recorded_one(string name)
    {
        Prepare(name);
        var recording = Recording.Load(name);

        var answer = await AskAsync(recording);

        Assert.Equal(recording.Status, answer.Status);
        if (answer.Body is JsonValue)
        {
            Assert.Equal((recording.Answer, "text/plain; charset=utf-8"), ((string)answer.Body!, answer.Header("Content-Type")));
        }
        else
        {
            Assert.Equal(Masked(JsonNode.Parse(recording.Answer)!), Masked(answer.Body!));
        }
    }

    /// <summary>The same, where the message is longer than what anybody looks at: all but that.</summary>
    [Theory]
    [InlineData("event-note-too-long", "FieldValueInvalid")]
    [InlineData("patch-immutable-spec", "FieldValueForbidden")]
    [InlineData("patch-invalid-label", "FieldValueInvalid")]
    [InlineData("patch-merge-uid-conflict", "FieldValueInvalid")]
    public async Task A_refusal_names_the_recorded_field(string name, string cause)
    {
        var recording = Recording.Load(name);

        var answer = await AskAsync(recording);

        var recorded = JsonNode.Parse(recording.Answer)!;
        Assert.Equal((422, "Invalid"), (answer.Status, answer.Body.Text("reason")));
        Assert.Equal((cause, cause), (Cause(recorded, "reason"), Cause(answer.Body!, "reason")));
        Assert.Equal(Cause(recorded, "field"), Cause(answer.Body!, "field"));
    }

    [Theory]
    [InlineData("delete-again")]
    [InlineData("delete-bad-option")]
    [InlineData("delete-grace-0")]
    [InlineData("delete-graceful")]
    [InlineData("event-create")]
    [InlineData("eviction-ok")]
    [InlineData("lease-create")]
    [InlineData("list-empty")]
    [InlineData("patch-dry-run")]
    [InlineData("patch-json-ok")]
    [InlineData("patch-merge-ok")]
    [InlineData("patch-strategic-ok")]
    [InlineData("patch-terminating")]
    [InlineData("secret-create")]
    [InlineData("webhook-create")]
    [InlineData("webhook-patch-cabundle-strategic")]
    public async Task What_is_done_is_answered_as_it_was_recorded(string name)
    {
        Prepare(name);
        var recording = Recording.Load(name);

        var answer = await AskAsync(recording);

        Assert.Equal(recording.Status, answer.Status);
        var (recorded, body) = (JsonNode.Parse(recording.Answer)!, answer.Body!);
        foreach (var field in (string[])["kind", "apiVersion", "metadata.labels", "metadata.deletionGracePeriodSeconds", "status.phase", "reason"])
        {
            Assert.Equal(recorded.At(field.Split('.'))?.ToJsonString(), body.At(field.Split('.'))?.ToJsonString());
        }

        Assert.Equal(recorded.IsTerminating(), body.IsTerminating());
    }

    [Fact]
    public async Task A_list_comes_in_pages_of_one_version()
    {
        var first = await ListAsync("limit=2&labelSelector=app%3Dpage");
        await _cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec/pods/page3", JsonFields.Object("""{"gracePeriodSeconds": 0}"""));
        var second = await ListAsync($"limit=2&labelSelector=app%3Dpage&continue={first.Text("metadata", "continue")}");
        var third = await ListAsync($"limit=2&labelSelector=app%3Dpage&continue={second.Text("metadata", "continue")}");

        Assert.Equal(["page0", "page1"], Names(first));
        Assert.Equal(["page2", "page3"], Names(second));
        Assert.Equal((first.Version(), null), (third.Version(), third.Text("metadata", "continue")));
        Assert.Equal(["page4"], Names(third));

        // Recorded: the items of a list do not name their kind.
        Assert.All(first.Items("items"), item => Assert.Null(item.Text("kind")));
    }

    [Fact]
    public async Task A_page_that_comes_too_late_offers_another_token()
    {
        var first = await ListAsync("limit=2");
        await _cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec/pods/page4", JsonFields.Object("""{"gracePeriodSeconds": 0}"""));
        _cluster.Store.Forget();

        var late = await _cluster.SendAsync(ApiUser.Admin, "GET", $"/api/v1/namespaces/rec/pods?limit=2&continue={first.Text("metadata", "continue")}");
        var rest = await ListAsync($"continue={late.Body.Text("metadata", "continue")}");

        Assert.Equal((410, "Expired"), (late.Status, late.Body.Text("reason")));
        Assert.StartsWith(late.Body.Text("message")!, JsonNode.Parse(Recording.Load("list-continue-expired").Answer).Text("message"), StringComparison.Ordinal);
        Assert.Equal(["page0", "page1", "page2", "page3"], Names(rest));
    }

    [Fact]
    public void A_list_of_the_future_ends_after_three_seconds()
    {
        var clock = (FakeClock)_cluster.Time;

        var answer = clock.Run(() => AskAsync(Recording.Load("list-future")));

        Assert.Equal((504, "Timeout", "1"), (answer.Status, answer.Body.Text("reason"), answer.Header("Retry-After")));
        Assert.Equal(TimeSpan.FromSeconds(3), clock.Now);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private void Prepare(string name)
    {
        switch (name)
        {
            case "delete-again" or "patch-terminating":
                _cluster.Change(ApiKind.Pod, "rec", "page1", pod =>
                {
                    pod["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:30Z";
                    pod["metadata"]!["deletionGracePeriodSeconds"] = 30;
                });
                break;
            case "eviction-blocked":
                Budget("ev");
                break;
            case "eviction-two-budgets":
                Budget("ev");
                Budget("ev2");
                break;
            case "lease-create-again" or "lease-update-conflict":
                _cluster.Put("""{"kind": "Lease", "metadata": {"name": "prestop", "namespace": "rec", "uid": "c5d28651-060d-4b35-938b-402f26537949"} }""");
                break;
            case "patch-merge-ok" or "patch-terminating":
                _cluster.Change(ApiKind.Pod, "rec", "page0", pod => pod["metadata"]!["labels"]!["prestop/draining"] = "true");
                break;
            case "secret-create-again":
                _cluster.Put("""{"kind": "Secret", "metadata": {"name": "prestop-tls", "namespace": "rec"} }""");
                break;
            case "webhook-patch-cabundle-strategic":
                _cluster.Put($$"""{"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "prestop-ca-sample"}, "webhooks": [{"name": "pods.prestop.example", "clientConfig": {"caBundle": "{{Ca}}"} }]}""");
                break;
            default:
                break;
        }
    }

    private void Budget(string name) => _cluster.Put($$"""
        {"kind": "PodDisruptionBudget", "metadata": {"name": "{{name}}", "namespace": "rec"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "ev"} } },
         "status": {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 2} }
        """);

    private void Pod(string name, string app, string uid) => _cluster.Put($$"""
        {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "rec", "uid": "{{uid}}", "labels": {"app": "{{app}}"} },
         "spec": {"nodeName": "node-2", "containers": [{"name": "app"}]}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
        """);

    /// <summary>Sends what was recorded; where it holds the version of an object, that which the object has here.</summary>
    private async Task<ApiAnswer> AskAsync(Recording recording)
    {
        var body = recording.Body?.DeepClone();
        foreach (var test in (body as JsonArray ?? []).Where(operation => operation.Text("path") == "/metadata/resourceVersion" && operation.Text("value") != "1"))
        {
            test!["value"] = _cluster.Store.Find(ApiKind.Pod, "rec", "page0")!.Version();
        }

        return await _cluster.SendAsync(
            ApiUser.Admin, recording.Method, recording.Target, body is JsonValue text ? (string)text! : body?.ToJsonString(), recording.RequestHeader("Content-Type"), recording.RequestHeader("Accept"));
    }

    private async Task<JsonNode> ListAsync(string query) => (await _cluster.SendAsync(ApiUser.Admin, "GET", $"/api/v1/namespaces/rec/pods?{query}")).Body!;

    private static string[] Names(JsonNode list) => [.. list.Items("items").Select(item => item.Name()).Where(name => name.StartsWith("page", StringComparison.Ordinal))];

    private static string? Cause(JsonNode status, string field) => status.Items("details", "causes").First().Text(field);

    /// <summary>Without the versions that a message names.</summary>
    private static string Masked(JsonNode status) => InRecord().Replace(status.ToJsonString(), "in record (…)");

    [GeneratedRegex(@"in record \(\d+\)")]
    private static partial Regex InRecord();
}
