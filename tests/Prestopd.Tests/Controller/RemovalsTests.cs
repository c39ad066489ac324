using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller;

/// <summary>What is done before a delete or an eviction is answered, against an API server that keeps the real one's semantics.</summary>
public sealed class RemovalsTests : IAsyncDisposable
{
    private readonly ControlledCluster _cluster = new();

    [Fact]
    public void A_person_is_put_off_and_the_pod_leaves_its_Services_within_the_call() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");

        var answer = await cluster.DeleteAsync("web-1");

        Assert.Equal((429, "5"), (answer.Status, answer.Header("Retry-After")));
        Assert.StartsWith("admission webhook \"remove.pods.prestop.example\" denied the request: pod web-1 drains until", answer.Body.Text("message"), StringComparison.Ordinal);
        Assert.Equal("""{"prestop/draining":"true"}""", cluster.Pod("web-1")!.Labels()!.ToJsonString());
        Assert.Equal("""{"app":"web"}""", cluster.Annotation("web-1", ControllerNames.State.Labels));
        await cluster.WaitAsync(1);
        Assert.Equal(["DrainStarted"], cluster.Events);
    });

    [Fact]
    public void A_pod_that_changes_meanwhile_is_decided_upon_anew() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        var first = true;
        cluster.First.Handler.Before = request =>
        {
            if (request.Method == HttpMethod.Patch && first)
            {
                first = false;
                cluster.ChangePod("web-1", pod => pod["metadata"]!["labels"]!["more"] = "1");
            }

            return null;
        };

        Assert.Equal(429, (await cluster.DeleteAsync("web-1")).Status);
        Assert.Equal("1", cluster.Pod("web-1")!.Labels().Text("more"));
        Assert.NotNull(cluster.Annotation("web-1", ControllerNames.State.DrainUntil));
    });

    [Fact]
    public void An_eviction_is_taken_out_of_the_budget_first() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.PutPod("web-2");
        cluster.PutBudget(1);

        Assert.Equal((429, null), (await cluster.EvictAsync("web-1")) is var first ? (first.Status, first.Header("Retry-After")) : default);

        var budget = cluster.Api.Store.Find(ApiKind.Budget, "rec", "web");
        Assert.Equal((0, "web-1"), ((int)budget.Number("status", "disruptionsAllowed")!, budget.At("status", "disruptedPods")!.AsObject().Single().Key));
        Assert.Contains("needs 1 healthy pods", (await cluster.EvictAsync("web-2")).Body.Text("message"), StringComparison.Ordinal);
        Assert.Null(cluster.Annotation("web-2", ControllerNames.State.DrainUntil));
        await cluster.WaitAsync(1);
        Assert.NotNull(cluster.Api.Store.Find(ApiKind.Budget, "rec", "web")!.At("metadata", "annotations").Text(ControllerNames.Woken));
    });

    [Fact]
    public async Task Of_two_replicas_that_know_a_budget_of_one_one_gets_it()
    {
        await using var cluster = new ControlledCluster(2);
        cluster.Run(async cluster =>
        {
            cluster.PutPod("web-1");
            cluster.PutPod("web-2");
            cluster.PutBudget(1);
            var late = cluster.Replicas[1];
            late.IsBlind = true;
            await cluster.EvictAsync("web-1");
            cluster.Clock.At(cluster.Clock.Now + TimeSpan.FromSeconds(0.1), () =>
            {
                late.IsBlind = false;
                late.Follow();
            });
            var second = await cluster.EvictAsync("web-2");

            Assert.Equal(429, second.Status);
            Assert.Equal(0, cluster.Api.Store.Find(ApiKind.Budget, "rec", "web").Number("status", "disruptionsAllowed"));
            Assert.Null(cluster.Annotation("web-2", ControllerNames.State.DrainUntil));
        });
    }

    [Fact]
    public void An_eviction_of_a_pod_that_is_not_there_is_404() => _cluster.Run(async cluster => Assert.Equal(404, (await cluster.EvictAsync("web-1")).Status));

    [Theory]
    [InlineData(409, "Conflict", 429)]
    [InlineData(503, "ServiceUnavailable", 429)]
    [InlineData(403, "Forbidden", 200)]
    [InlineData(422, "Invalid", 200)]
    public void Who_comes_while_the_pod_cannot_be_changed_is_put_off_or_let_go(int refusal, string reason, int status) => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.First.Handler.Before = request => request.Method == HttpMethod.Patch ? ClusterHandler.Refusal(refusal, reason) : null;
        var start = cluster.Clock.Now;

        var answer = await cluster.DeleteAsync("web-1");

        Assert.Equal(status, answer.Status);
        Assert.True(cluster.Clock.Now - start < TimeSpan.FromSeconds(5), "the API server would not have waited");
        Assert.Equal(status == 429 ? "1" : null, answer.Header("Retry-After"));
    });

    [Fact]
    public void Nobody_is_held_up_for_long_by_an_API_server_that_does_not_answer() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.First.Handler.Before = request => request.Method == HttpMethod.Patch ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : null;

        Assert.Equal(429, (await cluster.DeleteAsync("web-1")).Status);
        await cluster.WaitAsync(31);
        Assert.Equal(200, (await cluster.DeleteAsync("web-1")).Status);
    });

    [Fact]
    public void An_owners_selector_is_fetched_once() => _cluster.Run(async cluster =>
    {
        var owner = cluster.Put("""{"kind": "StatefulSet", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"set": "web"} } } }""");
        var owned = $$"""{"metadata": {"labels": {"set": "web"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "{{owner.Uid()}}", "controller": true}]} }""";
        cluster.PutPod("web-0", owned);
        cluster.PutPod("web-1", owned);

        foreach (var pod in (string[])["web-0", "web-1"])
        {
            Assert.Equal(403, (await cluster.DeleteAsync(pod, ApiUser.Controller("statefulset-controller"))).Status);
            Assert.Equal("web", cluster.Pod(pod)!.Labels().Text("set"));
        }

        Assert.Single(cluster.First.Handler.Sent, sent => sent == "GET /apis/apps/v1/namespaces/rec/statefulsets/web");
    });

    /// <summary>The node controller asks five times in half a second and never again (<c>clients/controllers.ndjson</c>).</summary>
    [Fact]
    public void A_taint_whose_drain_could_not_begin_in_time_is_not_forgotten() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.First.Handler.Before = Unavailable(until: 20, cluster);
        for (var tries = 0; tries < 5; tries++)
        {
            Assert.Equal(403, (await cluster.DeleteAsync("web-1", ApiUser.Controller("node-controller"))).Status);
        }

        await cluster.WaitAsync(30);
        Assert.Null(cluster.Pod("web-1")!.Labels().Text("app"));
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
        await cluster.WaitAsync(45);
        Assert.True(cluster.Pod("web-1")!.IsTerminating());
    });

    [Theory]
    [InlineData("not ready any more", true)]
    [InlineData("another of its name", false)]
    public void A_taint_whose_drain_could_not_begin_in_time_ends_the_pod_that_it_was_about_and_no_other(string becomes, bool isDeleted) => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.First.Handler.Before = Unavailable(until: 10, cluster);
        await cluster.DeleteAsync("web-1", ApiUser.Controller("node-controller"));
        if (becomes == "not ready any more")
        {
            cluster.ChangePod("web-1", pod => pod["status"]!["conditions"]![0]!["status"] = "False");
        }
        else
        {
            cluster.RemovePod("web-1");
            cluster.PutPod("web-1");
        }

        await cluster.WaitAsync(30);

        Assert.Equal(isDeleted, cluster.Pod("web-1")!.IsTerminating());
        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));
    });

    [Fact]
    public void An_outage_is_not_a_long_one_because_there_was_another_an_hour_ago() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        var isDown = true;
        cluster.First.Handler.Before = request => request.Method == HttpMethod.Patch && isDown ? ClusterHandler.Refusal(503, "ServiceUnavailable") : null;
        Assert.Equal(429, (await cluster.DeleteAsync("web-1")).Status);
        isDown = false;
        await cluster.WaitAsync(3600);
        isDown = true;

        Assert.Equal(429, (await cluster.DeleteAsync("web-1")).Status);
        Assert.False(cluster.Pod("web-1")!.IsTerminating());
    });

    [Fact]
    public void A_disruption_that_only_an_old_copy_of_the_budget_has_is_not_taken_for_reserved() => _cluster.Run(async cluster =>
    {
        cluster.PutPod("web-1");
        cluster.PutBudget(0);
        cluster.Api.Change(ApiKind.Budget, "rec", "web", budget => budget["status"]!["disruptedPods"] = new JsonObject { ["web-1"] = "2026-01-01T00:00:00Z" });
        cluster.First.IsBlind = true;
        cluster.Api.Change(ApiKind.Budget, "rec", "web", budget => budget["status"]!.AsObject().Remove("disruptedPods"));

        Assert.Equal(429, (await cluster.EvictAsync("web-1")).Status);

        Assert.Equal("web", cluster.Pod("web-1")!.Labels().Text("app"));
    });

    [Fact]
    public void A_connection_that_breaks_off_when_the_time_is_up_lets_no_pod_go()
    {
        var clock = new FakeClock();
        var review = new WebhookCall(
            JsonFields.Object("""{"url": "https://prestopd.test/validate/pods"}"""), TimeSpan.FromSeconds(5), Recorded.Bytes("admission/30-eviction/02-validate-CREATE-eviction-admin"));

        var answer = clock.Run(async () =>
        {
            await using var rig = new ControllerRig(clock, new LateEnd(clock));
            return await rig.ReviewAsync(review);
        });

        Assert.Equal(429, JsonNode.Parse(answer).Number("response", "status", "code"));
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>The API server takes no changes of pods yet.</summary>
    private static Func<HttpRequestMessage, HttpResponseMessage?> Unavailable(double until, ControlledCluster cluster) => request =>
        request.Method == HttpMethod.Patch && request.RequestUri!.AbsolutePath.Contains("/pods/", StringComparison.Ordinal) && cluster.Clock.Now.TotalSeconds < until
            ? ClusterHandler.Refusal(503, "ServiceUnavailable")
            : null;

    /// <summary>Does not answer, and breaks off when nobody waits any longer.</summary>
    private sealed class LateEnd(FakeClock clock) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromSeconds(4.5), clock, CancellationToken.None);
            throw new HttpRequestException("the connection broke off");
        }
    }
}
