using System.Threading.Channels;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests.Watching;

/// <summary>The copy follows the API server whatever becomes of lists and watches, and each object's changes are told once and in order.</summary>
public sealed class InformerTests : IAsyncDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    private readonly ClientFixture _fixture = new();
    private readonly Observer<EndpointSlice> _observer = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Informer<EndpointSlice> _informer;
    private Task _running = Task.CompletedTask;

    public InformerTests() => _informer = new Informer<EndpointSlice>(_fixture.Client, EndpointSlice.Resource, ClientFixture.Web);

    private LoopbackApiServer Server => _fixture.Server;

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Tells_what_is_there_and_then_what_changes()
    {
        Server.Slices.Put(new Slice("web-1"));
        Start();
        Assert.Equal("Added web-1", await _observer.NextAsync());
        await _informer.Listed;

        Server.Slices.Put(new Slice("web-2"));
        Assert.Equal("Added web-2", await _observer.NextAsync());
        Server.Slices.Put(new Slice("web-1", new SliceEndpoint("10.0.0.1")));
        Assert.Equal("Modified web-1", await _observer.NextAsync());
        Server.Slices.Delete("web-2");
        Assert.Equal("Deleted web-2", await _observer.NextAsync());

        Assert.Equal("10.0.0.1", _informer.Find("shop", "web-1")?.Endpoints[0].Addresses[0]);
        Assert.Null(_informer.Find("shop", "web-2"));
        Assert.Equal(1, _informer.Count);
        Assert.Single(_informer.Snapshot());
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData(WatchEnding.GoneEvent)]
    [InlineData(WatchEnding.GoneStatus)]
    [InlineData(WatchEnding.Garbage)]
    internal async Task After_a_410_in_any_form_it_lists_again_and_tells_what_it_missed(WatchEnding how)
    {
        Server.Slices.Put(new Slice("web-1"));
        Server.Slices.Put(new Slice("web-2"));
        Server.Slices.Put(new Slice("web-3"));
        Server.WatchEnding = how;
        Start();
        await _observer.SkipAsync(3);
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);

        Server.WatchEnding = WatchEnding.None;
        Server.Slices.Delete("web-1");
        Server.Slices.Put(new Slice("web-2", new SliceEndpoint("10.0.0.1")));
        Server.Slices.Put(new Slice("web-4"));
        _fixture.Time.Advance(FirstBackoff);

        string[] told = [await _observer.NextAsync(), await _observer.NextAsync(), await _observer.NextAsync()];
        Assert.Equal(["Added web-4", "Deleted web-1", "Modified web-2"], told.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_list_that_is_410_in_its_middle_is_begun_anew()
    {
        Server.Slices.Put(new Slice("web-1"));
        Server.ReplyOnce("list", LoopbackApiServer.Answering(410, LoopbackApiServer.Status(410, "Expired", "too old").ToJsonString()));
        Start();
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);
        _fixture.Time.Advance(FirstBackoff);

        Assert.Equal("Added web-1", await _observer.NextAsync());
        Assert.Equal(2, Server.RequestsOf("list").Count);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task An_object_that_was_made_again_under_its_name_is_deleted_and_added()
    {
        Server.Slices.Put(new Slice("web-1") { Uid = "first" });
        Server.WatchEnding = WatchEnding.GoneEvent;
        Start();
        await _observer.SkipAsync(1);
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);
        Server.WatchEnding = WatchEnding.None;

        Server.Slices.Put(new Slice("web-1") { Uid = "second" });
        _fixture.Time.Advance(FirstBackoff);

        Assert.Equal("Deleted web-1", await _observer.NextAsync());
        Assert.Equal("Added web-1", await _observer.NextAsync());
        Server.Slices.Put(new Slice("web-1") { Uid = "third" });
        Assert.Equal("Deleted web-1", await _observer.NextAsync());
        Assert.Equal("Added web-1", await _observer.NextAsync());
        Assert.Equal("third", _informer.Find("shop", "web-1")?.Metadata.Uid);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_watch_goes_on_from_the_last_bookmark()
    {
        Server.WatchEnding = WatchEnding.InternalError;
        var listed = Server.Slices.Version;
        Start();
        Assert.Equal("Transient, again in 0.2s", await _observer.NextAsync());
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);

        Server.Slices.Tick();
        Server.WatchEnding = WatchEnding.BookmarkThenClean;
        _fixture.Time.Advance(FirstBackoff);
        await _fixture.Time.IsWaitedForAsync(FirstBackoff * 2);
        _fixture.Time.Advance(FirstBackoff * 2);
        await Server.SeenAsync("watch", 3);

        Assert.Equal([$"{listed}", $"{listed}", $"{listed + 1}"], Server.RequestsOf("watch").Select(watch => watch["resourceVersion"]));
        Assert.Single(Server.RequestsOf("list"));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_server_that_fails_is_left_alone_longer_and_longer_and_for_as_long_as_it_says()
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(500, ""));
        Server.ReplyOnce("list", LoopbackApiServer.Answering(429, "", "Retry-After: 3"));
        Server.Slices.Put(new Slice("web-1"));
        Start();

        Assert.Equal("Transient, again in 0.2s", await _observer.NextAsync());
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);
        _fixture.Time.Advance(FirstBackoff);
        Assert.Equal("Transient, again in 3.4s", await _observer.NextAsync());
        await _fixture.Time.IsWaitedForAsync(TimeSpan.FromSeconds(3.4));
        _fixture.Time.Advance(TimeSpan.FromSeconds(3.4));
        Assert.Equal("Added web-1", await _observer.NextAsync());
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Watches_that_end_as_soon_as_they_are_open_are_not_opened_without_a_pause()
    {
        Server.WatchEnding = WatchEnding.Clean;
        Start();

        await _fixture.Time.IsWaitedForAsync(FirstBackoff);
        _fixture.Time.Advance(FirstBackoff);
        await _fixture.Time.IsWaitedForAsync(FirstBackoff * 2);

        Assert.Equal(2, Server.RequestsOf("watch").Count);
        Assert.Equal(0, _observer.Count);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Every_object_is_told_again_when_it_is_time()
    {
        Server.Slices.Put(new Slice("web-1"));
        Start(resync: TimeSpan.FromMinutes(5));
        await _observer.SkipAsync(1);
        await Server.SeenAsync("watch", 1);

        _fixture.Time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("Transient, again in 0.2s", await _observer.NextAsync());
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);
        _fixture.Time.Advance(FirstBackoff);
        Assert.Equal("Resynced web-1", await _observer.NextAsync());
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_kind_that_is_not_served_is_told_once_and_noticed_when_it_appears()
    {
        for (var i = 0; i < 2; i++)
        {
            Server.ReplyOnce("list", LoopbackApiServer.Answering(404, "404 page not found\n"));
        }

        Server.Slices.Put(new Slice("web-1"));
        Start();

        Assert.Equal("unserved, again in 30s", await _observer.NextAsync());
        await _informer.Listed;
        Assert.Equal(0, _informer.Count);
        for (var i = 0; i < 2; i++)
        {
            await _fixture.Time.IsWaitedForAsync(TimeSpan.FromSeconds(30));
            _fixture.Time.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal("Added web-1", await _observer.NextAsync());
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_objects_of_a_kind_that_is_uninstalled_are_gone()
    {
        Server.Slices.Put(new Slice("web-1"));
        Server.ReplyOnce("watch", LoopbackApiServer.Answering(404, "404 page not found\n"));
        Start();
        await _observer.SkipAsync(1);
        await _fixture.Time.IsWaitedForAsync(FirstBackoff);

        Server.ReplyOnce("list", LoopbackApiServer.Answering(404, "404 page not found\n"));
        _fixture.Time.Advance(FirstBackoff);

        Assert.Equal("Deleted web-1", await _observer.NextAsync());
        Assert.Equal("unserved, again in 30s", await _observer.NextAsync());
        Assert.Equal(0, _informer.Count);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData("list")]
    [InlineData("watch")]
    [InlineData("pause")]
    public async Task Cancelled_it_returns(string during)
    {
        if (during == "list")
        {
            Server.ReplyOnce("list", LoopbackApiServer.Silence);
        }
        else if (during == "pause")
        {
            Server.ReplyOnce("list", LoopbackApiServer.Answering(500, ""));
        }

        Start();
        await (during == "pause" ? _fixture.Time.IsWaitedForAsync(FirstBackoff) : Server.SeenAsync(during, 1));

        await _stop.CancelAsync();

        await _running;
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Recorded_events_of_a_pod_from_its_creation_to_its_end()
    {
        await using var server = new RecordedServer();
        server.Answer(200, """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"29715"},"items":[]}""");
        server.Answer(200, string.Join('\n', Recording.Lines("watch-pods")) + "\n");
        var pods = new Informer<Pod>(server.Client, Pod.Resource, new Selection { Namespace = "rec" });
        var told = new List<string>();

        Assert.Null(await pods.ListAsync(_stop.Token));
        Assert.Null(await pods.WatchAsync(
            change =>
            {
                told.Add($"{change.Type} {change.Subject.Metadata.Name} {change.Subject.Phase} {(change.Subject.IsReady ? "ready" : "not ready")}"
                    + (change.Subject.DeletionTimestamp is null ? "" : " deleted"));
                return true;
            },
            _stop.Token));

        Assert.Equal(
            [
                "Added wat Pending not ready",
                "Modified wat Pending not ready",
                "Modified wat Running ready",
                "Modified wat Running ready",
                "Modified wat Running ready deleted",
                "Modified wat Succeeded not ready deleted",
                "Modified wat Succeeded not ready deleted",
                "Deleted wat Succeeded not ready deleted",
                "Added cs-429-5s-0 Running ready",
            ],
            told);
        Assert.Null(pods.Find("rec", "wat"));
        Assert.Equal("StatefulSet", pods.Find("rec", "cs-429-5s-0")?.Controller?.Kind);

        // The next watch goes on from the last bookmark.
        server.Answer(200, Recording.Lines("watch-too-old")[0] + "\n");
        Assert.Equal(ApiFault.Expired, (await pods.WatchAsync(_ => true, _stop.Token))?.Fault);
        Assert.Equal("30067", server.Requests[2].Query["resourceVersion"]);
        Assert.False(pods.IsCurrent);
        Assert.Equal(1, pods.Count);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_recorded_pod_that_leaves_the_selection_and_comes_back()
    {
        await using var server = new RecordedServer();
        var lines = Recording.Lines("watch-label-selector");
        server.Answer(200, $$"""{"metadata":{"resourceVersion":"30200"},"items":[{{ObjectOf(Recording.Lines("watch-list")[0])}}]}""");
        server.Answer(200, string.Join('\n', lines) + "\n");
        var pods = new Informer<Pod>(server.Client, Pod.Resource, new Selection { Namespace = "rec", LabelSelector = "app=ev" });
        var told = new List<string>();

        await pods.ListAsync(_stop.Token);
        await pods.WatchAsync(
            change =>
            {
                told.Add($"{change.Type} {change.Subject.Metadata.Name} {change.Subject.Labels["app"]}");
                return true;
            },
            _stop.Token);

        Assert.Equal(["Deleted ev0 ev", "Added ev0 ev"], told);
        Assert.Equal("app=ev", server.Requests[1].Query["labelSelector"]);

        static string ObjectOf(string line) => System.Text.Json.Nodes.JsonNode.Parse(line)!["object"]!.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        await _fixture.DisposeAsync();
    }

    private void Start(TimeSpan? resync = null) => _running = _informer.RunAsync(
        _observer, new InformerSettings { Time = _fixture.Time, Random = new Highest(), Resync = resync }, _stop.Token);

    private sealed class Observer<T> : IInformerObserver<T>
        where T : class, IApiObject
    {
        private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

        public int Count => _told.Reader.Count;

        public async Task<string> NextAsync() => await _told.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public async Task SkipAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.StartsWith("Added ", await NextAsync(), StringComparison.Ordinal);
            }
        }

        public void OnChange(Change<T> change) => Tell($"{change.Type} {change.Subject.Metadata.Name}");

        public void OnFailure(ApiError error, TimeSpan again) => Tell(FormattableString.Invariant($"{error.Fault}, again in {again.TotalSeconds}s"));

        public void OnUnserved(ApiError error, TimeSpan again) => Tell(FormattableString.Invariant($"unserved, again in {again.TotalSeconds}s"));

        private void Tell(string text) => _told.Writer.TryWrite(text);
    }

    private sealed class Highest : Random
    {
        public override double NextDouble() => 1;
    }
}
