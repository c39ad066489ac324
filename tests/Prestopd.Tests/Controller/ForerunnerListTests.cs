using System.Text.RegularExpressions;
using Prestop.Testing;
using Prestopd.Tests.Controller.Certificates;
using Prestopd.Tests.Controller.Cluster;
using Prestopd.Tests.Controller.Indexes;
using Prestopd.Tests.Controller.Isolation;
using Xunit;

namespace Prestopd.Tests.Controller;

/// <summary>
/// The tests of pod-graceful-drain v0.1.1, and what was wrong with it, each with the tests of ours that show the same; or with the reason for which it says nothing here. Tests of other
/// projects go by their name alone.
/// </summary>
public sealed partial class ForerunnerListTests
{
    private const string NoOwner = "a drain belongs to no replica: each of them takes its steps, and the pod's version lets one of them through";
    private const string NoWaiting = "a pod does not wait for its budget with a mark of its own: who evicts it is told to come again, and the budget is looked at then";
    private const string NotRewritten = "an eviction is not turned into a dry run, it is refused";
    private const string OfKubernetes = "it is a test of Kubernetes; how the tests' cluster does the same is held to recordings";
    private const string NoEarlyEnd = "what runs beside the answers ends only when it is cancelled or fails";

    private static readonly (string Theirs, string[] Ours)[] UnitTests =
    [
        ("labels_and_annotations: test_get_pod_draining_label_value", [nameof(DrainStateTests.A_pod_drains_when_its_label_and_its_end_are_there), nameof(InterceptionTests.A_draining_label_without_a_deadline_is_not_ours)]),
        ("labels_and_annotations: test_set_pod_draining_label_value", [nameof(DrainStateTests.What_is_written_is_read_back), nameof(DrainCourseTests.A_surge_leaves_the_Services_when_the_replacement_is_ready)]),
        ("labels_and_annotations: test_get_pod_drain_timestamp", [nameof(DrainStateTests.A_pod_drains_when_its_label_and_its_end_are_there)]),
        ("labels_and_annotations: test_set_pod_drain_timestamp", [nameof(InterceptionTests.The_second_review_of_the_same_request_changes_nothing), nameof(InterceptionTests.A_draining_label_without_a_deadline_is_not_ours)]),
        ("labels_and_annotations: test_try_backup_pod_original_labels", [nameof(DrainStateTests.What_is_written_is_read_back), nameof(DrainCourseTests.A_drain_that_is_called_off_leaves_nothing_behind_but_whose_pod_it_was)]),
        ("labels_and_annotations: test_get_delete_options", [nameof(DrainStateTests.A_pod_drains_when_its_label_and_its_end_are_there), "Delete_options_are_read_as_they_are_written"]),
        ("labels_and_annotations: test_set_delete_options", [nameof(InterceptionTests.How_it_was_to_be_deleted_is_kept), nameof(DrainCourseTests.An_evicted_pod_goes_as_it_was_to_be_evicted)]),
        ("patch/drain: test_mutate_should_return_gone_if_pod_is_none", [nameof(RemovalsTests.An_eviction_of_a_pod_that_is_not_there_is_404)]),
        ("patch/drain: smoke_test", [nameof(InterceptionTests.Isolating_makes_the_pod_that_the_API_server_made_of_the_recorded_patch)]),
        ("patch/drain: should_return_gone_if_pod_is_none", [nameof(InterceptionTests.An_eviction_of_a_pod_that_is_not_there_is_left_to_the_API_server)]),
        ("patch/drain: should_be_idempotent", [nameof(InterceptionTests.The_second_review_of_the_same_request_changes_nothing), nameof(RemovalsTests.A_pod_that_changes_meanwhile_is_decided_upon_anew)]),
        ("patch/drain: should_progress", [nameof(DrainCourseTests.A_surge_leaves_the_Services_when_the_replacement_is_ready)]),
        ("patch/evict: smoke_test", [nameof(InterceptionTests.A_surge_takes_only_the_label_off_by_which_the_ReplicaSet_counts)]),
        ("patch/evict: should_return_gone_if_pod_is_none", [nameof(RemovalsTests.An_eviction_of_a_pod_that_is_not_there_is_404)]),
        ("patch/evict: should_be_idempotent", [nameof(InterceptionTests.A_surge_takes_only_the_label_off_by_which_the_ReplicaSet_counts)]),
        ("patch/evict: should_not_regress_from_draining", [nameof(ForerunnerBehaviourTests.An_eviction_waits_for_its_budget_with_the_pod_as_it_was_and_drains_it_then)]),
        ("pdb/budget: test_get_pdb", [nameof(SelectorIndexTests.It_finds_what_a_look_at_all_of_them_finds), nameof(SelectorIndexTests.A_budget_may_ask_for_no_label_in_particular)]),
        ("pdb/budget: test_check_pod_disruption_policy", [nameof(ForerunnerTests.A_pod_that_is_not_ready_is_left_to_its_budget_also_where_that_has_no_policy_for_it)]),
        ("pdb/budget: test_check_and_decrement", [nameof(InterceptionTests.A_budget_whose_status_is_about_an_earlier_rule_refuses), nameof(InterceptionTests.A_budget_that_is_spent_refuses_as_the_API_server_does), nameof(InterceptionTests.A_reservation_is_what_the_eviction_subresource_writes), nameof(RemovalsTests.Of_two_replicas_that_know_a_budget_of_one_one_gets_it)]),
        ("pdb/fixup: smoke_test", [nameof(ForerunnerTests.A_budget_keeps_its_labels_and_annotations_when_a_disruption_is_reserved_and_when_it_is_woken)]),
        ("pod_state: pod_is_ready", [nameof(DrainStateTests.A_pod_is_drained_when_it_is_ready)]),
        ("pod_state: pod_is_exposed", [nameof(ExposureTests.A_pod_behind_a_load_balancer_is_drained)]),
        ("pod_state: pod_is_exposed_by_tgb", [nameof(ExposureTests.A_pod_behind_a_load_balancer_is_drained)]),
        ("pod_state: pod_is_not_exposed_when_no_ingress", [nameof(ExposureTests.Another_pod_goes_as_ever)]),
        ("pod_state: pod_is_not_exposed_when_selector_not_match", [nameof(InterceptionTests.A_pod_that_no_Service_selects_passes), nameof(SelectorIndexTests.It_finds_what_a_look_at_all_of_them_finds)]),
        ("pod_state: pod_is_not_exposed_namespace_differ", [nameof(SelectorIndexTests.A_budget_may_ask_for_no_label_in_particular)]),
        ("selector: test_matches_selector", ["All_of_a_selector_has_to_hold", "No_selector_is_not_an_empty_one"]),
        ("selector: test_matches_labels", ["All_of_a_selector_has_to_hold"]),
        ("selector: test_matches_expressions", ["All_of_a_selector_has_to_hold", "An_expression_that_is_not_known_is_no_selector"]),
        ("service_registry: should_be_ready_after_all_registered_service_ready", [nameof(ClusterWatchTests.It_is_synced_when_all_kinds_have_been_listed)]),
        ("spawn_service: graceful_shutdown_on_shutdown_request", ["SIGTERM_makes_it_unready_first_and_it_answers_until_it_ends"]),
        ("spawn_service: should_capture_panic", [nameof(ControllerCommandTests.What_fails_beside_the_answers_ends_all)]),
        ("spawn_service: should_panic_trigger_others_graceful_shutdown", [nameof(ControllerCommandTests.What_fails_beside_the_answers_ends_all)]),
        ("utils: smoke_test_to_delete_params", ["Delete_options_are_read_as_they_are_written", "All_options_of_a_delete_have_their_place"]),
        ("self_recognize: test_is_my_serviceaccount_return_true", [nameof(InterceptionTests.Our_own_delete_passes)]),
        ("self_recognize: test_is_my_serviceaccount_return_false", [nameof(RequestersTests.Who_it_is)]),
    ];

    private static readonly (string Theirs, string Why)[] UnitTestsStruckOut =
    [
        ("controllers/utils: stable_jitter_should_stable", NoOwner),
        ("labels_and_annotations: test_get_pod_evict_after", NoWaiting),
        ("labels_and_annotations: test_set_pod_evict_after", NoWaiting),
        ("labels_and_annotations: test_am_i_pod_drain_controller", NoOwner),
        ("labels_and_annotations: test_set_pod_drain_controller", NoOwner),
        ("patch/evict_later: smoke_test", NoWaiting),
        ("patch/evict_later: should_return_gone_if_pod_is_none", NoWaiting),
        ("patch/evict_later: should_not_regress_timestamp", NoWaiting),
        ("patch/evict_later: should_not_regress_from_draining", NoWaiting),
        ("patch/eviction_admission: eviction_patch_none_delete_options", NotRewritten),
        ("patch/eviction_admission: eviction_patch_none_dry_run", NotRewritten),
        ("patch/eviction_admission: eviction_patch_empty_dry_run", NotRewritten),
        ("spawn_service: should_capture_early_shutdown", NoEarlyEnd),
        ("spawn_service: should_early_shutdown_trigger_others_graceful_shutdown", NoEarlyEnd),
    ];

    private static readonly (string Theirs, string[] Ours)[] ClusterTests =
    [
        ("webhook_delete: should_delay_deletion_by_kubectl_delete", [nameof(ForerunnerBehaviourTests.A_pod_that_is_deleted_leaves_its_Service_and_its_budget_at_once_and_ends_when_it_has_drained), "Delete_waits_for_the_replacement_and_the_drain_and_says_deleted"]),
        ("webhook_delete: should_allow_deletion_when_pod_is_not_ready", [nameof(InterceptionTests.Who_asks_is_answered), nameof(DrainStateTests.A_pod_is_drained_when_it_is_ready)]),
        ("webhook_delete: should_allow_deletion_when_pod_is_not_exposed", [nameof(InterceptionTests.A_pod_that_no_Service_selects_passes)]),
        ("webhook_delete: should_allow_deletion_when_dry_run", [nameof(ForerunnerBehaviourTests.What_is_only_tried_changes_nothing), "What_is_only_tried_is_not_held_up"]),
        ("webhook_delete: should_delay_deletion_by_deployment_rollout", ["Rollout_restart_replaces_all_pods_and_each_of_them_drains"]),
        ("webhook_delete: should_delay_deletion_by_kubectl_drain_disable_eviction", ["Drain_without_evictions_drains_as_well"]),
        ("webhook_evict: should_intercept_eviction", [nameof(ForerunnerBehaviourTests.An_eviction_waits_for_its_budget_with_the_pod_as_it_was_and_drains_it_then), nameof(DrainsTests.A_Deployments_pod_leaves_its_Services_when_its_replacement_is_ready)]),
        ("webhook_evict: should_allow_eviction_when_pod_is_not_ready", [nameof(DrainStateTests.A_pod_is_drained_when_it_is_ready)]),
        ("webhook_evict: should_allow_eviction_when_pod_is_not_exposed", [nameof(ForerunnerBehaviourTests.A_Service_without_a_selector_sends_to_no_pod), nameof(PageTests.A_reason_has_its_row_with_its_answers)]),
        ("webhook_evict: should_allow_eviction_when_dry_run", [nameof(ForerunnerBehaviourTests.What_is_only_tried_changes_nothing)]),
        ("webhook_evict: should_intercept_eviction_by_kubectl_drain", ["Drain_empties_the_node_and_the_service_is_never_without_an_endpoint"]),
        ("controller_drain: controller_should_delete_expired_pod", [nameof(DrainsTests.A_pod_that_nobody_comes_for_is_deleted_once_and_not_early)]),
        ("controller_drain: controller_should_not_delete_too_early", [nameof(DrainsTests.A_pod_that_nobody_comes_for_is_deleted_once_and_not_early)]),
        ("controller_evict: controller_should_patch", [nameof(RemovalsTests.A_person_is_put_off_and_the_pod_leaves_its_Services_within_the_call)]),
        ("controller_evict: controller_should_not_patch_until_pod_disruption_budget", [nameof(ForerunnerBehaviourTests.An_eviction_waits_for_its_budget_with_the_pod_as_it_was_and_drains_it_then), nameof(DrainCourseTests.An_evicted_pod_leaves_its_Services_only_when_the_budget_lets_it)]),
        ("fixup_pdb_on_drain: test_fixup_current_healthy", [nameof(ForerunnerBehaviourTests.A_pod_that_is_deleted_leaves_its_Service_and_its_budget_at_once_and_ends_when_it_has_drained)]),
        ("fixup_pdb_on_drain: check_stock_kubernetes_delete_does_not_updates_current_healthy_on_label_remove", ["A_budget_does_not_hear_of_a_pod_that_loses_its_labels_until_something_wakes_it"]),
        ("reflectors: should_reflect_pod", [nameof(ClusterWatchTests.Of_pods_it_follows_those_that_drain)]),
        ("reflectors: should_reflect_pod_delete", [nameof(ClusterWatchTests.Of_pods_it_follows_those_that_drain)]),
        ("reflectors: should_reflect_pod_label_edit", [nameof(ClusterWatchTests.Of_pods_it_follows_those_that_drain)]),
        ("reflectors: should_reflect_service", [nameof(ClusterWatchTests.It_follows_what_decisions_are_made_from)]),
        ("reflectors: should_reflect_service_spec_edit", [nameof(ClusterWatchTests.It_follows_what_decisions_are_made_from)]),
        ("reflectors: should_reflect_service_delete", [nameof(ClusterWatchTests.It_follows_what_decisions_are_made_from)]),
        ("reflectors: should_reflect_ingress", [nameof(ExposureTests.A_pod_behind_a_load_balancer_is_drained), nameof(FollowedKindsTests.Kinds_that_are_not_installed_hold_nothing_up_and_are_noticed_when_they_are)]),
        ("reflectors: should_reflect_ingress_delete", [nameof(ExposureTests.A_pod_that_drains_goes_on_whatever_becomes_of_its_load_balancer)]),
        ("reflectors: should_reflect_ingress_spec_edit", [nameof(BackendIndexTests.It_finds_what_a_look_at_all_of_them_finds)]),
    ];

    private static readonly (string Theirs, string Why)[] ClusterTestsStruckOut =
    [
        ("fixup_pdb_on_drain: check_stock_kubernetes_delete_updates_current_healthy_on_delete", OfKubernetes),
    ];

    private static readonly (string Theirs, string[] Ours)[] InstalledTests =
    [
        ("test_smoke: test_should_delete_pod_without_delay_if_no_ingress", [nameof(ExposureTests.Another_pod_goes_as_ever)]),
        ("test_smoke: test_should_evict_pod_without_delay_if_no_ingress", [nameof(ExposureTests.Another_pod_goes_as_ever)]),
        ("test_smoke: test_delete_is_delayed_with_ingress", ["Who_deletes_a_pod_is_put_off_until_it_has_drained"]),
        ("test_smoke: test_eviction_is_delayed_with_ingress", ["A_pod_that_is_evicted_is_deleted_when_it_has_drained"]),
        ("test_smoke: test_eviction_is_further_delayed_with_pdb", [nameof(ForerunnerBehaviourTests.An_eviction_waits_for_its_budget_with_the_pod_as_it_was_and_drains_it_then)]),
        ("test_drain: test_drain_self", ["Its_objects_name_each_other", "A_replica_that_is_killed_loses_no_drain_and_cuts_none_short"]),
        ("test_drain: test_drain_other", ["Drain_empties_the_node_and_the_service_is_never_without_an_endpoint"]),
    ];

    private static readonly (string Theirs, string[] Ours)[] Defects =
    [
        ("budgets lose labels and annotations", [nameof(ForerunnerTests.A_budget_keeps_its_labels_and_annotations_when_a_disruption_is_reserved_and_when_it_is_woken)]),
        ("a budget without unhealthyPodEvictionPolicy is an error", [nameof(ForerunnerTests.A_pod_that_is_not_ready_is_left_to_its_budget_also_where_that_has_no_policy_for_it)]),
        ("a Service without a selector selects every pod", [nameof(ForerunnerBehaviourTests.A_Service_without_a_selector_sends_to_no_pod), nameof(SelectorIndexTests.A_Service_without_a_selector_selects_nothing)]),
        ("an eviction's delete options are dropped", [nameof(ForerunnerTests.An_evictors_grace_period_is_that_of_the_delete_at_the_end)]),
        ("a delete is held up for less than the drain", [nameof(ForerunnerTests.A_delete_is_held_off_for_all_of_the_drain_however_long_that_is)]),
        ("the owner is changed by hand, of a group that there is not", [nameof(ForerunnerTests.A_pods_owner_is_the_owners_own_affair)]),
        ("metrics dead, exit code 1, IPv4 only, sideEffects None", ["Its_metrics_are_there_over_IPv6_too_and_it_ends_with_exit_code_0", nameof(ForerunnerBehaviourTests.Webhooks_that_change_things_say_so), nameof(ForerunnerBehaviourTests.What_is_only_tried_changes_nothing)]),
        ("a pod that two budgets cover is stuck", [nameof(ForerunnerTests.A_pod_that_two_budgets_cover_is_refused_by_the_API_server_and_not_left_half_drained)]),
        ("pods that drain keep their node, and lose all labels", [nameof(ForerunnerBehaviourTests.A_pod_that_drains_keeps_the_labels_that_send_it_nothing), nameof(ForerunnerBehaviourTests.A_pod_that_drains_does_not_keep_its_node_and_one_that_is_restored_says_what_it_said)]),
        ("a webhook that cannot be reached is not noticed", [nameof(WebhookVerificationTests.What_is_wrong_is_told_in_the_API_servers_words)]),
    ];

    [Fact]
    public void Each_of_their_tests_stands_here_once()
    {
        string[] all =
        [
            .. UnitTests.Concat(ClusterTests).Concat(InstalledTests).Select(row => row.Theirs), .. UnitTestsStruckOut.Concat(ClusterTestsStruckOut).Select(row => row.Theirs),
        ];

        Assert.Equal((50, 27, 7), (UnitTests.Length + UnitTestsStruckOut.Length, ClusterTests.Length + ClusterTestsStruckOut.Length, InstalledTests.Length));
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void What_shows_it_is_a_test()
    {
        var tests = Directory.EnumerateFiles(Repository.PathTo("tests"), "*Tests.cs", SearchOption.AllDirectories).SelectMany(file => Test().Matches(File.ReadAllText(file))).Select(test => test.Groups[1].Value).ToHashSet();

        Assert.Equal([], UnitTests.Concat(ClusterTests).Concat(InstalledTests).Concat(Defects).SelectMany(row => row.Ours).Except(tests));
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Test();
}
