using System.Text;
using System.Text.Json.Nodes;
using Prestop.Elb.Client;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>
/// Drains that AWS load balancers end. The drain is 45 s, a target is deregistered 2 s after its labels are off, an Application Load Balancer settles 20 s; a group is looked at
/// every 5 s.
/// </summary>
public sealed class LoadBalancerEvidenceTests : IAsyncDisposable
{
    private const string Address = """{"status": {"podIPs": [{"ip": "10.0.1.7"}]} }""";

    private readonly ControlledCluster _cluster = new(2, hasBalancers: true);

    /// <summary>Whether the target is still listed as draining by then, or long gone.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(10)]
    [InlineData(0)]
    public void A_pod_is_deleted_when_its_load_balancer_has_let_go_of_it(int deregistrationDelay) => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web").DeregistrationDelay = TimeSpan.FromSeconds(deregistrationDelay);
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        await cluster.EvictAsync("web-1");

        await cluster.WaitAsync(20 + 1.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);

        Assert.True(cluster.Pod("web-1")!.IsTerminating());
        Assert.Contains("Drained", cluster.Events);
        Assert.Matches(@"^load balancers have let go of it: 10\.0\.1\.7(:8080)? in k8s-web: .*, left 2\d(\.\d)?s ago, settled after 20s$", Note("LetGo"));
        Assert.DoesNotContain("WithoutEvidence", cluster.Events);
        Assert.Contains("prestopd_controller_drains_total{ending=\"evidence\"} 1\n", string.Concat(cluster.Replicas.Select(Metrics)), StringComparison.Ordinal);
    });

    [Fact]
    public void Who_comes_back_by_then_is_let_through() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        ApiAnswer answer;
        while ((answer = await cluster.DeleteAsync("web-1")).Status == 429)
        {
            await cluster.WaitAsync(int.Parse(answer.Header("Retry-After")!));
        }

        Assert.Equal(200, answer.Status);
        Assert.InRange(cluster.Clock.Now.TotalSeconds, 10 + 22, 10 + 22 + 17);
    });

    [Fact]
    public void The_time_that_a_load_balancer_settles_is_that_of_its_kind() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.Registrar.Bind("web", "network", name: "k8s-tcp");
        cluster.PutPod("web-1", Patched(Address, """{"metadata": {"annotations": {"prestop/drain": "5m"} } }"""));
        await cluster.WaitAsync(10);
        await cluster.EvictAsync("web-1");

        await cluster.WaitAsync(120 + 1.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_load_balancer_that_settles_longer_than_the_drain_is_told_of_at_once() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web", "network");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(3);

        Assert.Equal(
            "drains until its deadline: targets of k8s-web settle for 2m, which is not below what is left of its drain; give it more (prestop/drain)", Note("WithoutEvidence"));
        await EndsAtItsDeadlineAsync(cluster, begun: 10);
    });

    [Fact]
    public void A_target_that_stays_is_waited_for_until_the_deadline() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        cluster.Registrar.Lag = () => TimeSpan.FromHours(1);
        await cluster.EvictAsync("web-1");

        await EndsAtItsDeadlineAsync(cluster, begun: 10);
        Assert.Equal("drains until its deadline: 10.0.1.7:8080 in k8s-web: healthy", Note("WithoutEvidence"));
    });

    [Theory]
    [InlineData(ElbFault.Denied, "IAM does not allow it")]
    [InlineData(ElbFault.Credentials, "no credentials")]
    [InlineData(ElbFault.Throttled, "AWS throttles")]
    public void Where_AWS_does_not_tell_the_deadline_ends_it(ElbFault fault, string message) => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        foreach (var replica in cluster.Replicas)
        {
            replica.Elb!.Fault = _ => new ElbError(fault, "DescribeTargetHealth", message);
        }

        await cluster.EvictAsync("web-1");

        await EndsAtItsDeadlineAsync(cluster, begun: 10);
        Assert.Equal($"drains until its deadline: {message}", Note("WithoutEvidence"));
        Assert.DoesNotContain("LetGo", cluster.Events);
    });

    [Fact]
    public void What_throttles_for_a_while_is_asked_again() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        foreach (var replica in cluster.Replicas)
        {
            replica.Elb!.Fault = call => cluster.Clock.Now < TimeSpan.FromSeconds(15) ? new ElbError(ElbFault.Throttled, call, "AWS throttles") : null;
        }

        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(5 + 20 + 16);

        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Theory]
    [InlineData("{}", "no TargetGroupBinding names web")]
    [InlineData("instance", "targets of type instance leave only with their node")]
    [InlineData("gone", "there is no target group '*' in this account and region")]
    [InlineData("no address", "it has no address")]
    public void A_pod_that_no_evidence_can_be_had_of_drains_until_its_deadline(string why, string message) => _cluster.Run(async cluster =>
    {
        if (why != "{}")
        {
            var group = cluster.Registrar!.Bind("web", targetType: why == "instance" ? why : "ip");
            if (why == "gone")
            {
                cluster.Aws!.Delete(group);
                message = message.Replace("*", group.Arn, StringComparison.Ordinal);
            }
        }

        cluster.PutPod("web-1", why == "no address" ? "{}" : Address);
        await cluster.EvictAsync("web-1");

        await EndsAtItsDeadlineAsync(cluster, begun: 0);
        Assert.Equal($"drains until its deadline: {message}", Note("WithoutEvidence"));
    });

    [Fact]
    public void A_binding_of_another_Service_or_namespace_is_none_of_the_pods() => _cluster.Run(async cluster =>
    {
        cluster.Put("""{"kind": "Service", "metadata": {"name": "other", "namespace": "rec"}, "spec": {"selector": {"app": "other"} } }""");
        cluster.Registrar!.Bind("other");
        cluster.Put("""{"kind": "TargetGroupBinding", "metadata": {"name": "web", "namespace": "elsewhere"}, "spec": {"serviceRef": {"name": "web"}, "targetGroupARN": "arn"} }""");
        cluster.PutPod("web-1", Address);
        await cluster.EvictAsync("web-1");

        await EndsAtItsDeadlineAsync(cluster, begun: 0);
        Assert.Equal("drains until its deadline: no TargetGroupBinding names web", Note("WithoutEvidence"));
    });

    [Fact]
    public void A_target_group_that_is_deleted_meanwhile_has_let_go() => _cluster.Run(async cluster =>
    {
        var group = cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        cluster.Registrar.Lag = () => TimeSpan.FromHours(1);
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(8);
        cluster.Aws!.Delete(group);

        await cluster.WaitAsync(19.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    /// <summary>One is out while the other is in, and the other way round: never both.</summary>
    [Fact]
    public void All_load_balancers_have_let_go_at_one_time() => _cluster.Run(async cluster =>
    {
        var (first, second) = (cluster.Registrar!.Bind("web"), cluster.Registrar.Bind("web", name: "k8s-other"));
        cluster.PutPod("web-1", Patched(Address, """{"metadata": {"annotations": {"prestop/drain": "3m"} } }"""));
        await cluster.WaitAsync(10);
        cluster.Registrar.Lag = () => TimeSpan.FromHours(1);
        await cluster.EvictAsync("web-1");
        first.Set("10.0.1.7", "draining");
        await cluster.WaitAsync(30);
        first.Set("10.0.1.7", "healthy");
        second.Set("10.0.1.7", "draining");
        await cluster.WaitAsync(30);
        first.Set("10.0.1.7", "draining");
        await cluster.WaitAsync(19.9);

        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_replica_that_comes_anew_begins_anew() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Patched(Address, """{"metadata": {"annotations": {"prestop/drain": "1m"} } }"""));
        await cluster.WaitAsync(10);
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(15);
        await cluster.StopAsync(cluster.First);
        await cluster.StopAsync(cluster.First);
        cluster.Start();

        await cluster.WaitAsync(19.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_replica_that_AWS_does_not_answer_is_helped_by_the_other() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        cluster.First.Elb!.Fault = call => new ElbError(ElbFault.Unreachable, call, "no route");
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(34);

        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_pod_is_not_looked_for_before_its_Services_have_let_go_of_it() => _cluster.Run(async cluster =>
    {
        var group = cluster.Registrar!.Bind("web");
        var set = cluster.Put("""{"kind": "ReplicaSet", "metadata": {"name": "web-5d8c", "namespace": "rec"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d8c"} } } }""");
        var owned = $$"""{"metadata": {"labels": {"pod-template-hash": "5d8c"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8c", "uid": "{{set.Uid()}}", "controller": true}]} }""";
        cluster.PutPod("web-1", Patched(Address, owned));
        await cluster.WaitAsync(10);
        await cluster.EvictAsync("web-1");
        await cluster.WaitAsync(30);
        Assert.All(cluster.Replicas, replica => Assert.Empty(replica.Elb!.LooksAt(group)));

        cluster.PutPod("web-2", owned);
        await cluster.WaitAsync(2 + 20 + 1.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void What_was_found_for_a_drain_that_was_called_off_does_not_count_for_the_next() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Patched(Address, """{"metadata": {"annotations": {"prestop/drain": "1m"} } }"""));
        await cluster.WaitAsync(10);
        await cluster.DeleteAsync("web-1");
        await cluster.WaitAsync(15);
        Cancel();
        await cluster.WaitAsync(30);
        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));

        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);
        await cluster.WaitAsync(20 + 1.9);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(12);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());

        void Cancel() => cluster.ChangePod("web-1", pod => pod["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true");
    });

    [Fact]
    public void A_pod_that_got_its_label_back_by_hand_is_sent_to_whatever_was_found() => _cluster.Run(async cluster =>
    {
        cluster.Registrar!.Bind("web");
        cluster.PutPod("web-1", Address);
        await cluster.WaitAsync(10);
        await cluster.DeleteAsync("web-1");
        cluster.ChangePod("web-1", pod => pod["metadata"]!["labels"]!["app"] = "web");

        await EndsAtItsDeadlineAsync(cluster, begun: 10, byClient: true);
        Assert.DoesNotContain("LetGo", cluster.Events);
    });

    [Fact]
    public void Pods_beyond_the_most_that_are_looked_for_have_their_turn_when_there_is_room()
    {
        var cluster = new ControlledCluster(1, hasBalancers: true, mostSearches: 1);
        cluster.Run(async _ =>
        {
            var group = cluster.Registrar!.Bind("web");
            cluster.PutPod("web-1", Patched(Address, """{"metadata": {"annotations": {"prestop/drain": "1m"} } }"""));
            cluster.PutPod("web-2", """{"metadata": {"annotations": {"prestop/drain": "3m"} }, "status": {"podIPs": [{"ip": "10.0.1.8"}]} }""");
            await cluster.WaitAsync(10);
            await cluster.EvictAsync("web-1");
            await cluster.EvictAsync("web-2");
            group.Set("10.0.1.7", "healthy");
            await cluster.WaitAsync(59);
            Assert.False(cluster.Pod("web-2")!.IsTerminating());
            await cluster.WaitAsync(40);
            Assert.True(cluster.Pod("web-2")!.IsTerminating());
        });
    }

    /// <summary>One look an interval and two lists: as for one pod.</summary>
    [Fact]
    public void Fifty_pods_cost_AWS_no_more_calls_than_one() => _cluster.Run(async cluster =>
    {
        var group = cluster.Registrar!.Bind("web");
        for (var number = 1; number <= 50; number++)
        {
            cluster.PutPod($"web-{number}", $$"""{"status": {"podIPs": [{"ip": "10.0.1.{{number}}"}]} }""");
        }

        await cluster.WaitAsync(10);
        for (var number = 1; number <= 50; number++)
        {
            await cluster.EvictAsync($"web-{number}");
        }

        await cluster.WaitAsync(34);

        Assert.All(cluster.Api.Store.All(ApiKind.Pod, "rec"), pod => Assert.True(pod.IsTerminating()));
        Assert.All(cluster.Replicas, replica => Assert.InRange(replica.Elb!.LooksAt(group).Count(), 1, 8));
        Assert.All(cluster.Replicas, replica => Assert.InRange(replica.Elb!.Count("DescribeTargetGroups"), 1, 4));
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static async Task EndsAtItsDeadlineAsync(ControlledCluster cluster, double begun, bool byClient = false)
    {
        await cluster.WaitAsync(begun + 44.9 - cluster.Clock.Now.TotalSeconds);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(byClient ? 9 : 2);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    }

    private static string Patched(string json, string patch) => PatchedJson.Merge(JsonNode.Parse(json), JsonNode.Parse(patch))!.ToJsonString();

    private static string Metrics(ControlledCluster.Replica replica)
    {
        var text = new MetricsText();
        replica.Rig.Metrics.AddTo(text, 0, 0, null, []);
        return Encoding.UTF8.GetString(text.Response().Body.Span);
    }

    private string? Note(string reason) => _cluster.Api.Store.All(ApiKind.Event).First(each => each.Text("reason") == reason).Text("note");
}
