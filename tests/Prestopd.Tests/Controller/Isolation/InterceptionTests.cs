using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

public sealed class InterceptionTests
{
    private const string Refused403 = "403";
    private const string Refused429 = "429";
    private const string AskAgain = "429 + 5";
    private const string Allowed = "allowed";

    /// <summary>
    /// The table, row by row, fed by what the API server asked for each of them. The pod is selected by a Service on its label <c>app</c>; an eviction's
    /// pod, which is not in its review, is one of a Deployment.
    /// </summary>
    public static TheoryData<string, string, string> Rows => new()
    {
        // People and operators: asked to come again.
        { "05-kubectl-delete/01-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "06-kubectl-delete-grace-5/01-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "08-kubectl-delete-now/01-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "11-delete-both-phases/01-mutate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "11-delete-both-phases/02-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "15-delete-by-label/01-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "16-delete-collection/01-validate-DELETE-admin", AskAgain, nameof(Reason.DrainStarted) },
        { "47-delete-by-impersonated-user/01-validate-DELETE-alice", AskAgain, nameof(Reason.DrainStarted) },
        { "48-delete-by-operator-in-pod/01-validate-DELETE-operator", AskAgain, nameof(Reason.DrainStarted) },
        { "51-drain-disable-eviction/01-validate-DELETE-admin", "429 + 60", nameof(Reason.SurgeStarted) },

        // Evictions: refused without a time.
        { "30-eviction/02-validate-CREATE-eviction-admin", Refused429, nameof(Reason.SurgeStarted) },
        { "35-eviction-delete-options/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.OtherPod) },
        { "34-eviction-uid-precondition-fails/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.OtherPod) },
        { "39-eviction-v1beta1/02-validate-CREATE-eviction-admin", Refused429, nameof(Reason.SurgeStarted) },
        { "50-drain/02-validate-CREATE-eviction-admin", Refused429, nameof(Reason.SurgeStarted) },
        { "52-drain-dry-run/07-validate-CREATE-eviction-admin", Refused429, nameof(Reason.SurgeStarted) },

        // Controllers that turn to other things once the pod is isolated: never a time.
        { "03-scale-down/01-validate-DELETE-replicaset-controller", Refused403, nameof(Reason.DrainStarted) },
        { "04-rollout-restart/03-validate-DELETE-replicaset-controller", Refused403, nameof(Reason.DrainStarted) },
        { "26-daemonset-rollout/01-validate-DELETE-daemon-set-controller", Refused403, nameof(Reason.DrainStarted) },
        { "17-deployment-delete-background/01-validate-DELETE-generic-garbage-collector", Refused403, nameof(Reason.DrainStarted) },
        { "18-deployment-delete-foreground/01-validate-DELETE-generic-garbage-collector", Refused403, nameof(Reason.DrainStarted) },
        { "21-job-delete/02-validate-DELETE-generic-garbage-collector", Refused403, nameof(Reason.DrainStarted) },
        { "21-job-delete/03-validate-DELETE-generic-garbage-collector", Refused403, nameof(Reason.DrainStarted) },
        { "24-statefulset-scale-down/01-validate-DELETE-statefulset-controller", Refused403, nameof(Reason.DrainStarted) },
        { "25-statefulset-rollout/01-validate-DELETE-statefulset-controller", Refused403, nameof(Reason.DrainStarted) },
        { "22-job-suspend/02-validate-DELETE-job-controller", Refused403, nameof(Reason.DrainStarted) },
        { "54-taint-noexecute/01-validate-DELETE-node-controller", Refused403, nameof(Reason.DrainStarted) },

        // Who must never be held up.
        { "55-preemption/03-validate-DELETE-kube-scheduler", Allowed, nameof(Reason.Exempt) },
        { "59-namespace-delete/01-validate-DELETE-namespace-controller", Allowed, nameof(Reason.Exempt) },
        { "60-namespace-delete-denied/01-validate-DELETE-namespace-controller", Allowed, nameof(Reason.Exempt) },
        { "57-node-object-deleted/03-validate-DELETE-pod-garbage-collector", Allowed, nameof(Reason.Forced) },
        { "58-kubelet-final-delete-denied/11-validate-DELETE-kubelet", Allowed, nameof(Reason.Forced) },

        // Nothing is to come of it, or nothing can.
        { "09-kubectl-delete-dry-run/01-validate-DELETE-admin", Allowed, nameof(Reason.DryRun) },
        { "31-eviction-dry-run-query/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.DryRun) },
        { "32-eviction-dry-run-body/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.DryRun) },
        { "33-eviction-both-dry-run/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.DryRun) },
        { "38-eviction-rewritten-to-dry-run/02-validate-CREATE-eviction-admin", Allowed, nameof(Reason.DryRun) },
        { "52-drain-dry-run/03-validate-CREATE-eviction-admin", Allowed, nameof(Reason.DryRun) },
        { "07-kubectl-delete-force/01-validate-DELETE-admin", Allowed, nameof(Reason.Forced) },
        { "07-kubectl-delete-force/03-validate-DELETE-admin", Allowed, nameof(Reason.Forced) },
        { "12-delete-pending-unscheduled/01-validate-DELETE-admin", Allowed, nameof(Reason.Forced) },
        { "14-delete-succeeded/01-validate-DELETE-admin", Allowed, nameof(Reason.Forced) },
        { "10-delete-again-while-terminating/02-validate-DELETE-admin", Allowed, nameof(Reason.Terminating) },
        { "13-delete-not-ready/01-validate-DELETE-admin", Allowed, nameof(Reason.NotReady) },
        { "56-node-unreachable/01-validate-DELETE-node-controller", Allowed, nameof(Reason.NotReady) },

        // Rules that ask for more than the webhook has an opinion on.
        { "43-label-annotate/01-validate-UPDATE-admin", Allowed, nameof(Reason.NotAsked) },
        { "45-ephemeral-container/01-validate-UPDATE-ephemeralcontainers-admin", Allowed, nameof(Reason.NotAsked) },
        { "46-resize-and-binding/04-validate-CREATE-binding-kube-scheduler", Allowed, nameof(Reason.NotAsked) },
        { "01-create-bare-pod/01-mutate-CREATE-admin", Allowed, nameof(Reason.NotAsked) },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Who_asks_is_answered(string recording, string answer, string reason)
    {
        var request = Recorded.Review($"admission/{recording}");
        var pod = request.Subject is AdmissionSubject.CreatePod or AdmissionSubject.DeletePod ? JsonNode.Parse(request.Pod.GetRawText())! : OfDeployment();

        var ruling = Rules.Decide(request, View(pod), Now);

        Assert.Equal((answer, reason), (Text(ruling.Denial), ruling.Reason.ToString()));
        Assert.Equal(reason is nameof(Reason.DrainStarted) or nameof(Reason.SurgeStarted), ruling.Patch is not null);
    }

    [Fact]
    public void Every_reason_has_a_row_or_a_test()
    {
        // Those that need more than a review: each of them is named in a test of its own below.
        string[] others =
        [
            nameof(Reason.Unknown), nameof(Reason.NamespaceTerminating), nameof(Reason.OptedOut), nameof(Reason.Drained), nameof(Reason.Draining), nameof(Reason.Surging),
            nameof(Reason.NotSelected), nameof(Reason.NotExposed), nameof(Reason.NotIsolable), nameof(Reason.SeveralBudgets), nameof(Reason.BudgetPending), nameof(Reason.BudgetSpent),
            nameof(Reason.Busy), nameof(Reason.Failed),
        ];

        Assert.Equal(Enum.GetNames<Reason>().Order(), Rows.Select(row => row.Data.Item3).Concat(others).Distinct().Order());
    }

    [Theory]
    [InlineData("admin", "429 + 1")]
    [InlineData("system:serviceaccount:kube-system:replicaset-controller", "403")]
    public void Who_comes_while_a_pod_cannot_be_changed_is_to_come_again(string user, string answer)
    {
        var ruling = Rules.Busy(Delete(OfDeployment(), user), Pod(OfDeployment()), "it changed meanwhile");

        Assert.Equal((Reason.Busy, answer), (ruling.Reason, Text(ruling.Denial)));
        Assert.Equal("429", Text(Rules.Busy(Evict(OfDeployment()), null, "it changed meanwhile").Denial));
    }

    [Fact]
    public void An_eviction_of_a_pod_that_is_not_there_is_left_to_the_API_server() =>
        Same(Reason.Unknown, Allowed, Rules.Decide(Recorded.Review("admission/40-eviction-404/02-validate-CREATE-eviction-admin"), null, Now));

    [Fact]
    public void Our_own_delete_passes() => Same(Reason.NotAsked, Allowed, Rules.Decide(Delete(OfDeployment(), Ourselves), View(OfDeployment()), Now));

    [Fact]
    public void The_garbage_collector_in_a_namespace_that_goes_is_let_through()
    {
        var request = Recorded.Review("admission/60-namespace-delete-denied/02-validate-DELETE-generic-garbage-collector");
        var pod = JsonNode.Parse(request.Pod.GetRawText())!;

        Same(Reason.NamespaceTerminating, Allowed, Rules.Decide(request, View(pod) with { IsNamespaceTerminating = true }, Now));
        Same(Reason.DrainStarted, Refused403, Rules.Decide(request, View(pod), Now));
    }

    [Theory]
    [InlineData(nameof(DrainMode.Off))]
    [InlineData(nameof(DrainMode.Inject))]
    public void A_pod_of_another_mode_passes(string mode) => Same(
        Reason.OptedOut, Allowed, Rules.Decide(Delete(OfDeployment()), View(OfDeployment()) with { Policy = Policy with { Mode = Enum.Parse<DrainMode>(mode) } }, Now));

    [Fact]
    public void A_pod_that_no_Service_selects_passes() =>
        Same(Reason.NotSelected, Allowed, Rules.Decide(Delete(OfDeployment()), View(OfDeployment()) with { Services = [] }, Now));

    [Fact]
    public void A_pod_that_no_load_balancer_sends_to_passes_where_only_those_are_drained() =>
        Same(Reason.NotExposed, Allowed, Rules.Decide(Evict(OfDeployment()), View(OfDeployment()) with { IsExposed = false }, Now));

    /// <summary>A label of ours that somebody else has set says nothing: the pod serves, and is drained.</summary>
    [Fact]
    public void A_draining_label_without_a_deadline_is_not_ours()
    {
        var pod = PodJson("", ("app", "web"), (ControllerNames.Draining, "true"));

        Same(Reason.DrainStarted, AskAgain, Rules.Decide(Delete(pod), View(pod), Now));
    }

    [Fact]
    public void Isolating_makes_the_pod_that_the_API_server_made_of_the_recorded_patch()
    {
        var recorded = Recorded.Json("isolation/isolate-patch");
        var after = recorded["response"]!["body"]!;
        var before = after.DeepClone();
        before["metadata"]!["labels"] = JsonNode.Parse("""{"app": "iso1", "pod-template-hash": "57d4d65fcc"}""");
        before["metadata"]!.AsObject().Remove("annotations");
        before["metadata"]!["resourceVersion"] = "23010";

        var ruling = Rules.Decide(Delete(before, "system:serviceaccount:kube-system:replicaset-controller"), View(before), Now);
        var isolated = PatchedJson.Merge(before, ruling.Patch)!["metadata"]!;

        Assert.Equal("23010", (string)ruling.Patch!["metadata"]!["resourceVersion"]!);
        Assert.Equal((string)before["metadata"]!["uid"]!, (string)ruling.Patch!["metadata"]!["uid"]!);
        Assert.True(JsonNode.DeepEquals(after["metadata"]!["labels"], isolated["labels"]), isolated.ToJsonString());
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse((string)after["metadata"]!["annotations"]!["prestop/labels"]!), JsonNode.Parse((string)isolated["annotations"]!["prestop/labels"]!)));
        Assert.Equal("2026-11-21T10:00:45Z", (string)isolated["annotations"]!["prestop/drain-until"]!);
    }

    [Theory]
    [InlineData("system:serviceaccount:kube-system:replicaset-controller", Refused403)]
    [InlineData("admin", "429 + 5")]
    public void A_drain_goes_on_until_its_end_and_the_first_try_then_is_allowed(string user, string refusal)
    {
        var pod = PodJson("", ("app", "web"));
        var isolated = Patched(pod, Rules.Decide(Delete(pod, user), View(pod), Now).Patch!);
        var view = View(isolated) with { Services = [] };

        Same(Reason.Draining, refusal, Rules.Decide(Delete(isolated, user), view, Now.AddMilliseconds(1)));
        Same(Reason.Draining, user == "admin" ? "429 + 1" : refusal, Rules.Decide(Delete(isolated, user), view, Now + Drain - TimeSpan.FromMilliseconds(1)));
        Same(Reason.Drained, Allowed, Rules.Decide(Delete(isolated, user), view, Now + Drain));
        Same(Reason.Drained, Allowed, Rules.Decide(Evict(isolated), view, Now + Drain));
        Same(Reason.Drained, Allowed, Rules.Decide(Delete(isolated, user), view with { DrainedSince = Now }, Now.AddSeconds(1)));
    }

    /// <summary>A pod that is not ready any more is still being drained: requests may be in flight.</summary>
    [Fact]
    public void A_drain_goes_on_when_the_pod_is_not_ready_any_more()
    {
        var pod = PodJson("", ("app", "web"));
        var isolated = Patched(pod, Rules.Decide(Delete(pod), View(pod), Now).Patch!);
        isolated["status"]!["conditions"]![0]!["status"] = "False";

        Same(Reason.Draining, AskAgain, Rules.Decide(Delete(isolated), View(isolated), Now.AddSeconds(1)));
    }

    /// <summary>The API server reviews a DELETE again when its pod was changed within it.</summary>
    [Fact]
    public void The_second_review_of_the_same_request_changes_nothing()
    {
        var pod = PodJson("", ("app", "web"));
        var isolated = Patched(pod, Rules.Decide(Delete(pod), View(pod), Now).Patch!);

        var second = Rules.Decide(Delete(isolated), View(isolated) with { Services = [] }, Now.AddMilliseconds(40));

        Same(Reason.Draining, AskAgain, second);
        Assert.Null(second.Patch);
    }

    [Fact]
    public void A_person_who_joins_a_controllers_drain_is_waited_for()
    {
        var pod = PodJson("", ("app", "web"));
        var isolated = Patched(pod, Rules.Decide(Delete(pod, "system:serviceaccount:kube-system:node-controller"), View(pod), Now).Patch!);

        var joined = Rules.Decide(Delete(isolated), View(isolated), Now.AddSeconds(3));
        var expected = Patched(isolated, joined.Patch!);

        Same(Reason.Draining, AskAgain, joined);
        Assert.Equal(Beginning.Controller, DrainState.Of(Pod(isolated))!.Beginning);
        Assert.Equal(Beginning.Delete, DrainState.Of(Pod(expected))!.Beginning);
        Assert.Null(Rules.Decide(Delete(expected), View(expected), Now.AddSeconds(8)).Patch);
    }

    [Fact]
    public void How_it_was_to_be_deleted_is_kept()
    {
        var pod = PodJson("", ("app", "web"));

        var isolated = Patched(pod, Rules.Decide(Evict(pod, """{"gracePeriodSeconds": 7, "preconditions": {"uid": "u1"}, "propagationPolicy": "Foreground"}"""), View(pod), Now).Patch!);

        Assert.Equal(
            new Prestop.Kubernetes.Client.DeleteOptions { GracePeriodSeconds = 7, Propagation = Prestop.Kubernetes.Client.Propagation.Foreground },
            DrainState.Of(Pod(isolated))!.Options);
    }

    [Fact]
    public void A_surge_takes_only_the_label_off_by_which_the_ReplicaSet_counts()
    {
        var pod = OfDeployment();

        var ruling = Rules.Decide(Delete(pod), View(pod), Now);
        var surging = Patched(pod, ruling.Patch!);

        Same(Reason.SurgeStarted, "429 + 60", ruling);
        Assert.Equal(["app", ControllerNames.Draining], Pod(surging).Labels.Keys);
        Assert.Equal((Now + SurgeTimeout, Now + SurgeTimeout + Drain), (DrainState.Of(Pod(surging))!.SurgeUntil, DrainState.Of(Pod(surging))!.Until));
        Same(Reason.Surging, "429 + 59", Rules.Decide(Delete(surging), View(surging), Now.AddSeconds(1)));
        Same(Reason.Surging, Refused429, Rules.Decide(Evict(surging), View(surging), Now.AddSeconds(1)));
    }

    [Theory]
    [InlineData("system:serviceaccount:kube-system:replicaset-controller")]
    [InlineData("system:serviceaccount:kube-system:generic-garbage-collector")]
    public void Nobody_makes_a_replacement_for_a_ReplicaSet_that_shrinks_or_goes(string user) =>
        Same(Reason.DrainStarted, Refused403, Rules.Decide(Delete(OfDeployment(), user), View(OfDeployment()), Now));

    [Fact]
    public void A_surge_can_be_switched_off()
    {
        var pod = OfDeployment();
        var view = View(pod);

        Same(Reason.DrainStarted, AskAgain, Rules.Decide(Delete(pod), view with { Policy = Policy with { Surge = SurgeWish.Off } }, Now));
        Same(Reason.DrainStarted, AskAgain, new Interception(Ourselves, TimeSpan.Zero).Decide(Delete(pod), view, Now));
        Same(Reason.DrainStarted, AskAgain, Rules.Decide(Delete(pod), view with { Services = [Service(("app", "web"), ("pod-template-hash", "5d8c"))] }, Now));
    }

    [Fact]
    public void A_bare_pods_eviction_reserves_its_disruption_first_and_wakes_the_budget_afterwards()
    {
        var pod = PodJson("", ("app", "web"));
        var budget = Budget(allowed: 1);

        var ruling = Rules.Decide(Evict(pod), View(pod, budget), Now);

        Same(Reason.DrainStarted, Refused429, ruling);
        Assert.Same(budget, ruling.Reserve);
        Assert.Equal([budget], ruling.Wake);
    }

    [Fact]
    public void A_delete_spends_no_budget_but_wakes_it()
    {
        var pod = PodJson("", ("app", "web"));

        var ruling = Rules.Decide(Delete(pod), View(pod, Budget(allowed: 0)), Now);

        Same(Reason.DrainStarted, AskAgain, ruling);
        Assert.Null(ruling.Reserve);
        Assert.Single(ruling.Wake);
    }

    [Fact]
    public void A_budget_that_is_woken_twice_in_a_second_changes_twice() =>
        Assert.NotEqual(BudgetPatches.Wake(Now.AddSeconds(0.1)).ToJsonString(), BudgetPatches.Wake(Now.AddSeconds(0.3)).ToJsonString());

    [Fact]
    public void A_reservation_is_what_the_eviction_subresource_writes()
    {
        var patch = BudgetPatches.Reserve(Budget(allowed: 2), "web-1", Now);

        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse("""{"metadata": {"uid": "b1", "resourceVersion": "3"}, "status": {"disruptionsAllowed": 1, "disruptedPods": {"web-1": "2026-11-21T10:00:00Z"}}}"""), patch),
            patch.ToJsonString());
    }

    [Fact]
    public void A_budget_that_is_spent_refuses_as_the_API_server_does()
    {
        var pod = PodJson("", ("app", "web"));

        var ruling = Rules.Decide(Evict(pod), View(pod, Budget(allowed: 0)), Now);

        Same(Reason.BudgetSpent, Refused429, ruling);
        Assert.Equal("the disruption budget web needs 1 healthy pods and has 1 currently", ruling.Denial!.Budget);
        Assert.Null(ruling.Patch);
    }

    [Fact]
    public void A_budget_whose_status_is_about_an_earlier_rule_refuses()
    {
        var pod = PodJson("", ("app", "web"));

        Same(Reason.BudgetPending, Refused429, Rules.Decide(Evict(pod), View(pod, Budget(allowed: 1, isCurrent: false)), Now));
    }

    /// <summary>The API server answers 500 by itself, whatever we think.</summary>
    [Fact]
    public void Several_budgets_are_left_to_the_API_server()
    {
        var pod = PodJson("", ("app", "web"));

        Same(Reason.SeveralBudgets, Allowed, Rules.Decide(Evict(pod), View(pod, Budget(allowed: 1), Budget(allowed: 1, name: "other")), Now));
        Same(Reason.DrainStarted, AskAgain, Rules.Decide(Delete(pod), View(pod, Budget(allowed: 1), Budget(allowed: 1, name: "other")), Now));
    }

    [Theory]
    [InlineData("\"minAvailable\": 1", nameof(SurgeWish.Unsaid), nameof(Reason.SurgeStarted))]
    [InlineData("\"minAvailable\": 1", nameof(SurgeWish.Off), nameof(Reason.BudgetSpent))]
    [InlineData("\"maxUnavailable\": 0", nameof(SurgeWish.Unsaid), nameof(Reason.BudgetSpent))]
    [InlineData("\"maxUnavailable\": \"0%\"", nameof(SurgeWish.Unsaid), nameof(Reason.BudgetSpent))]
    [InlineData("\"minAvailable\": \"100%\"", nameof(SurgeWish.Unsaid), nameof(Reason.BudgetSpent))]
    [InlineData("\"maxUnavailable\": 0", nameof(SurgeWish.On), nameof(Reason.SurgeStarted))]
    public void A_surge_frees_a_budget_but_for_one_whose_author_said_never(string limit, string surge, string reason)
    {
        var pod = OfDeployment();

        var ruling = Rules.Decide(Evict(pod), View(pod, Budget(0, limit)) with { Policy = Policy with { Surge = Enum.Parse<SurgeWish>(surge) } }, Now);

        Assert.Equal((reason, Refused429), (ruling.Reason.ToString(), Text(ruling.Denial)));
    }

    [Fact]
    public void A_Job_whose_Service_selects_by_a_label_of_its_own_keeps_its_pod()
    {
        var pod = PodJson("Job", ("app", "work"), ("batch.kubernetes.io/controller-uid", "x"), ("job-name", "j"));

        var ruling = Rules.Decide(Delete(pod, "system:serviceaccount:kube-system:job-controller"), View(pod), Now);

        Same(Reason.DrainStarted, Refused403, ruling);
        Assert.Equal(["batch.kubernetes.io/controller-uid", "job-name", ControllerNames.Draining], Pod(Patched(pod, ruling.Patch!)).Labels.Keys);
    }

    [Fact]
    public void A_Jobs_pod_that_could_only_be_isolated_from_its_Job_passes()
    {
        var pod = PodJson("Job", ("app", "work"), ("job-name", "j"));

        Same(
            Reason.NotIsolable, Allowed,
            Rules.Decide(Delete(pod, "system:serviceaccount:kube-system:job-controller"), View(pod) with { Services = [Service(("job-name", "j"))] }, Now));
    }

    private static void Same(Reason reason, string answer, Ruling ruling) => Assert.Equal((reason, answer), (ruling.Reason, Text(ruling.Denial)));

    private static string Text(Denial? denial) => denial is null ? Allowed : $"{denial.Code}{(denial.RetryAfterSeconds is { } seconds ? $" + {seconds}" : "")}";
}
