using System.Text.Json.Nodes;
using Prestop.Testing.Cluster;
using Prestop.Testing.Cluster.ControlPlane;
using Xunit;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>The controllers react as those of the recordings did: how often they ask, when they give up, what they do about pods whose labels change.</summary>
public sealed class ControllersTests : ClusterFixture
{
    private static readonly JsonObject Forbidden = Deny(403, "Forbidden", "drains");

    private readonly List<double> _asked = [];
    private Controllers? _controllers;

    /// <summary>Recordings, section B: denied for 150 s, nothing isolated.</summary>
    [Theory]
    [InlineData("replicaset-controller", 15, 17)]
    [InlineData("statefulset-controller", 14, 17)]
    [InlineData("daemon-set-controller", 14, 17)]
    [InlineData("generic-garbage-collector", 14, 17)]
    [InlineData("node-controller", 5, 5)]
    [InlineData("job-controller", 8, 9)]
    [InlineData("namespace-controller", 14, 16)]
    [InlineData("pod-garbage-collector", 3, 3)]
    [InlineData("kube-scheduler", 1400, 1500)]
    public void A_controller_that_is_refused_asks_so_often(string controller, int least, int most) => Run(async () =>
    {
        await DenyAsync(controller, Forbidden);

        await WaitAsync(150);

        var gaps = Gaps(controller);
        Assert.InRange(gaps.Count + 1, least, most);
        switch (controller)
        {
            case "node-controller":
                Assert.InRange(gaps.Sum(), 0.4, 0.7);
                Assert.Equal("False", Pods().Find(pod => pod.Condition("DisruptionTarget") is not null)!.Condition("DisruptionTarget").Text("status"));
                break;
            case "job-controller":
                Assert.Equal([4, 8, 16, 32, 60], gaps[^5..].Select(gap => Math.Floor(gap)));
                break;
            case "namespace-controller":
                Assert.Contains("drains", Cluster.Store.Find(ApiKind.Namespace, "", "rec")!.Condition("NamespaceDeletionContentFailure").Text("message"));
                Assert.InRange(_asked[0], 5, 10);
                Assert.InRange(gaps.First(gap => gap > 10), 10, 11);
                Assert.InRange(gaps.Max(), 40, 61);
                break;
            case "pod-garbage-collector":
                Assert.All(gaps, gap => Assert.InRange(gap, 40, 40.5));
                break;
            case "kube-scheduler":
                Assert.All(gaps, gap => Assert.InRange(gap, 0.09, 0.11));
                break;
            default:
                // Gaps of 2.6, 5.2, 10.3, 20.5 and 41 s, at the end of many short ones.
                Assert.InRange(gaps[^1], 40.5, 41.5);
                Assert.InRange(gaps[^4], 5, 5.5);
                Assert.InRange(gaps[..7].Sum(), 0.5, 1.5);
                break;
        }
    });

    [Theory]
    [InlineData("replicaset-controller")]
    [InlineData("statefulset-controller")]
    [InlineData("generic-garbage-collector")]
    [InlineData("node-controller")]
    [InlineData("job-controller")]
    [InlineData("kube-scheduler")]
    public void A_controller_that_is_told_a_time_waits_in_blocks_of_eleven(string controller) => Run(async () =>
    {
        await DenyAsync(controller, Deny(429, "TooManyRequests", "drains", 5));

        await WaitAsync(150);

        var gaps = Gaps(controller);
        Assert.InRange(gaps.Count + 1, 30, 32);
        Assert.All(gaps[..10], gap => Assert.InRange(gap, 5, 5.2));
        Assert.InRange(gaps[10], 0.04, 0.25);
    });

    /// <summary>Recordings, section B: kubectl delete.</summary>
    [Theory]
    [InlineData(403, null, 1, 0)]
    [InlineData(429, null, 1, 0)]
    [InlineData(429, 1, 11, 10)]
    [InlineData(429, 12, 11, 120)]
    [InlineData(503, 1, 11, 10)]
    public void A_client_asks_so_often_and_no_longer_than_so(int code, int? seconds, int asked, int length) => Run(async () =>
    {
        Configure(ApiKind.ValidatingWebhooks);
        Pod("web-1");
        Webhook = _ => Deny(code, "…", "no", seconds);

        var answer = await new ClusterClient(Cluster, ApiUser.Admin).SendAsync("DELETE", "/api/v1/namespaces/rec/pods/web-1", null, CancellationToken.None);

        Assert.Equal((code, asked), (answer.Status, Cluster.Admission.Reviews.Count));
        Assert.InRange(Clock.Now.TotalSeconds, length, length + 2);
    });

    /// <summary>Recordings, section D.</summary>
    [Fact]
    public void A_pod_whose_labels_are_taken_off_leaves_its_service_and_its_owner_which_makes_another() => Run(async () =>
    {
        await StartAsync(1);
        var pod = Pods()[0].Name();

        Label(pod, ("app", null), ("pod-template-hash", null));

        Assert.InRange(await UntilAsync(() => !Endpoints().Contains(pod)), 0.13, 0.2);
        Assert.InRange(await UntilAsync(() => Find(pod)!.Controller() is null), 0.0, 0.1);
        Assert.InRange(await UntilAsync(() => Pods().Count == 2), 0.05, 0.2);
        Assert.InRange(await UntilAsync(() => Pods().TrueForAll(each => each.IsReady())), 1.3, 2.6);
        Assert.False(Find(pod)!.IsTerminating());
    });

    [Fact]
    public void A_pod_without_its_template_hash_stays_in_its_service_so_that_it_is_never_without_an_endpoint() => Run(async () =>
    {
        await StartAsync(1);
        var pod = Pods()[0].Name();
        var least = int.MaxValue;
        Cluster.Store.Changed += () => least = Math.Min(least, Endpoints().Length);

        Label(pod, ("pod-template-hash", null));
        await UntilAsync(() => Endpoints().Length == 2);
        Label(pod, ("app", null));
        await UntilAsync(() => !Endpoints().Contains(pod));
        await WaitAsync(5);

        Assert.Equal((1, 1), (least, Endpoints().Length));
    });

    [Fact]
    public void Labels_that_are_put_back_make_the_owner_delete_the_youngest() => Run(async () =>
    {
        await StartAsync(1);
        var (pod, hash) = (Pods()[0].Name(), Pods()[0].Labels().Text("pod-template-hash"));
        Label(pod, ("app", null), ("pod-template-hash", null));
        await UntilAsync(() => Endpoints() is [var only] && only != pod);
        var replacement = Endpoints()[0];

        Label(pod, ("app", "web"), ("pod-template-hash", hash));
        await UntilAsync(() => Find(replacement) is null);

        Assert.Equal("ReplicaSet", Find(pod)!.Controller().Text("kind"));
        Assert.Equal([pod], Endpoints());
    });

    [Fact]
    public void A_rollout_whose_pods_are_isolated_within_the_call_and_refused_is_complete_in_three_seconds() => Run(async () =>
    {
        await StartAsync(2);
        Configure(ApiKind.ValidatingWebhooks);
        Webhook = Isolate;
        var began = Clock.Now;

        Cluster.Change(ApiKind.Deployment, "rec", "web", each => Restart(each));
        await UntilAsync(() => Find(ApiKind.Deployment, "web")!.At("status") is { } status && status.Number("observedGeneration") == 2
            && status.Number("updatedReplicas") == 2 && status.Number("replicas") == 2 && status.Number("availableReplicas") == 2);

        Assert.InRange((Clock.Now - began).TotalSeconds, 2, 6);
        await WaitAsync(30);
        var asked = Cluster.Admission.Reviews.Where(review => review.Operation == "DELETE").GroupBy(review => review.Request.Text("name"));
        Assert.All(asked, pod => Assert.Equal(2, pod.Count()));
        Assert.Equal((2, 4), (asked.Count(), Pods().Count));
        Assert.Equal(2, Cluster.Store.All(ApiKind.Event).Count(each => each.Text("reason") == "FailedDelete"));
    });

    [Fact]
    public void A_scale_down_whose_pod_is_isolated_asks_for_no_second_one() => Run(async () =>
    {
        await StartAsync(3);
        Configure(ApiKind.ValidatingWebhooks);
        Webhook = Isolate;

        Cluster.Change(ApiKind.Deployment, "rec", "web", each => each["spec"]!["replicas"] = 2);
        await WaitAsync(30);

        Assert.Single(Cluster.Admission.Reviews.Select(review => review.Request.Text("name")).Distinct());
        Assert.Equal(2, Endpoints().Length);
    });

    [Fact]
    public void The_garbage_collector_meets_a_conflict_first_and_leaves_the_owner_in_the_pod() => Run(async () =>
    {
        await StartAsync(1);
        var pod = Pods()[0].Name();
        Configure(ApiKind.ValidatingWebhooks);
        Webhook = Isolate;

        await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/apis/apps/v1/namespaces/rec/deployments/web", JsonFields.Object("""{"propagationPolicy": "Background"}"""));
        await WaitAsync(11);

        // Twice in the first call: the second time with the changed pod; and one that ends 409 before it is asked again.
        Assert.InRange(Cluster.Admission.Reviews.Count, 10, 14);
        Assert.Equal("ReplicaSet", Find(pod)!.Controller().Text("kind"));
        Assert.Empty(Cluster.Store.All(ApiKind.ReplicaSet));
    });

    [Theory]
    [InlineData("Foreground", true)]
    [InlineData("Orphan", false)]
    public void An_owner_waits_for_what_it_owns_or_lets_it_go(string propagation, bool areGone) => Run(async () =>
    {
        await StartAsync(2);

        await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/apis/apps/v1/namespaces/rec/deployments/web", JsonFields.Object($$"""{"propagationPolicy": "{{propagation}}"}"""));
        Assert.NotNull(Find(ApiKind.Deployment, "web"));
        await UntilAsync(() => Find(ApiKind.Deployment, "web") is null);
        await WaitAsync(5);

        Assert.Equal((areGone ? 0 : 1, areGone ? 0 : 2), (Cluster.Store.All(ApiKind.ReplicaSet).Count, Pods().Count));
        Assert.All(Cluster.Store.All(ApiKind.ReplicaSet), set => Assert.Null(set.Controller()));
    });

    [Fact]
    public void A_statefulsets_pod_that_it_let_go_keeps_its_name_taken() => Run(async () =>
    {
        await StartAsync(2, ApiKind.StatefulSet);
        Configure(ApiKind.ValidatingWebhooks);

        Label("web-0", ("app", null));
        await UntilAsync(() => Find("web-0")!.Controller() is null);
        await WaitAsync(20);
        Assert.InRange(Cluster.Admission.Reviews.Count(review => review.Operation == "CREATE"), 10, 14);

        // Nothing wakes the owner when the name is free again: it comes in its own time.
        await DeleteAsync("web-0", """{"gracePeriodSeconds": 0}""");
        Assert.InRange(await UntilAsync(() => Find("web-0") is { } pod && pod.Controller() is not null), 0.0, 21);
    });

    [Fact]
    public void A_statefulsets_pod_that_loses_only_what_its_owner_does_not_select_on_is_replaced_at_once() => Run(async () =>
    {
        await StartAsync(2, ApiKind.StatefulSet, labels: """{"app": "web", "role": "db"}""", service: """{"role": "db"}""");

        Label("web-0", ("role", null));
        Assert.InRange(await UntilAsync(() => !Endpoints().Contains("web-0")), 0.05, 0.2);
        await WaitAsync(5);
        Assert.Equal("StatefulSet", Find("web-0")!.Controller().Text("kind"));

        var uid = Find("web-0")!.Uid();
        await DeleteAsync("web-0");
        await UntilAsync(() => Find("web-0") is not { } pod || pod.Uid() != uid);
        Assert.InRange(await UntilAsync(() => Find("web-0") is { } pod && pod.Uid() != uid), 0.0, 0.3);
    });

    [Fact]
    public void A_daemonset_starts_a_second_pod_on_the_node() => Run(async () =>
    {
        await StartAsync(1, ApiKind.DaemonSet);
        var pod = Pods()[0];

        Label(pod.Name(), ("app", null));

        Assert.InRange(await UntilAsync(() => Pods().Count(each => each.Text("spec", "nodeName") == pod.Text("spec", "nodeName")) == 2), 0.2, 0.4);
    });

    [Fact]
    public void A_budget_does_not_hear_of_a_pod_that_loses_its_labels_until_something_wakes_it() => Run(async () =>
    {
        await StartAsync(0);
        Pod("web-1");
        Pod("web-2");
        await ProtectAsync(1);

        Label("web-1", ("app", null));
        await WaitAsync(75);
        Assert.Equal(1, Allowed());

        Cluster.Change(ApiKind.Budget, "rec", "web", each => each.Child("metadata", "annotations")["prestop/woken"] = "now");
        Assert.InRange(await UntilAsync(() => Allowed() == 0), 0.05, 0.2);
        Assert.Equal(429, (await EvictAsync("web-2")).Status);
    });

    [Fact]
    public void A_stale_budget_lets_the_last_healthy_pod_be_evicted() => Run(async () =>
    {
        await StartAsync(0);
        Pod("web-1");
        Pod("web-2");
        await ProtectAsync(1);

        Label("web-1", ("app", null));
        await WaitAsync(1);

        Assert.Equal(201, (await EvictAsync("web-2")).Status);
    });

    [Fact]
    public void Dry_run_evictions_consume_nothing_and_real_ones_all_there_is() => Run(async () =>
    {
        await StartAsync(3);
        await ProtectAsync(2);
        var pods = Pods().ConvertAll(pod => pod.Name());

        foreach (var pod in pods)
        {
            Assert.Equal(201, (await EvictAsync(pod, query: "?dryRun=All")).Status);
        }

        var answers = new List<int>();
        foreach (var pod in pods)
        {
            answers.Add((await EvictAsync(pod)).Status);
        }

        Assert.Equal([201, 429, 429], answers);
        Assert.InRange(await UntilAsync(() => Allowed() == 1 && Endpoints().Length == 3), 1.5, 10);
    });

    [Fact]
    public void A_surge_frees_a_budget_that_blocks_for_ever() => Run(async () =>
    {
        await StartAsync(1);
        await ProtectAsync(1);
        var pod = Pods()[0].Name();
        Assert.Equal(429, (await EvictAsync(pod)).Status);

        Label(pod, ("pod-template-hash", null));
        await UntilAsync(() => Allowed() == 1);

        Assert.Equal(201, (await EvictAsync(pod)).Status);
    });

    [Fact]
    public void A_kubelet_whose_last_delete_is_refused_asks_again() => Run(async () =>
    {
        await StartAsync(1);
        var pod = Pods()[0].Name();
        Configure(ApiKind.ValidatingWebhooks);
        await DeleteAsync(pod);
        Webhook = request => request.Text("userInfo", "username")!.StartsWith("system:node:", StringComparison.Ordinal) ? Forbidden.DeepClone().AsObject() : new JsonObject { ["allowed"] = true };

        await WaitAsync(30);
        Assert.Equal([3.5, 10, 10], Gaps("system:node:").Select(gap => Math.Floor(gap * 2) / 2));

        Webhook = _ => new JsonObject { ["allowed"] = true };
        await UntilAsync(() => Find(pod) is null);
    });

    /// <summary>Recording: <c>isolation/job.ndjson</c>.</summary>
    [Fact]
    public void A_job_keeps_a_pod_that_leaves_its_service_and_starts_the_work_anew_when_its_own_labels_go() => Run(async () =>
    {
        await StartAsync(1, ApiKind.Job);
        var pod = Pods()[0].Name();

        Label(pod, ("app", null));
        await WaitAsync(5);
        Assert.Equal("Job", Find(pod)!.Controller().Text("kind"));
        Assert.Empty(Endpoints());

        Label(pod, ("batch.kubernetes.io/controller-uid", null), ("controller-uid", null), ("batch.kubernetes.io/job-name", null), ("job-name", null));
        Assert.InRange(await UntilAsync(() => Find(pod)!.Controller() is null), 1, 1.2);
        Assert.Empty(Find(pod)!.Items("metadata", "finalizers"));
        Assert.InRange(await UntilAsync(() => Pods().Count == 2), 0, 0.2);
    });

    /// <summary>Recording: <c>isolation/job-owned-deleted.ndjson</c>.</summary>
    [Fact]
    public void A_jobs_pod_that_is_deleted_counts_as_succeeded_and_waits_to_be_counted() => Run(async () =>
    {
        await StartAsync(1, ApiKind.Job);
        var pod = Pods()[0].Name();

        await DeleteAsync(pod);
        await UntilAsync(() => Find(pod)!.Number("metadata", "deletionGracePeriodSeconds") == 0);
        Assert.InRange(await UntilAsync(() => Find(pod) is null), 0.2, 1.2);
        await WaitAsync(10);

        Assert.Equal("True", Find(ApiKind.Job, "web")!.Condition("Complete").Text("status"));
        Assert.Empty(Pods());
    });

    /// <summary>Recording: <c>admission/59-namespace-delete</c>.</summary>
    [Fact]
    public void A_namespace_goes_when_all_in_it_has_gone_and_its_controller_names_no_pod() => Run(async () =>
    {
        await StartAsync(2);
        Pod("bare");
        Configure(ApiKind.ValidatingWebhooks);

        await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec");
        Assert.Equal(403, (await Cluster.SendAsync(ApiUser.Admin, "POST", "/api/v1/namespaces/rec/pods", JsonFields.Object("""{"metadata": {"name": "late"}, "spec": {} }"""))).Status);
        await UntilAsync(() => Cluster.Store.Find(ApiKind.Namespace, "", "rec") is null);

        var asked = Cluster.Admission.Reviews.First(review => review.User.EndsWith(":namespace-controller", StringComparison.Ordinal)).Request;
        Assert.Equal((null, "Background", null), (asked.Text("name"), asked.Text("options", "propagationPolicy"), asked.Number("options", "gracePeriodSeconds")));
        Assert.InRange(Clock.Now.TotalSeconds, 6, 60);
    });

    /// <summary>Recording: <c>admission/55-preemption</c>.</summary>
    [Fact]
    public void A_pod_of_a_higher_priority_takes_the_place_of_a_ready_one() => Run(async () =>
    {
        await StartAsync(2);
        Configure(ApiKind.ValidatingWebhooks);
        FillNodes();
        PutUrgent();

        await UntilAsync(() => Find("urgent")!.IsReady());

        var asked = Assert.Single(Cluster.Admission.Reviews, review => review.User == "system:kube-scheduler").Request;
        Assert.Equal(("PreemptionByScheduler", true, 30L), (asked["oldObject"]!.Condition("DisruptionTarget").Text("reason"), asked["oldObject"]!.IsReady(), asked.Number("options", "gracePeriodSeconds")));
    });

    /// <summary>Recording: <c>admission/57-node-object-deleted</c>.</summary>
    [Fact]
    public void Pods_of_a_node_that_is_gone_fail_and_are_removed() => Run(async () =>
    {
        await StartAsync(2);
        var pod = Pods()[0];
        Configure(ApiKind.ValidatingWebhooks);

        Cluster.Store.Replace(ApiKind.Node, Cluster.Store.Find(ApiKind.Node, "", pod.Text("spec", "nodeName")!)!, null);

        Assert.InRange(await UntilAsync(() => Find(pod.Name()) is null), 53, 55);
        var asked = Cluster.Admission.Reviews.First(review => review.User.EndsWith(":pod-garbage-collector", StringComparison.Ordinal)).Request;
        Assert.Equal((0L, "Failed", "DeletionByPodGC"), (asked.Number("options", "gracePeriodSeconds"), asked.Text("oldObject", "status", "phase"), asked["oldObject"]!.Condition("DisruptionTarget").Text("reason")));
    });

    /// <summary>Recording: <c>admission/56-node-unreachable</c>, from the moment at which the node is given up.</summary>
    [Fact]
    public void Pods_of_a_lost_node_are_not_ready_and_deleted_when_they_have_borne_it_for_long_enough() => Run(async () =>
    {
        await StartAsync(1);
        var pod = Pods()[0];
        Cluster.Change(ApiKind.Pod, "rec", pod.Name(), each => each["spec"]!["tolerations"] = new JsonArray(
            JsonFields.Object("""{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}""")));
        Configure(ApiKind.ValidatingWebhooks);

        Cluster.Change(ApiKind.Node, "", pod.Text("spec", "nodeName")!, each => Cluster.Verbs.Set(each, "Ready", "Unknown", "NodeStatusUnknown"));

        Assert.InRange(await UntilAsync(() => !Find(pod.Name())!.IsReady()), 0, 0.1);
        Assert.InRange(await UntilAsync(() => Find(pod.Name())!.IsTerminating()), 5, 5.3);
        var asked = Cluster.Admission.Reviews.First(review => review.Operation == "DELETE").Request;
        Assert.Equal("DeletionByTaintManager", asked["oldObject"]!.Condition("DisruptionTarget").Text("reason"));
        await WaitAsync(120);
        Assert.NotNull(Find(pod.Name()));
    });

    private void Run(Func<Task> test) => Clock.Run(async () =>
    {
        await test();
        if (_controllers is not null)
        {
            await _controllers.DisposeAsync();
        }

        return true;
    });

    /// <summary>A workload with so many ready pods behind a Service, on two nodes.</summary>
    private async Task StartAsync(int replicas, ApiKind? kind = null, string labels = """{"app": "web"}""", string service = """{"app": "web"}""")
    {
        kind ??= ApiKind.Deployment;
        foreach (var node in kind == ApiKind.DaemonSet ? new[] { "node-1" } : ["node-1", "node-2"])
        {
            Cluster.Put($$"""{"kind": "Node", "metadata": {"name": "{{node}}"} }""");
        }

        Cluster.Put($$"""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {{service}} } }""");
        if (kind == ApiKind.Job)
        {
            Cluster.Put($$"""{"kind": "Job", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"template": {"metadata": {"labels": {{labels}} }, "spec": {"containers": [{"name": "app"}]} } } }""");
        }
        else if (replicas > 0)
        {
            Cluster.Put($$"""
                {"kind": "{{kind.Kind}}", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"replicas": {{replicas}}, "selector": {"matchLabels": {"app": "web"} },
                  "template": {"metadata": {"labels": {{labels}} }, "spec": {"containers": [{"name": "app"}]} } } }
                """);
        }

        _controllers = new Controllers(Cluster);
        await UntilAsync(() => Pods().Count >= replicas && Pods().TrueForAll(pod => pod.IsReady()) && Endpoints().Length >= replicas);
    }

    /// <summary>A budget, and its status.</summary>
    private async Task ProtectAsync(int least)
    {
        Cluster.Put($$"""{"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"minAvailable": {{least}}, "selector": {"matchLabels": {"app": "web"} } } }""");
        await WaitAsync(1);
        Assert.Equal(Pods().Count - least, Allowed());
    }

    /// <summary>There is no room for one more pod.</summary>
    private void FillNodes()
    {
        foreach (var node in Cluster.Store.All(ApiKind.Node))
        {
            Cluster.Change(ApiKind.Node, "", node.Name(), each => each.Child("status", "allocatable")["pods"] = Pods().Count(pod => pod.Text("spec", "nodeName") == node.Name()));
        }
    }

    /// <summary>A pod before which all others have to stand back.</summary>
    private void PutUrgent() => Cluster.Put("""{"kind": "Pod", "metadata": {"name": "urgent", "namespace": "rec"}, "spec": {"priority": 100000, "containers": [{"name": "app"}]} }""");

    /// <summary>Has a controller want a pod gone, and refuses it.</summary>
    private async Task DenyAsync(string controller, JsonObject denial)
    {
        var kind = controller switch { "statefulset-controller" => ApiKind.StatefulSet, "daemon-set-controller" => ApiKind.DaemonSet, "job-controller" => ApiKind.Job, _ => ApiKind.Deployment };
        await StartAsync(kind == ApiKind.DaemonSet || kind == ApiKind.Job ? 1 : 2, kind);
        Configure(ApiKind.ValidatingWebhooks);
        var first = Pods()[0];
        Webhook = request =>
        {
            var user = request.Text("userInfo", "username")!;
            var isAbout = user.EndsWith(controller, StringComparison.Ordinal) && request.Text("operation") == "DELETE" && (controller is not "generic-garbage-collector" || request.Text("name") == first.Name());
            if (isAbout)
            {
                _asked.Add(Clock.Now.TotalSeconds);
            }

            return isAbout ? denial.DeepClone().AsObject() : new JsonObject { ["allowed"] = true };
        };
        switch (controller)
        {
            case "daemon-set-controller":
                Cluster.Change(kind, "rec", "web", each => Restart(each));
                break;
            case "generic-garbage-collector":
                await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/apis/apps/v1/namespaces/rec/deployments/web");
                break;
            case "node-controller":
                Cluster.Change(ApiKind.Node, "", first.Text("spec", "nodeName")!, each => each.Child("spec")["taints"] = new JsonArray(JsonFields.Object("""{"key": "a", "effect": "NoExecute"}""")));
                break;
            case "job-controller":
                Cluster.Change(ApiKind.Job, "rec", "web", each => each["spec"]!["suspend"] = true);
                break;
            case "namespace-controller":
                // One that the garbage collector does not ask for as well.
                Pod("bare");
                await Cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec");
                break;
            case "pod-garbage-collector":
                Cluster.Store.Replace(ApiKind.Node, Cluster.Store.Find(ApiKind.Node, "", first.Text("spec", "nodeName")!)!, null);
                break;
            case "kube-scheduler":
                FillNodes();
                PutUrgent();
                break;
            default:
                Cluster.Change(kind, "rec", "web", each => each["spec"]!["replicas"] = 1);
                break;
        }
    }

    private List<double> Gaps(string user)
    {
        var times = _asked.Count > 0 ? _asked
            : Cluster.Requests.Where(request => request.User!.Name.StartsWith(user, StringComparison.Ordinal) && request.Call.Method == "DELETE").Select(request => request.At.TotalSeconds).ToList();
        return [.. times.Zip(times.Skip(1), (one, next) => next - one)];
    }

    /// <summary>Takes the pod out of its Service and from its owner, within the call, and refuses.</summary>
    private JsonObject Isolate(JsonNode request)
    {
        if (request.Text("operation") != "DELETE" || request.Text("userInfo", "username")!.StartsWith("system:node:", StringComparison.Ordinal))
        {
            return new JsonObject { ["allowed"] = true };
        }

        if (request["oldObject"]!.Labels().Text("app") is not null)
        {
            Label(request.Text("name")!, ("app", null), ("pod-template-hash", null), ("prestop/draining", "true"));
        }

        return Forbidden.DeepClone().AsObject();
    }

    private void Label(string pod, params (string Name, string? Value)[] labels) => Cluster.Change(ApiKind.Pod, "rec", pod, each =>
    {
        foreach (var (name, value) in labels)
        {
            each.Child("metadata", "labels").Remove(name);
            if (value is not null)
            {
                each.Child("metadata", "labels")[name] = value;
            }
        }
    });

    private static void Restart(JsonObject workload)
    {
        workload["spec"]!["template"]!.Child("metadata", "annotations")["kubectl.kubernetes.io/restartedAt"] = "now";
        workload["metadata"]!["generation"] = workload.Number("metadata", "generation") + 1;
    }

    private Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Clock);

    /// <summary>Waits until something holds, and says how long it took.</summary>
    private async Task<double> UntilAsync(Func<bool> holds)
    {
        var began = Clock.Now;
        while (!holds())
        {
            Assert.True(Clock.Now - began < TimeSpan.FromMinutes(5), "it never comes to that");
            await WaitAsync(0.01);
        }

        return (Clock.Now - began).TotalSeconds;
    }

    private JsonObject? Find(string pod) => Find(ApiKind.Pod, pod);

    private JsonObject? Find(ApiKind kind, string name) => Cluster.Store.Find(kind, "rec", name);

    private long? Allowed() => Find(ApiKind.Budget, "web").Number("status", "disruptionsAllowed");

    private List<JsonObject> Pods() => [.. Cluster.Store.All(ApiKind.Pod)];

    /// <summary>The pods that the Service sends to.</summary>
    private string[] Endpoints() => [.. (Find(ApiKind.EndpointSlice, "web") ?? []).Items("endpoints").Where(each => each.IsTrue("conditions", "ready")).Select(each => each.Text("targetRef", "name")!)];
}
