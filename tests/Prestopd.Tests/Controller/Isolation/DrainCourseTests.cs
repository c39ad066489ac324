using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestopd.Controller;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

public sealed class DrainCourseTests
{
    private const string NodeController = "system:serviceaccount:kube-system:node-controller";

    [Fact]
    public void Who_comes_again_is_given_time_to()
    {
        var pod = Draining(PodJson("", ("app", "web")), "admin");

        Assert.Equal(new DrainStep.Wait(Now + Drain + TimeSpan.FromSeconds(7)), Next(pod, Now + Drain));
        Assert.Equal(
            new DrainStep.Delete(new DeleteOptions { Uid = "u1", ResourceVersion = "8", GracePeriodSeconds = 30, Propagation = Propagation.Background }),
            Next(pod, Now + Drain + TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public void Who_has_turned_to_other_things_is_not_waited_for()
    {
        var pod = Draining(PodJson("", ("app", "web")), NodeController);

        Assert.Equal(new DrainStep.Wait(Now + Drain), Next(pod, Now));
        Assert.IsType<DrainStep.Delete>(Next(pod, Now + Drain));
    }

    [Fact]
    public void An_evicted_pod_goes_as_it_was_to_be_evicted()
    {
        var pod = PodJson("", ("app", "web"));
        pod = Patched(pod, Rules.Decide(Evict(pod, """{"gracePeriodSeconds": 9}"""), View(pod), Now).Patch!);

        Assert.Equal(new DrainStep.Delete(new DeleteOptions { Uid = "u1", ResourceVersion = "8", GracePeriodSeconds = 9 }), Next(pod, Now + Drain));
    }

    [Fact]
    public void Evidence_ends_a_drain_early_and_never_later_than_its_deadline()
    {
        var pod = Draining(PodJson("", ("app", "web")), NodeController);

        Assert.IsType<DrainStep.Delete>(DrainCourse.Next(View(pod) with { DrainedSince = Now.AddSeconds(3) }, false, Now.AddSeconds(3)));
        Assert.IsType<DrainStep.Delete>(DrainCourse.Next(View(pod) with { DrainedSince = Now.AddSeconds(50) }, false, Now + Drain));
    }

    [Fact]
    public void A_pod_that_is_on_its_way_or_does_not_drain_is_left_alone()
    {
        var pod = Draining(PodJson("", ("app", "web")), NodeController);
        pod["metadata"]!["deletionTimestamp"] = "2026-11-21T10:00:30Z";

        Assert.IsType<DrainStep.Done>(Next(pod, Now + Drain));
        Assert.IsType<DrainStep.Done>(Next(PodJson("", ("app", "web")), Now + Drain));
        Assert.IsType<DrainStep.Done>(Next(PodJson("", ("app", "web"), (ControllerNames.Draining, "true")), Now + Drain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ReplicaSet")]
    public void A_drain_that_is_called_off_leaves_nothing_behind_but_whose_pod_it_was(string owner)
    {
        var before = owner.Length == 0 ? PodJson("", ("app", "web")) : OfDeployment();
        before["metadata"]!["annotations"] = new JsonObject { ["a"] = "b" };
        var pod = Draining(before, "admin");
        pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true";

        var restored = Patched(pod, Assert.IsType<DrainStep.Restore>(Next(pod, Now.AddSeconds(1))).Patch);

        Assert.Equal(Pod(before).Labels, Pod(restored).Labels);
        Assert.Equal(
            Pod(before).Annotations, Pod(restored).Annotations.Where(each => each.Key != ControllerNames.State.Owner).ToDictionary());
        Assert.Equal(owner.Length > 0, Pod(restored).Annotations.ContainsKey(ControllerNames.State.Owner));
    }

    [Fact]
    public void A_label_that_somebody_set_meanwhile_stays()
    {
        var pod = Draining(PodJson("", ("app", "web")), "admin");
        pod["metadata"]!["labels"]!["app"] = "other";
        pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true";

        Assert.Equal("other", Pod(Patched(pod, Assert.IsType<DrainStep.Restore>(Next(pod, Now)).Patch)).Labels["app"]);
    }

    [Fact]
    public void A_new_drain_after_one_that_was_called_off_begins_anew()
    {
        var pod = PodJson("", ("app", "web"));
        pod["metadata"]!["annotations"] = new JsonObject { [ControllerNames.Wishes.Cancel] = "true" };

        Assert.False(DrainState.Of(Pod(Draining(pod, "admin")))!.IsCancelled);
    }

    [Fact]
    public void A_surge_leaves_the_Services_when_the_replacement_is_ready()
    {
        var pod = Draining(OfDeployment(), "admin");

        Assert.Equal(new DrainStep.Wait(Now + SurgeTimeout), Next(pod, Now.AddSeconds(2)));
        var step = Assert.IsType<DrainStep.TakeOff>(DrainCourse.Next(View(pod), isReplaced: true, Now.AddSeconds(20)));
        var drain = DrainState.Of(Pod(Patched(pod, step.Patch)))!;

        Assert.Null(step.Reserve);
        Assert.Equal([ControllerNames.Draining], Pod(Patched(pod, step.Patch)).Labels.Keys);
        Assert.Equal(new Dictionary<string, string> { ["app"] = "web", ["pod-template-hash"] = "5d8c" }, drain.Labels);
        Assert.Equal((null, Now.AddSeconds(20) + Drain), (drain.SurgeUntil, drain.Until));
    }

    /// <summary>A client that was told to come at 60 s must find the pod: the drain goes on until then, though 47 s would do.</summary>
    [Fact]
    public void A_surge_that_is_quick_keeps_the_pod_until_its_client_comes()
    {
        var pod = Draining(OfDeployment(), "admin");
        var step = Assert.IsType<DrainStep.TakeOff>(DrainCourse.Next(View(pod), isReplaced: true, Now.AddSeconds(2)));

        Assert.Equal(Now.AddSeconds(60), DrainState.Of(Pod(Patched(pod, step.Patch)))!.Until);

        var unattended = Draining(OfDeployment(), NodeController);
        step = Assert.IsType<DrainStep.TakeOff>(DrainCourse.Next(View(unattended), isReplaced: true, Now.AddSeconds(2)));

        Assert.Equal(Now.AddSeconds(47), DrainState.Of(Pod(Patched(unattended, step.Patch)))!.Until);
    }

    [Fact]
    public void A_surge_that_takes_too_long_goes_on_without_its_replacement() =>
        Assert.IsType<DrainStep.TakeOff>(Next(Draining(OfDeployment(), "admin"), Now + SurgeTimeout));

    [Fact]
    public void An_evicted_pod_leaves_its_Services_only_when_the_budget_lets_it()
    {
        var pod = OfDeployment();
        var surging = Patched(pod, Rules.Decide(Evict(pod), View(pod, Budget(0)), Now).Patch!);
        var free = Budget(1);

        Assert.Equal(new DrainStep.Wait(Now + SurgeTimeout), DrainCourse.Next(View(surging, Budget(0)), isReplaced: true, Now.AddSeconds(3)));
        Assert.Equal(new DrainStep.Wait(Now + SurgeTimeout), DrainCourse.Next(View(surging, Budget(1, isCurrent: false)), isReplaced: true, Now.AddSeconds(3)));
        Assert.Same(free, Assert.IsType<DrainStep.TakeOff>(DrainCourse.Next(View(surging, free), isReplaced: true, Now.AddSeconds(3))).Reserve);
    }

    [Fact]
    public void A_surge_that_did_not_free_the_budget_is_undone_and_not_tried_again_at_once()
    {
        var pod = OfDeployment();
        var surging = Patched(pod, Rules.Decide(Evict(pod), View(pod, Budget(0)), Now).Patch!);

        var step = Assert.IsType<DrainStep.Restore>(DrainCourse.Next(View(surging, Budget(0)), isReplaced: false, Now + SurgeTimeout));
        var restored = Patched(surging, step.Patch);

        Assert.Equal(Pod(pod).Labels, Pod(restored).Labels);
        Assert.Equal(Reason.BudgetSpent, Rules.Decide(Evict(restored), View(restored, Budget(0)), Now + SurgeTimeout).Reason);
        Assert.Equal(Reason.SurgeStarted, Rules.Decide(Evict(restored), View(restored, Budget(0)), Now + SurgeTimeout + TimeSpan.FromMinutes(10)).Reason);
    }

    [Fact]
    public void A_ReplicaSet_is_whole_without_the_pods_that_drain()
    {
        var ready = OfDeployment();
        var unready = OfDeployment();
        unready["status"]!["conditions"]![0]!["status"] = "False";
        var terminating = OfDeployment();
        terminating["metadata"]!["deletionTimestamp"] = "2026-11-21T10:00:30Z";
        var other = OfDeployment();
        other["metadata"]!["ownerReferences"]![0]!["uid"] = "o2";

        // The owner does not let go before it has seen the change: the pod that drains still names it.
        var pods = new[] { ready, unready, terminating, other, Draining(OfDeployment(), "admin") }.Select(Pod).ToList();

        Assert.Equal([true, false, false, false, false], pods.Select(pod => DrainCourse.IsReplacement("o1", pod)));
    }

    private static JsonNode Draining(JsonNode pod, string user) => Patched(pod, Rules.Decide(Delete(pod, user), View(pod), Now).Patch!);

    private static DrainStep Next(JsonNode pod, DateTimeOffset now) => DrainCourse.Next(View(pod), isReplaced: false, now);
}
