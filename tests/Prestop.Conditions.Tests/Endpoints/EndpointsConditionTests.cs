using Prestop.Core.Waiting;
using Prestop.Testing;
using Prestop.Testing.ApiServer;
using Xunit;
using static Prestop.Conditions.Tests.EndpointsFixture;

namespace Prestop.Conditions.Tests;

public sealed class EndpointsConditionTests : IAsyncDisposable
{
    private readonly EndpointsFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LoopbackApiServer Server => _fixture.Server;

    [Fact(Timeout = Patience)]
    public async Task A_pod_that_a_slice_lists_as_ready_is_not_done()
    {
        Server.Slices.Put(new Slice("web-a", Other(1)));
        Server.Slices.Put(new Slice("web-b", Other(2), Mine()));
        Server.Slices.Put(new Slice("web-c"));

        Assert.Equal(
            new Observation(Finding.NotMet, "10.1.2.3 is ready in web-b (1 of 3 slices)") { LookAgainIn = TimeSpan.Zero },
            await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_deleted_pod_is_done_while_its_endpoint_is_still_there()
    {
        Server.Slices.Put(new Slice("web-a", Other(), Mine(ready: false)));

        Assert.Equal(new Observation(Finding.Met, "10.1.2.3 is not ready in web-a (1 of 1 slice)"), await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_pod_that_is_not_listed_is_done()
    {
        Server.Slices.Put(new Slice("web-a", Other()));
        Server.Slices.Put(new Slice("web-b"));

        Assert.Equal(new Observation(Finding.Met, "10.1.2.3 is not in web (2 slices)"), await AskAsync());
    }

    [Theory(Timeout = Patience)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ready_that_is_not_said_means_ready(bool hasConditions)
    {
        Server.Slices.Put(new Slice("web-a", Mine(ready: null) with { HasConditions = hasConditions }));

        Assert.Equal(Finding.NotMet, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task An_answer_that_would_not_fit_into_memory_is_not_read()
    {
        Server.Slices.Put(new Slice("web-a") { Padding = 5_000_000 });

        var seen = await AskAsync();

        Assert.Equal(Finding.Unclear, seen.Finding);
        Assert.Contains("is longer than 4194304 bytes", seen.Seen, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_terminating_pod_that_is_published_all_the_same_is_not_done()
    {
        Server.Slices.Put(new Slice("web-a", Mine() with { Terminating = true }));

        Assert.Equal(Finding.NotMet, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task One_ready_listing_in_any_family_is_enough_to_wait()
    {
        Server.Slices.Put(new Slice("web-v4", Mine(ready: false)));
        Server.Slices.Put(new Slice("web-v6", new SliceEndpoint("fd00::2:3") { Pod = "web-7d9f" }) { AddressType = "IPv6" });

        Assert.Equal(Finding.NotMet, await FindAsync());
        Server.Slices.Put(new Slice("web-v6", new SliceEndpoint("fd00::2:3") { Pod = "web-7d9f", Ready = false }) { AddressType = "IPv6" });
        Assert.Equal(Finding.Met, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_ready_listing_on_the_last_of_many_pages_is_found()
    {
        for (var i = 0; i < 59; i++)
        {
            Server.Slices.Put(new Slice($"web-{i:00}", Other(i + 10)));
        }

        Server.Slices.Put(new Slice("web-99", Mine()));

        Assert.Equal("10.1.2.3 is ready in web-99 (1 of 60 slices)", (await AskAsync()).Seen);
        Assert.Equal(12, Server.Requests.Count);
    }

    [Fact(Timeout = Patience)]
    public async Task A_service_that_never_had_a_slice_cannot_be_judged()
    {
        var seen = await AskAsync();

        Assert.Equal(Finding.Unclear, seen.Finding);
        Assert.Equal("service web has no EndpointSlice in namespace shop; check the name and the namespace", seen.Seen);
    }

    [Fact(Timeout = Patience)]
    public async Task A_service_that_loses_its_last_slice_while_the_pod_waits_is_done()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();

        Server.Slices.Delete("web-a");

        Assert.Equal(new Observation(Finding.Met, "service web has no EndpointSlice any more"), await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_pod_that_is_known_by_its_host_name_alone_must_have_been_seen()
    {
        await using var fixture = new EndpointsFixture(change: pod => pod.Variables.Remove("POD_IP"));
        fixture.Server.Slices.Put(new Slice("web-a", Other()));

        var seen = await fixture.AskAsync(Cancellation);
        Assert.Equal(Finding.Unclear, seen.Finding);
        Assert.Equal("no endpoint of web is pod web-7d9f, which may not be the pod's name; set POD_IP from status.podIP", seen.Seen);

        fixture.Server.Slices.Put(new Slice("web-a", Other(), Mine(ready: false)));
        Assert.Equal(Finding.Met, (await fixture.AskAsync(Cancellation)).Finding);
        fixture.Server.Slices.Put(new Slice("web-a", Other()));
        Assert.Equal(Finding.Met, (await fixture.AskAsync(Cancellation)).Finding);
    }

    [Fact(Timeout = Patience)]
    public async Task The_namespace_may_be_named()
    {
        await using var fixture = new EndpointsFixture("endpoints://web.lab", pod => pod.DeleteAccount("namespace"));
        fixture.Server.Slices.Put(new Slice("web-a", Mine()) { Namespace = "lab" });

        Assert.Equal(Finding.NotMet, (await fixture.AskAsync(Cancellation)).Finding);
    }

    [Fact(Timeout = Patience)]
    public async Task The_second_look_lasts_until_the_pod_is_out()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        var second = AskAsync();
        await Server.SeenAsync("watch", 1);

        Server.Slices.Put(new Slice("web-b", Other()));
        Server.Slices.Put(new Slice("web-a", Mine(), Other()));
        Assert.False(second.IsCompleted);
        Server.Slices.Put(new Slice("web-a", Mine(ready: false), Other()));

        Assert.Equal(new Observation(Finding.Met, "10.1.2.3 is not ready in web-a (1 of 2 slices)"), await second);
    }

    [Fact(Timeout = Patience)]
    public async Task A_pod_that_is_ready_again_by_the_time_of_the_answer_is_not_done()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();

        Server.Slices.Put(new Slice("web-a", Mine(ready: false)));
        Server.Slices.Put(new Slice("web-a", Mine()));

        Assert.Equal(Finding.NotMet, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_pod_that_moves_from_one_slice_to_another_is_not_done()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();

        Server.Slices.Put(new Slice("web-b", Mine()));
        Server.Slices.Delete("web-a");
        Server.WatchEnding = WatchEnding.Clean;

        Assert.Equal(new Observation(Finding.NotMet, "10.1.2.3 is ready in web-b"), await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_watch_that_breaks_off_goes_on_where_it_was_without_a_new_list()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        Server.WatchEnding = WatchEnding.CutInEvent;
        Server.Slices.Put(new Slice("web-b", Other()));
        var known = Server.Slices.Version;

        Assert.Equal(Finding.Unclear, await FindAsync());
        Server.Slices.Put(new Slice("web-a", Mine(ready: false)));
        Assert.Equal(Finding.Met, await FindAsync());

        Assert.Equal([$"{known - 1}", $"{known}"], Server.RequestsOf("watch").Select(request => request["resourceVersion"]));
        Assert.Equal(["list", "watch", "watch", "list"], Server.Requests.Select(request => request.Verb));
    }

    [Fact(Timeout = Patience)]
    public async Task A_bookmark_spares_a_list_when_the_past_is_forgotten()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        Server.Slices.Tick();
        Server.WatchEnding = WatchEnding.BookmarkThenClean;
        await AskAsync();

        await AskAsync();

        Assert.Equal(
            [$"{Server.Slices.Version - 1}", $"{Server.Slices.Version}"],
            Server.RequestsOf("watch").Select(request => request["resourceVersion"]));
    }

    [Theory(Timeout = Patience)]
    [InlineData(WatchEnding.GoneEvent)]
    [InlineData(WatchEnding.GoneStatus)]
    [InlineData(WatchEnding.Garbage)]
    internal async Task A_watch_that_lost_the_thread_is_followed_by_a_list(WatchEnding how)
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        Server.WatchEnding = how;

        Assert.Equal(Finding.Unclear, await FindAsync());
        Assert.Equal(Finding.NotMet, await FindAsync());
        Assert.Equal(["list", "watch", "list"], Server.Requests.Select(request => request.Verb));
    }

    [Fact(Timeout = Patience)]
    public async Task What_the_server_forgot_in_the_middle_of_a_watch_is_listed_again()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        var second = AskAsync();
        await Server.SeenAsync("watch", 1);

        Server.Slices.Compact();

        Assert.Equal(Finding.Unclear, (await second).Finding);
        Assert.Equal(Finding.NotMet, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_token_that_is_replaced_in_the_middle_goes_unnoticed()
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        await AskAsync();
        Server.Token = "second-token";
        _fixture.Pod.WriteAccount("token", "second-token");
        Server.Slices.Put(new Slice("web-a", Mine(ready: false)));

        Assert.Equal(Finding.Met, await FindAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_busy_server_is_left_alone_for_as_long_as_it_says()
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(429, "", "Retry-After: 3"));

        var seen = await AskAsync();

        Assert.Equal(Finding.Unclear, seen.Finding);
        Assert.Equal(TimeSpan.FromSeconds(3) + FirstBackoff, seen.LookAgainIn);
    }

    [Fact(Timeout = Patience)]
    public async Task Failures_in_a_row_are_spaced_ever_wider_and_a_success_ends_the_row()
    {
        await FailAsync();
        await FailAsync();
        Assert.Equal(FirstBackoff * 4, await FailAsync());
        await AskAsync();
        Assert.Equal(FirstBackoff, await FailAsync());

        async Task<TimeSpan?> FailAsync()
        {
            Server.ReplyOnce("list", LoopbackApiServer.Answering(500, ""));
            var seen = await AskAsync();
            Assert.Equal(Finding.Unclear, seen.Finding);
            return seen.LookAgainIn;
        }
    }

    [Theory(Timeout = Patience)]
    [InlineData("list")]
    [InlineData("watch")]
    public async Task A_missing_rule_is_named_and_breaks_the_wait(string verb)
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        Server.Forbidden[verb] = true;
        var seen = await AskAsync();
        if (verb == "watch")
        {
            seen = await AskAsync();
        }

        Assert.Equal(
            new Observation(
                Finding.Broken,
                "forbidden (403): the service account needs list,watch on endpointslices.discovery.k8s.io in namespace shop, "
                + $"and may not {verb}; bind a Role that allows it"),
            seen);
    }

    [Fact(Timeout = Patience)]
    public async Task A_token_that_is_not_accepted_breaks_the_wait()
    {
        Server.Token = "another";

        Assert.Equal(
            new Observation(
                Finding.Broken,
                "the API server does not accept the service account's token (401), "
                + "so no list endpointslices.discovery.k8s.io in namespace shop"),
            await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task An_api_server_without_endpoint_slices_breaks_the_wait()
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(404, "404 page not found\n"));

        Assert.Equal(
            new Observation(
                Finding.Broken,
                "the API server does not serve endpointslices.discovery.k8s.io v1 (404); it needs Kubernetes 1.21 or later"),
            await AskAsync());
    }

    [Fact(Timeout = Patience)]
    public async Task A_server_that_is_not_to_be_trusted_breaks_the_wait()
    {
        await using var fixture = new EndpointsFixture(change: pod => pod.WriteAccount("ca.crt", ServerIdentity.Create().AuthorityPem));

        Assert.Equal(Finding.Broken, (await fixture.AskAsync(Cancellation)).Finding);
    }

    [Theory(Timeout = Patience)]
    [InlineData("token")]
    [InlineData("ca.crt")]
    [InlineData("namespace")]
    public async Task A_missing_file_of_the_service_account_breaks_the_wait(string file)
    {
        await using var fixture = new EndpointsFixture(change: pod => pod.DeleteAccount(file));

        var seen = await fixture.AskAsync(Cancellation);

        Assert.Equal(Finding.Broken, seen.Finding);
        Assert.Contains($"/{file} does not exist; ", seen.Seen, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task Outside_of_a_pod_the_wait_is_broken()
    {
        await using var fixture = new EndpointsFixture(change: pod => pod.Variables.Remove("KUBERNETES_SERVICE_HOST"));

        Assert.Equal(
            new Observation(
                Finding.Broken, "KUBERNETES_SERVICE_HOST is not set; it is in every container of a pod, so run this in one"),
            await fixture.AskAsync(Cancellation));
    }

    [Fact(Timeout = Patience)]
    public async Task Gone_is_done_when_the_pod_is_listed_as_ready_and_not_when_it_cannot_be_told()
    {
        var gone = new GoneCondition(_fixture.Condition);
        Assert.Equal(Finding.Unclear, (await gone.AskAsync(Cancellation)).Finding);
        Server.Slices.Put(new Slice("web-a", Other()));
        Assert.Equal(Finding.NotMet, (await gone.AskAsync(Cancellation)).Finding);
        Server.Slices.Put(new Slice("web-a", Other(), Mine()));
        Server.ReplyOnce("list", LoopbackApiServer.Answering(500, ""));
        Assert.Equal(Finding.Unclear, (await gone.AskAsync(Cancellation)).Finding);

        Assert.Equal(Finding.Met, (await gone.AskAsync(Cancellation)).Finding);
    }

    [Fact(Timeout = Patience)]
    public async Task Every_further_success_is_a_new_list()
    {
        Server.Slices.Put(new Slice("web-a", Mine(ready: false)));

        await AskAsync();
        await AskAsync();

        Assert.Equal(["list", "list"], Server.Requests.Select(request => request.Verb));
    }

    [Theory(Timeout = Patience)]
    [InlineData("list")]
    [InlineData("watch")]
    public async Task A_look_that_is_called_off_ends_at_once(string verb)
    {
        Server.Slices.Put(new Slice("web-a", Mine()));
        if (verb == "list")
        {
            Server.ReplyOnce("list", LoopbackApiServer.Silence);
        }
        else
        {
            await AskAsync();
        }

        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asked = _fixture.AskAsync(caller.Token);
        await Server.SeenAsync(verb, 1);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private Task<Observation> AskAsync() => _fixture.AskAsync(Cancellation);

    private async Task<Finding> FindAsync() => (await AskAsync()).Finding;
}
