using System.Collections.Concurrent;
using System.Threading.Channels;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Core.Waiting;
using Prestop.Testing.ApiServer;
using Xunit;
using static Prestop.Conditions.Tests.EndpointsFixture;

namespace Prestop.Conditions.Tests;

/// <summary>Never a false "done", and none missed: whatever becomes of the slices and of the connection.</summary>
public sealed class EndpointsProperties
{
    private static readonly WatchEnding[] Endings = [.. Enum.GetValues<WatchEnding>().Where(ending => ending is not WatchEnding.None)];

    private static readonly WatchEnding[] OrderlyEndings =
        [WatchEnding.Clean, WatchEnding.BookmarkThenClean, WatchEnding.CleanInEvent];

    /// <summary>How watches end that have been opened.</summary>
    private static readonly WatchEnding[] EndingsOfOpenWatches =
        [.. OrderlyEndings, WatchEnding.Cut, WatchEnding.CutInEvent, WatchEnding.GoneEvent];

    private static readonly Gen<SliceChange> Changes =
        from slice in Gen.Choose(0, Slices.Count - 1)
        from content in Gen.Frequency((31, Gen.Elements(Enum.GetValues<Content>().Except([Content.History]))), (1, Gen.Constant(Content.History)))
        select new SliceChange($"web-{slice}", content);

    private static readonly Gen<LookStep> LookSteps =
        from change in Changes
        from ending in Gen.Elements(Endings)
        from fault in Gen.Frequency((2, Gen.Constant(ListFault.None)), (1, Gen.Elements(Enum.GetValues<ListFault>())))
        from rotates in Gen.Frequency((15, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new LookStep(change, ending, fault, rotates);

    private static readonly Gen<WatchStep> WatchSteps =
        from change in Changes
        from ending in Gen.Frequency((3, Gen.Constant(WatchEnding.None)), (1, Gen.Elements(EndingsOfOpenWatches)))
        select new WatchStep(change, ending);

    /// <summary>What a slice holds from now on; the pod under test is "mine".</summary>
    private enum Content
    {
        Nothing,
        NoEndpoint,
        Other,
        OtherAndMine,
        MineOfUnknownReadiness,
        MineNotReady,
        MineNotReadyAndOther,
        MineNotReadyAndReady,

        /// <summary>The slice stays as it is; the API server forgets what was before.</summary>
        History,
    }

    /// <summary>How the next list goes wrong.</summary>
    private enum ListFault
    {
        None,
        InternalError,
        TooManyRequests,
        Gone,
        NoList,
        Torn,
    }

    /// <summary>Each step changes a slice, chooses how the connection fails, and looks. Nothing changes during a look.</summary>
    [Fact(Timeout = 10 * Patience)]
    public Task Every_look_agrees_with_the_slices_whatever_fails() => HoldsForAsync(LookSteps, 60, EveryLookAgreesAsync);

    /// <summary>The slices change while watches are open; each time that the pod is out, it is noticed.</summary>
    [Fact(Timeout = 10 * Patience)]
    public Task Every_time_that_the_pod_is_out_it_is_noticed_and_no_other() => HoldsForAsync(WatchSteps, 30, EveryTimeIsNoticedAsync);

    /// <summary>Plays stories of any length; the shortest that goes wrong is told, step by step.</summary>
    private static Task HoldsForAsync<TStep>(Gen<TStep> steps, int count, Func<IReadOnlyList<TStep>, CancellationToken, Task> play)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stories = Arb.From(steps.ListOf().Select(list => new Story<TStep>([.. list])), story => story.Shorter());
        return Task.Run(
            () => Prop.ForAll(stories, story => play(story.Steps, cancellation).GetAwaiter().GetResult())
                .Check(Config.QuickThrowOnFailure.WithMaxTest(count)),
            cancellation);
    }

    private static async Task EveryLookAgreesAsync(IReadOnlyList<LookStep> story, CancellationToken cancellation)
    {
        await using var fixture = new EndpointsFixture();
        var slices = new Slices(fixture.Server.Slices);
        foreach (var step in story)
        {
            slices.Make(step.Change);
            fixture.Server.WatchEnding = step.WatchesEnd;
            if (step.ListFails is not ListFault.None)
            {
                var answer = Answer(step.ListFails);
                fixture.Server.ReplyOnce("list", async (stream, _, stop) => await stream.WriteAsync(answer, stop));
            }

            if (step.TokenRotates)
            {
                fixture.Server.Token += "+";
                fixture.Pod.WriteAccount("token", fixture.Server.Token);
            }

            var isForgotten = fixture.Server.LastListed < fixture.Server.Slices.Oldest;
            var seen = await fixture.AskAsync(cancellation);

            var mayFail = step.ListFails is not ListFault.None || isForgotten || !OrderlyEndings.Contains(step.WatchesEnd);
            Assert.True(
                seen.Finding == slices.Expected || (mayFail && seen.Finding is Finding.Unclear),
                $"{seen} when {slices.Expected} was right, after {step}");
            fixture.Server.ForgetReplies();
        }

        fixture.Server.WatchEnding = WatchEnding.Clean;
        var last = Finding.Unclear;
        for (var looks = 0; looks < 2 && last is Finding.Unclear; looks++)
        {
            last = (await fixture.AskAsync(cancellation)).Finding;
        }

        Assert.Equal(slices.Expected, last);
    }

    private static async Task EveryTimeIsNoticedAsync(IReadOnlyList<WatchStep> story, CancellationToken cancellation)
    {
        await using var fixture = new EndpointsFixture();
        var slices = new Slices(fixture.Server.Slices);
        var noticed = Channel.CreateUnbounded<int>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var looking = LookAsync();

        foreach (var step in story)
        {
            var wasOut = slices.Expected is Finding.Met;
            slices.Make(step.Change);
            if (slices.Expected is Finding.Met && !wasOut)
            {
                var version = fixture.Server.Slices.Version;
                while (await noticed.Reader.ReadAsync(cancellation) < version)
                {
                }
            }
            else if (step.WatchesEnd is not WatchEnding.None)
            {
                fixture.Server.EndWatches(step.WatchesEnd);
            }
        }

        await stop.CancelAsync();
        await looking;

        async Task LookAsync()
        {
            try
            {
                while (true)
                {
                    var seen = await fixture.AskAsync(stop.Token);
                    Assert.NotEqual(Finding.Broken, seen.Finding);
                    if (seen.Finding is Finding.Met)
                    {
                        Assert.True(slices.WasOutAt(fixture.Server.LastListed), $"{seen} at {fixture.Server.LastListed}");
                        await noticed.Writer.WriteAsync(fixture.Server.LastListed, stop.Token);
                    }
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
            catch (Exception fault)
            {
                noticed.Writer.Complete(fault);
                throw;
            }
        }
    }

    private static byte[] Answer(ListFault fault) => System.Text.Encoding.ASCII.GetBytes(fault switch
    {
        ListFault.InternalError => "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        ListFault.TooManyRequests => "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ListFault.Gone => "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
        ListFault.NoList => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        _ => "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}",
    });

    private sealed record SliceChange(string Slice, Content Content)
    {
        public override string ToString() => Content is Content.History ? "the past is forgotten" : $"{Slice} holds {Content}";
    }

    private sealed record LookStep(SliceChange Change, WatchEnding WatchesEnd, ListFault ListFails, bool TokenRotates)
    {
        public override string ToString() =>
            $"{Change}; watches end: {WatchesEnd}{(ListFails is ListFault.None ? "" : $"; the next list fails: {ListFails}")}{(TokenRotates ? "; the token is another" : "")}";
    }

    private sealed record WatchStep(SliceChange Change, WatchEnding WatchesEnd)
    {
        public override string ToString() => WatchesEnd is WatchEnding.None ? $"{Change}" : $"{Change}; open watches end: {WatchesEnd}";
    }

    private sealed record Story<TStep>(IReadOnlyList<TStep> Steps)
    {
        /// <summary>The stories with one step left out.</summary>
        public IEnumerable<Story<TStep>> Shorter() => Steps.Select((_, index) => new Story<TStep>([.. Steps.Take(index), .. Steps.Skip(index + 1)]));

        public override string ToString() => string.Concat(Steps.Select((step, index) => $"\n{index + 1}. {step}"));
    }

    /// <summary>The model: three slices that come, go and change, beside one that is always there.</summary>
    private sealed class Slices
    {
        public const int Count = 3;

        private readonly SliceStore _store;
        private readonly Dictionary<string, bool> _ready = [];
        private readonly ConcurrentDictionary<int, bool> _outAt = new();

        public Slices(SliceStore store)
        {
            _store = store;
            _store.Put(new Slice("web-always", Other(1)));
            _outAt[_store.Version] = true;
        }

        public Finding Expected => _ready.ContainsValue(true) ? Finding.NotMet : Finding.Met;

        public bool WasOutAt(int version) => _outAt[_outAt.Keys.Where(known => known <= version).Max()];

        public void Make(SliceChange change)
        {
            if (change.Content is Content.History)
            {
                _store.Compact();
                return;
            }

            var endpoints = Endpoints(change.Content);
            _ready[change.Slice] = endpoints?.Any(endpoint => endpoint.Addresses[0] == "10.1.2.3" && endpoint.Ready is not false) is true;

            // Known before it happens, so that whoever sees it happen can look it up.
            _outAt[_store.Version + 1] = Expected is Finding.Met;
            if (endpoints is null)
            {
                _store.Delete(change.Slice);
            }
            else
            {
                _store.Put(new Slice(change.Slice, endpoints));
            }
        }

        private static SliceEndpoint[]? Endpoints(Content content) => content switch
        {
            Content.NoEndpoint => [],
            Content.Other => [Other()],
            Content.OtherAndMine => [Other(), Mine()],
            Content.MineOfUnknownReadiness => [Mine(ready: null)],
            Content.MineNotReady => [Mine(ready: false)],
            Content.MineNotReadyAndOther => [Mine(ready: false), Other()],
            Content.MineNotReadyAndReady => [Mine(ready: false), Mine()],
            _ => null,
        };
    }
}
