using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests.Client;

/// <summary>The client sends what was recorded, byte for byte or as JSON, and makes of the recorded answers what they mean.</summary>
public sealed class ReplayTests : IAsyncDisposable
{
    private static readonly Resource<AnyObject> ConfigMaps = AnyObject.Of("", "v1", "configmaps");
    private static readonly Resource<AnyObject> Secrets = AnyObject.Of("", "v1", "secrets");
    private static readonly Resource<AnyObject> Leases = AnyObject.Of("coordination.k8s.io", "v1", "leases");
    private static readonly Resource<AnyObject> Events = AnyObject.Of("events.k8s.io", "v1", "events");
    private static readonly Resource<AnyObject> Budgets = AnyObject.Of("policy", "v1", "poddisruptionbudgets");
    private static readonly Resource<AnyObject> Bindings = AnyObject.Of("elbv2.k8s.aws", "v1beta1", "targetgroupbindings");

    private readonly RecordedServer _server = new("<token>");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_in_two_parts_is_one_list()
    {
        Recording first = Recording.Load("list-page-1"), second = Recording.Load("list-page-2");
        _server.Answer(first);
        _server.Answer(200, second.Answer.Replace("\"continue\"", "\"continued\"", StringComparison.Ordinal));

        var list = (await _server.Client.ListAsync(
            Pod.Resource, new Selection { Namespace = "rec", LabelSelector = "app=page", PageSize = 2 }, Cancellation)).Value!;

        Assert.Equal(["page0", "page1", "page2", "page3"], list.Items.Select(pod => pod.Metadata.Name));
        Assert.Equal("28881", list.ResourceVersion);
        _server.Sent(first);
        _server.Sent(second, 1);
        Assert.Equal("2", _server.Requests[1].Query["limit"]);
        var pod = list.Items[0];
        Assert.Equal(("rec", "e4ea186b-f1a8-4dc2-8941-85724c0291ac", "28857"), (pod.Metadata.Namespace, pod.Metadata.Uid, pod.Metadata.ResourceVersion));
        Assert.Equal("page", pod.Labels["app"]);
        Assert.Equal(("Running", true, "node-2"), (pod.Phase, pod.IsReady, pod.NodeName));
        Assert.Single(pod.Addresses);
        Assert.Null(pod.Controller);
        Assert.Null(pod.DeletionTimestamp);
    }

    [Theory]
    [InlineData("list-continue-expired", ApiFault.Expired, "Expired")]
    [InlineData("list-exact-old", ApiFault.Expired, "Expired")]
    [InlineData("list-bad-continue", ApiFault.Rejected, "BadRequest")]
    [InlineData("list-bad-selector", ApiFault.Rejected, "BadRequest")]
    [InlineData("list-future", ApiFault.Transient, "Timeout")]
    [InlineData("error-403-list", ApiFault.Forbidden, "Forbidden")]
    public async Task A_list_that_is_refused_keeps_the_reason(string recording, ApiFault fault, string reason)
    {
        _server.Answer(Recording.Load(recording));

        var error = (await _server.Client.ListAsync(Pod.Resource, new Selection { Namespace = "rec" }, Cancellation)).Error;

        Assert.Equal((fault, reason), (error?.Fault, error?.Status?.Reason));
    }

    [Fact]
    public async Task A_server_that_is_behind_says_when_to_come_back()
    {
        _server.Answer(Recording.Load("list-future"));

        var error = (await _server.Client.ListAsync(Pod.Resource, new Selection { Namespace = "rec" }, Cancellation)).Error!;

        Assert.Equal(TimeSpan.FromSeconds(1), error.RetryAfter);
        Assert.True(error.Status!.IsCausedBy("ResourceVersionTooLarge"));
    }

    [Fact]
    public async Task An_empty_list_is_a_list()
    {
        var recording = Recording.Load("list-empty");
        _server.Answer(recording);

        Assert.Empty((await _server.Client.ListAsync(Budgets, new Selection { Namespace = "rec" }, Cancellation)).Value!.Items);
        _server.Sent(recording);
    }

    [Fact]
    public async Task A_kind_that_is_not_installed_is_not_found_and_has_no_status()
    {
        var recording = Recording.Load("missing-crd");
        _server.Answer(recording);

        var error = (await _server.Client.ListAsync(Bindings, new Selection(), Cancellation)).Error;

        Assert.Equal(ApiFault.NotFound, error?.Fault);
        Assert.Null(error?.Status);
        Assert.Equal("the API server answers 404 to list targetgroupbindings.elbv2.k8s.aws", error?.Message);
        _server.Sent(recording);
    }

    [Theory]
    [InlineData("error-401", "page0", ApiFault.Unauthorized, "Unauthorized")]
    [InlineData("error-403", "page0", ApiFault.Forbidden, "Forbidden")]
    [InlineData("error-404", "nobody", ApiFault.NotFound, "NotFound")]
    public async Task A_get_that_is_refused_keeps_the_reason(string name, string pod, ApiFault fault, string reason)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);

        var error = (await _server.Client.GetAsync(Pod.Resource, "rec", pod, Cancellation)).Error;

        Assert.Equal((fault, reason), (error?.Fault, error?.Status?.Reason));
        _server.Sent(recording);
    }

    [Fact]
    public async Task A_get_of_another_group_brings_the_object()
    {
        var recording = Recording.Load("pdb-blocking");
        _server.Answer(recording);

        var budget = (await _server.Client.GetAsync(Budgets, "rec", "ev", Cancellation)).Value!;

        Assert.Equal(0, (int)budget.Content["status"]!["disruptionsAllowed"]!);
        _server.Sent(recording);
    }

    public static TheoryData<string, string, Patch, ApiFault?, string> Patches => new()
    {
        {
            "patch-json-ok", "page0", Patch.Json(new JsonPatch()
                .Test("/metadata/uid", "e4ea186b-f1a8-4dc2-8941-85724c0291ac")
                .Test("/metadata/resourceVersion", "28909")
                .Add("/metadata/annotations", new JsonObject())
                .Add(JsonPatch.Path("metadata", "annotations", "prestop/drain-until"), "2026-11-21T10:00:45Z")
                .Remove(JsonPatch.Path("metadata", "labels", "app"))
                .Add(JsonPatch.Path("metadata", "labels", "prestop/draining"), "true")), null, ""
        },
        {
            "isolate-patch", "iso1-57d4d65fcc-dnv4j", Patch.Json(new JsonPatch()
                .Test("/metadata/uid", "d730f94e-5799-40a2-b6fb-21bac5702c74")
                .Test("/metadata/resourceVersion", "23010")
                .Add("/metadata/annotations", new JsonObject())
                .Remove("/metadata/labels/app")
                .Remove("/metadata/labels/pod-template-hash")
                .Add(JsonPatch.Path("metadata", "labels", "prestop/draining"), "true")
                .Add(JsonPatch.Path("metadata", "annotations", "prestop/labels"), "{\"app\": \"iso1\", \"pod-template-hash\": \"57d4d65fcc\"}")
                .Add(JsonPatch.Path("metadata", "annotations", "prestop/drain-until"), "2026-11-21T10:00:45Z")), null, ""
        },
        {
            "patch-json-test-fails", "page0", Patch.Json(new JsonPatch()
                .Test("/metadata/uid", "11111111-1111-1111-1111-111111111111")
                .Add("/metadata/labels/x", "1")), ApiFault.Rejected, "Invalid"
        },
        { "patch-json-remove-missing", "page0", Patch.Json(new JsonPatch().Remove("/metadata/labels/nope")), ApiFault.Rejected, "Invalid" },
        { "patch-merge-ok", "page0", Patch.Merge(Labels(("prestop/draining", null), ("app", "page"))), null, "" },
        { "patch-terminating", "page1", Patch.Merge(Labels(("app", null))), null, "" },
        {
            "patch-merge-rv-conflict", "page0",
            Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = "1", ["labels"] = new JsonObject { ["x"] = "1" } } }),
            ApiFault.Conflict, "Conflict"
        },
        {
            "patch-merge-uid-conflict", "page0",
            Patch.Merge(new JsonObject
            {
                ["metadata"] = new JsonObject { ["uid"] = "11111111-1111-1111-1111-111111111111", ["labels"] = new JsonObject { ["x"] = "1" } },
            }),
            ApiFault.Rejected, "Invalid"
        },
        { "patch-404", "nobody", Patch.Merge(Labels(("y", "z"))), ApiFault.NotFound, "NotFound" },
        { "patch-invalid-label", "page0", Patch.Merge(Labels(("x", "not ok!"))), ApiFault.Rejected, "Invalid" },
        {
            "patch-strategic-ok", "page0",
            Patch.StrategicMerge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["a"] = "b" } } }), null, ""
        },
    };

    [Theory]
    [MemberData(nameof(Patches), DisableDiscoveryEnumeration = true)]
    public async Task A_patch_is_sent_in_its_form_and_its_failure_has_a_reason(string name, string pod, Patch patch, ApiFault? fault, string reason)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);

        var patched = await _server.Client.PatchAsync(Pod.Resource, "rec", pod, patch, new WriteOptions(), Cancellation);

        _server.Sent(recording);
        Assert.Equal((fault, reason), (patched.Error?.Fault, patched.Error?.Status?.Reason ?? ""));
        Assert.Equal(fault is null ? pod : null, patched.Value?.Metadata.Name);
    }

    [Fact]
    public async Task A_dry_run_is_said_in_the_query()
    {
        var recording = Recording.Load("patch-dry-run");
        _server.Answer(recording);

        var patched = await _server.Client.PatchAsync(
            Pod.Resource, "rec", "page0", Patch.Merge(Labels(("y", "z"))), new WriteOptions { DryRun = true }, Cancellation);

        _server.Sent(recording);
        Assert.Equal("z", patched.Value?.Labels["y"]);
    }

    [Theory]
    [InlineData("apply-ok", "prestopd", "1", null)]
    [InlineData("apply-conflict", "other", "2", ApiFault.Conflict)]
    [InlineData("apply-no-manager", null, "2", ApiFault.Rejected)]
    public async Task Server_side_apply_names_its_manager(string name, string? manager, string value, ApiFault? fault)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);
        var fields = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "ssa", ["namespace"] = "rec" },
            ["data"] = new JsonObject { ["a"] = value },
        };

        var applied = await _server.Client.PatchAsync(
            ConfigMaps, "rec", "ssa", Patch.Apply(fields, force: false), new WriteOptions { FieldManager = manager }, Cancellation);

        _server.Sent(recording);
        Assert.Equal(fault, applied.Error?.Fault);
        Assert.Equal(fault is ApiFault.Conflict, applied.Error?.Status?.IsCausedBy("FieldManagerConflict") ?? false);
    }

    [Fact]
    public async Task Apply_by_force_and_a_subresource_are_said_in_query_and_path()
    {
        _server.Answer(Recording.Load("apply-ok"));

        await _server.Client.PatchAsync(
            ConfigMaps.Subresource("status"), "rec", "ssa", Patch.Apply([], force: true), new WriteOptions { FieldManager = "a&b", DryRun = true }, Cancellation);

        var sent = _server.Requests[0];
        Assert.Equal("/api/v1/namespaces/rec/configmaps/ssa/status", sent.Path);
        Assert.Equal(("All", "a&b", "true"), (sent.Query["dryRun"], sent.Query["fieldManager"], sent.Query["force"]));
    }

    [Theory]
    [InlineData("lease-create", null, "")]
    [InlineData("lease-create-again", ApiFault.Conflict, "AlreadyExists")]
    [InlineData("secret-create", null, "")]
    [InlineData("secret-create-again", ApiFault.Conflict, "AlreadyExists")]
    [InlineData("secret-invalid", ApiFault.Rejected, "Invalid")]
    [InlineData("event-create", null, "")]
    [InlineData("event-note-too-long", ApiFault.Rejected, "Invalid")]
    public async Task What_is_created_is_sent_whole(string name, ApiFault? fault, string reason)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);
        var kind = name.Split('-')[0] switch { "lease" => Leases, "secret" => Secrets, _ => Events };

        var created = await _server.Client.CreateAsync(
            kind, "rec", recording.Body!.DeepClone().AsObject(), new WriteOptions(), Cancellation);

        _server.Sent(recording);
        Assert.Equal((fault, reason), (created.Error?.Fault, created.Error?.Status?.Reason ?? ""));
        Assert.Equal(fault is null, created.Value?.Metadata.ResourceVersion.Length > 0);
    }

    [Fact]
    public async Task A_review_is_created_where_nothing_is_kept()
    {
        var recording = Recording.Load("selfsubjectaccessreview-no");
        _server.Answer(recording);

        var review = await _server.Client.CreateAsync(
            AnyObject.Of("authorization.k8s.io", "v1", "selfsubjectaccessreviews"),
            null,
            recording.Body!.DeepClone().AsObject(),
            new WriteOptions(),
            Cancellation);

        _server.Sent(recording);
        Assert.False((bool?)review.Value!.Content["status"]!["allowed"]);
    }

    public static TheoryData<string, string, DeleteOptions, ApiFault?> Deletes => new()
    {
        { "delete-graceful", "page1", new DeleteOptions { Uid = "8cd04b45-8a91-4e90-bbf5-345dfc813ecb" }, null },
        { "delete-again", "page1", new DeleteOptions(), null },
        { "delete-grace-0", "page2", new DeleteOptions { GracePeriodSeconds = 0 }, null },
        { "delete-404", "nobody", new DeleteOptions(), ApiFault.NotFound },
        { "delete-uid-precondition-fails", "page0", new DeleteOptions { Uid = "11111111-1111-1111-1111-111111111111" }, ApiFault.Conflict },
        {
            "delete-rv-precondition-fails", "page0",
            new DeleteOptions { Uid = "e4ea186b-f1a8-4dc2-8941-85724c0291ac", ResourceVersion = "1" }, ApiFault.Conflict
        },
    };

    [Theory]
    [MemberData(nameof(Deletes), DisableDiscoveryEnumeration = true)]
    public async Task A_delete_carries_its_options_and_preconditions(string name, string pod, DeleteOptions options, ApiFault? fault)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);

        var deleted = await _server.Client.DeleteAsync(Pod.Resource, "rec", pod, options, Cancellation);

        Assert.Equal(fault, deleted.Error?.Fault);
        Assert.Equal(fault is null ? 200 : null, deleted.Value?.Code);
        if (recording.Body is not null)
        {
            _server.Sent(recording);
        }
    }

    [Fact]
    public async Task All_options_of_a_delete_have_their_place()
    {
        _server.Answer(Recording.Load("delete-grace-0"));

        var deleted = await _server.Client.DeleteAsync(
            Pod.Resource,
            "rec",
            "page2",
            new DeleteOptions { GracePeriodSeconds = 7, Propagation = Propagation.Foreground, DryRun = true },
            Cancellation);

        Assert.True(deleted.Succeeded, deleted.Error?.Message);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":7,"propagationPolicy":"Foreground","dryRun":["All"]}"""),
            JsonNode.Parse(_server.Requests[0].Text)));
    }

    [Theory]
    [InlineData("delete-denied-403", ApiFault.Forbidden, null)]
    [InlineData("delete-denied-429", ApiFault.Transient, 7)]
    public async Task A_webhook_that_denies_is_heard(string name, ApiFault fault, int? retryAfter)
    {
        _server.Answer(Recording.Load(name));

        var error = (await _server.Client.DeleteAsync(Pod.Resource, "rec", "page3", new DeleteOptions(), Cancellation)).Error!;

        Assert.Equal(fault, error.Fault);
        Assert.Equal(retryAfter, error.RetryAfter?.TotalSeconds);
        Assert.Contains("denied the request: pod is draining", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eviction-ok", "page3", null, false)]
    [InlineData("eviction-blocked", "ev0", ApiFault.Transient, true)]
    [InlineData("eviction-two-budgets", "ev0", ApiFault.Transient, false)]
    [InlineData("eviction-404", "nobody", ApiFault.NotFound, false)]
    public async Task An_eviction_that_a_budget_forbids_is_told_from_one_that_fails(string name, string pod, ApiFault? fault, bool isBudget)
    {
        var recording = Recording.Load(name);
        _server.Answer(recording);

        var evicted = await _server.Client.EvictAsync("rec", pod, new DeleteOptions(), Cancellation);

        _server.Sent(recording);
        Assert.Equal(fault, evicted.Error?.Fault);
        Assert.Equal(isBudget, evicted.Error?.Status?.IsCausedBy("DisruptionBudget") ?? false);
        Assert.Equal(fault is null ? 201 : null, evicted.Value?.Code);
    }

    [Fact]
    public async Task A_dry_run_of_an_eviction_is_said_where_webhooks_see_it()
    {
        _server.Answer(Recording.Load("eviction-ok"));

        await _server.Client.EvictAsync("rec", "page3", new DeleteOptions { DryRun = true, Uid = "u", GracePeriodSeconds = 5 }, Cancellation);

        var sent = _server.Requests[0];
        Assert.Equal("All", sent.Query["dryRun"]);
        var options = JsonNode.Parse(sent.Body)!["deleteOptions"]!;
        Assert.Equal(("u", 5), ((string)options["preconditions"]!["uid"]!, (int)options["gracePeriodSeconds"]!));
    }

    [Fact]
    public async Task A_call_may_have_a_time_of_its_own()
    {
        await using var server = new ClientFixture();
        server.Server.ReplyOnce("get", LoopbackApiServer.Silence);
        var hasty = server.Client.Within(TimeSpan.FromSeconds(2)).GetAsync(EndpointSlice.Resource, "shop", "web", Cancellation);
        await server.Server.SeenAsync("get", 1);

        server.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(ApiFault.Transient, (await hasty).Error?.Fault);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static JsonObject Labels(params (string Name, string? Value)[] labels)
    {
        var values = new JsonObject();
        foreach (var (name, value) in labels)
        {
            values[name] = value;
        }

        return new JsonObject { ["metadata"] = new JsonObject { ["labels"] = values } };
    }
}
