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

    private static readonly string[] ListFaults =
    [
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}",
    ];

    /// <summary>Every step changes a slice, chooses how the connection fails, and looks. Nothing changes during a look.</summary>
    [Fact(Timeout = 10 * Patience)]
    public async Task Every_look_agrees_with_the_slices_whatever_fails()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Task.Run(
            () => Prop.ForAll<byte[]>(bytes => EveryLookAgreesAsync(bytes, cancellation).GetAwaiter().GetResult())
                .Check(Config.QuickThrowOnFailure.WithMaxTest(60)),
            cancellation);
    }

    /// <summary>The slices change while watches are open; each time that the pod is out, it is noticed.</summary>
    [Fact(Timeout = 10 * Patience)]
    public async Task Every_time_that_the_pod_is_out_it_is_noticed_and_no_other()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Task.Run(
            () => Prop.ForAll<byte[]>(bytes => EveryTimeIsNoticedAsync(bytes, cancellation).GetAwaiter().GetResult())
                .Check(Config.QuickThrowOnFailure.WithMaxTest(30)),
            cancellation);
    }

    private static async Task EveryLookAgreesAsync(byte[] bytes, CancellationToken cancellation)
    {
        await using var fixture = new EndpointsFixture();
        var slices = new Slices(fixture.Server.Slices);
        foreach (var step in bytes.Chunk(2).Where(pair => pair.Length == 2))
        {
            slices.Change(step[0]);
            fixture.Server.WatchEnding = Endings[step[1] % Endings.Length];
            var listFault = step[1] / Endings.Length % (3 * ListFaults.Length);
            var listFails = listFault < ListFaults.Length;
            if (listFails)
            {
                fixture.Server.ReplyOnce("list", async (stream, _, stop) =>
                    await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(ListFaults[listFault]), stop));
            }

            if (step[0] % 16 == 15)
            {
                fixture.Server.Token += "+";
                fixture.Pod.WriteAccount("token", fixture.Server.Token);
            }

            var isForgotten = fixture.Server.LastListed < fixture.Server.Slices.Oldest;
            var seen = await fixture.AskAsync(cancellation);

            var mayFail = listFails || isForgotten || !OrderlyEndings.Contains(fixture.Server.WatchEnding);
            Assert.True(
                seen.Finding == slices.Expected || (mayFail && seen.Finding is Finding.Unclear),
                $"{seen} when {slices.Expected} was right, after {string.Join(' ', bytes)}");
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

    private static async Task EveryTimeIsNoticedAsync(byte[] bytes, CancellationToken cancellation)
    {
        await using var fixture = new EndpointsFixture();
        var slices = new Slices(fixture.Server.Slices);
        var noticed = Channel.CreateUnbounded<int>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var looking = LookAsync();

        foreach (var step in bytes)
        {
            var wasOut = slices.Expected is Finding.Met;
            slices.Change(step);
            if (slices.Expected is Finding.Met && !wasOut)
            {
                var version = fixture.Server.Slices.Version;
                while (await noticed.Reader.ReadAsync(cancellation) < version)
                {
                }
            }
            else if (step % 4 == 3)
            {
                fixture.Server.EndWatches(Endings[step / 4 % 6]);
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

    /// <summary>The model: three slices that come, go and change, beside one that is always there.</summary>
    private sealed class Slices
    {
        private static readonly Func<SliceEndpoint[]?>[] Contents =
        [
            () => null,
            () => [],
            () => [Other()],
            () => [Other(), Mine()],
            () => [Mine(ready: null)],
            () => [Mine(ready: false)],
            () => [Mine(ready: false), Other()],
            () => [Mine(ready: false), Mine()],
        ];

        private readonly SliceStore _store;
        private readonly bool[] _ready = new bool[3];
        private readonly ConcurrentDictionary<int, bool> _outAt = new();

        public Slices(SliceStore store)
        {
            _store = store;
            _store.Put(new Slice("web-always", Other(1)));
            _outAt[_store.Version] = true;
        }

        public Finding Expected => _ready.Contains(true) ? Finding.NotMet : Finding.Met;

        public bool WasOutAt(int version) => _outAt[_outAt.Keys.Where(known => known <= version).Max()];

        public void Change(byte choice)
        {
            if (choice % 32 == 31)
            {
                _store.Compact();
                return;
            }

            var slice = choice % 3;
            var content = Contents[choice / 3 % Contents.Length]();
            _ready[slice] = content?.Any(endpoint => endpoint.Addresses[0] == "10.1.2.3" && endpoint.Ready is not false) is true;

            // Known before it happens, so that whoever sees it happen can look it up.
            _outAt[_store.Version + 1] = Expected is Finding.Met;
            if (content is null)
            {
                _store.Delete($"web-{slice}");
            }
            else
            {
                _store.Put(new Slice($"web-{slice}", content));
            }
        }
    }
}
