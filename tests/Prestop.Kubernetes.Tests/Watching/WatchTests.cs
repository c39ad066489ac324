using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class WatchTests : IAsyncDisposable
{
    private readonly ClientFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LoopbackApiServer Server => _fixture.Server;

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Tells_what_has_changed_since_the_version_and_what_changes_from_then_on()
    {
        var version = Server.Slices.Version;
        Server.Slices.Put(new Slice("web-1"));
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        Assert.Equal((WatchEventType.Added, "web-1", $"{version + 1}"), await NextAsync(watch));
        Server.Slices.Put(new Slice("web-1", new SliceEndpoint("10.0.0.1")));
        Assert.Equal((WatchEventType.Modified, "web-1", $"{version + 2}"), await NextAsync(watch));
        Server.Slices.Put(new Slice("other-1") { Service = "other" });
        Server.Slices.Delete("web-1");
        Assert.Equal((WatchEventType.Deleted, "web-1", $"{version + 4}"), await NextAsync(watch));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Asks_for_bookmarks_and_for_an_end_in_time()
    {
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);

        var request = Assert.Single(Server.Requests);
        Assert.Equal("true", request["allowWatchBookmarks"]);
        Assert.Equal("10", request["timeoutSeconds"]);
        Assert.Equal($"{Server.Slices.Version}", request["resourceVersion"]);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_bookmark_moves_the_version_on_and_is_about_no_object()
    {
        var version = Server.Slices.Version;
        Server.Slices.Tick();
        Server.WatchEnding = WatchEnding.BookmarkThenClean;
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        Assert.Equal((WatchEventType.Bookmark, null, $"{version + 1}"), await NextAsync(watch));
        Assert.Equal((WatchEventType.End, null, ""), await NextAsync(watch));
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData(WatchEnding.Cut, ApiFault.Transient)]
    [InlineData(WatchEnding.CutInEvent, ApiFault.Transient)]
    [InlineData(WatchEnding.GoneEvent, ApiFault.Expired)]
    [InlineData(WatchEnding.Garbage, ApiFault.Expired)]
    internal async Task An_end_that_is_out_of_order_comes_after_the_events(WatchEnding how, ApiFault fault)
    {
        var version = Server.Slices.Version;
        Server.Slices.Put(new Slice("web-1"));
        Server.WatchEnding = how;
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        Assert.Equal((WatchEventType.Added, "web-1", $"{version + 1}"), await NextAsync(watch));
        Assert.Equal(fault, (await watch.NextAsync()).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Half_an_event_before_an_end_in_good_order_is_no_event()
    {
        Server.WatchEnding = WatchEnding.CleanInEvent;
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);

        Assert.Equal((WatchEventType.End, null, ""), await NextAsync(watch));
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData(WatchEnding.GoneStatus, ApiFault.Expired)]
    [InlineData(WatchEnding.InternalError, ApiFault.Transient)]
    [InlineData(WatchEnding.CutBeforeHead, ApiFault.Transient)]
    internal async Task A_watch_that_does_not_open_says_why(WatchEnding how, ApiFault fault)
    {
        Server.WatchEnding = how;

        var opened = await _fixture.Client.WatchAsync(
            EndpointSlice.Resource, ClientFixture.Web, "1000", Cancellation);

        Assert.Equal(fault, opened.Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_version_that_the_server_has_forgotten_is_gone()
    {
        var version = Server.Slices.Version;
        Server.Slices.Compact();
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        Assert.Equal(ApiFault.Expired, (await watch.NextAsync()).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Events_of_megabytes_are_read()
    {
        var version = Server.Slices.Version;
        Server.Slices.Put(new Slice("web-1") { Padding = 5_000_000 });
        Server.Slices.Put(new Slice("web-2"));
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        Assert.Equal("web-1", (await NextAsync(watch)).Name);
        Assert.Equal("web-2", (await NextAsync(watch)).Name);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task An_event_without_end_is_given_up_at_the_bound()
    {
        var version = Server.Slices.Version;
        Server.Slices.Put(new Slice("web-1") { Padding = ApiClient.LongestLine });
        using var watch = await _fixture.WatchAsync(version, Cancellation);

        var error = (await watch.NextAsync()).Error;

        Assert.Equal(ApiFault.Expired, error?.Fault);
        Assert.Equal($"an event is longer than {ApiClient.LongestLine} bytes", error?.Message);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData("{}")]
    [InlineData("""{"type":"ADDED"}""")]
    [InlineData("""{"type":"RENAMED","object":{}}""")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"web-1"}}}""")]
    [InlineData("""{"type":"BOOKMARK","object":{"metadata":{}}}""")]
    [InlineData("""{"type":"BOOKMARK","object":{}}""")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"web-1","resourceVersion":"7"}}}{}""")]
    [InlineData("")]
    public async Task An_event_that_makes_no_sense_calls_for_a_new_list(string line)
    {
        Server.ReplyOnce("watch", LoopbackApiServer.Answering(200, line + "\n"));
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);

        Assert.Equal(ApiFault.Expired, (await watch.NextAsync()).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_order_of_an_events_fields_does_not_matter()
    {
        Server.ReplyOnce("watch", LoopbackApiServer.Answering(
            200, """{"object":{"endpoints":null,"metadata":{"resourceVersion":"7","name":"web-1"}},"type":"MODIFIED"}""" + "\n"));
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);

        Assert.Equal((WatchEventType.Modified, "web-1", "7"), await NextAsync(watch));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task An_error_event_that_is_not_410_is_told_by_its_code()
    {
        var failure = LoopbackApiServer.Status(429, "TooManyRequests", "busy").ToJsonString();
        Server.ReplyOnce("watch", LoopbackApiServer.Answering(200, $$"""{"type":"ERROR","object":{{failure}}}""" + "\n"));
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);

        Assert.Equal(ApiFault.Transient, (await watch.NextAsync()).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_server_that_falls_silent_is_given_up_soon_after_the_watch_should_have_ended()
    {
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, Cancellation);
        var next = watch.NextAsync().AsTask();

        _fixture.Time.Advance(_fixture.Client.WatchLength);
        Assert.False(next.IsCompleted);
        _fixture.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(ApiFault.Transient, (await next).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_callers_cancellation_ends_an_open_watch()
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var watch = await _fixture.WatchAsync(Server.Slices.Version, caller.Token);
        var next = watch.NextAsync().AsTask();

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static async Task<(WatchEventType Type, string? Name, string Version)> NextAsync(Watch<EndpointSlice> watch)
    {
        var next = await watch.NextAsync();
        return next.Succeeded
            ? (next.Value.Type, next.Value.Subject?.Metadata.Name, next.Value.ResourceVersion)
            : throw new InvalidOperationException(next.Error.Message);
    }
}
