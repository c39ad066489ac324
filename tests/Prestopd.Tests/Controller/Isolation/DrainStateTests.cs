using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestopd.Controller;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>What is kept on a pod that drains, written and read back.</summary>
public sealed class DrainStateTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var pod = PodJson("StatefulSet", ("app", "web"), ("team", "shop"));
        var state = new DrainState
        {
            Labels = new Dictionary<string, string> { ["before"] = "1" },
            Until = Now.AddSeconds(45),
            SurgeUntil = Now.AddSeconds(30),
            Beginning = Beginning.Eviction,
            Options = new DeleteOptions { Uid = "u1", GracePeriodSeconds = 7, Propagation = Propagation.Foreground },
            Owner = Pod(pod).Controller,
            IsCancelled = false,
        };

        var marked = Pod(Patched(pod, PodPatches.TakeOff(Pod(pod), ["app", "absent"], state)));
        var read = DrainState.Of(marked)!;

        Assert.Equal(new Dictionary<string, string> { ["before"] = "1", ["app"] = "web" }, read.Labels);
        Assert.Equal(new Dictionary<string, string> { ["team"] = "shop", [ControllerNames.Draining] = "true" }, marked.Labels);
        Assert.Equal(
            state with { Labels = read.Labels, Options = new DeleteOptions { GracePeriodSeconds = 7, Propagation = Propagation.Foreground } }, read);
    }

    /// <summary>Whatever the label says: without an end that can be read it is not a drain of ours. What else cannot be read is as if it were not there.</summary>
    [Theory]
    [InlineData(null, "2026-11-21T10:00:45Z", false)]
    [InlineData("true", null, false)]
    [InlineData("true", "soon", false)]
    [InlineData("true", "2026-11-21T10:00:45Z", true)]
    [InlineData("evicting", "2026-11-21T10:00:45Z", true)]
    public void A_pod_drains_when_its_label_and_its_end_are_there(string? label, string? until, bool drains)
    {
        var pod = PodJson("", ("app", "web"));
        pod["metadata"]!["annotations"] = new JsonObject { [ControllerNames.State.Labels] = "{", [ControllerNames.State.DeleteOptions] = "7", [ControllerNames.State.Owner] = "x" };
        if (label is not null)
        {
            pod["metadata"]!["labels"]![ControllerNames.Draining] = label;
        }

        if (until is not null)
        {
            pod["metadata"]!["annotations"]![ControllerNames.State.DrainUntil] = until;
        }

        var state = DrainState.Of(Pod(pod));

        Assert.Equal(drains, state is not null);
        if (state is not null)
        {
            Assert.Equal((Now.AddSeconds(45), null, Beginning.Controller, null), (state.Until, state.SurgeUntil, state.Beginning, state.Owner));
            Assert.Equal(new DeleteOptions(), state.Options);
            Assert.Empty(state.Labels);
        }
    }

    /// <summary>The kubelet counts the readiness gates into the condition <c>Ready</c>.</summary>
    [Theory]
    [InlineData("[]", false)]
    [InlineData("""[{"type": "Ready", "status": "False"}]""", false)]
    [InlineData("""[{"type": "Ready", "status": "Unknown"}]""", false)]
    [InlineData("""[{"type": "Ready", "status": "False"}, {"type": "gate", "status": "True"}]""", false)]
    [InlineData("""[{"type": "gate", "status": "True"}]""", false)]
    [InlineData("""[{"type": "Ready", "status": "True"}]""", true)]
    [InlineData("""[{"type": "gate", "status": "True"}, {"type": "Ready", "status": "True"}]""", true)]
    public void A_pod_is_drained_when_it_is_ready(string conditions, bool isReady)
    {
        var pod = PodJson("", ("app", "web"));
        pod["spec"]!["readinessGates"] = JsonNode.Parse("""[{"conditionType": "gate"}]""");
        pod["status"]!["conditions"] = JsonNode.Parse(conditions);
        var reason = isReady ? Reason.DrainStarted : Reason.NotReady;

        Assert.Equal((reason, reason), (Rules.Decide(Delete(pod), View(pod), Now).Reason, Rules.Decide(Evict(pod), View(pod), Now).Reason));
    }
}
