using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Xunit;

namespace Prestop.Kubernetes.Tests.Watching;

/// <summary>Alone in the process while it runs: it counts the bytes of the whole heap.</summary>
[CollectionDefinition(nameof(InformerMemoryTests), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(InformerMemoryTests))]
public sealed class InformerMemoryTests
{
    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Of_each_object_it_holds_what_is_kept_and_no_more_after_many_lists()
    {
        const int count = 1000, pageSize = 10, bytesOfOne = 800;
        await using var server = new RecordedServer();
        var page = JsonNode.Parse(Recording.Load("list-page-1").Answer)!;
        var recorded = page["items"]![0]!.ToJsonString();

        // The buffers that answers are read into are kept for the next ones: not part of what an informer holds.
        await ListAsync(NewInformer());
        var before = Held();
        var pods = NewInformer();
        var first = await ListAsync(pods);
        var second = await ListAsync(pods);
        var third = await ListAsync(pods);

        Assert.Equal(count, pods.Count);
        Assert.InRange(first - before, long.MinValue, count * bytesOfOne);
        Assert.InRange(third - second, long.MinValue, count * bytesOfOne / 2);
        Assert.True(recorded.Length > 4 * bytesOfOne);

        Informer<KeptPod> NewInformer() => new(
            server.Client,
            Pod.Resource.Projected(pod => new KeptPod(pod.Metadata, pod.Labels, pod.IsReady)),
            new Selection { Namespace = "rec", PageSize = pageSize });

        async Task<long> ListAsync(Informer<KeptPod> informer)
        {
            for (var start = 0; start < count; start += pageSize)
            {
                var items = Enumerable.Range(start, pageSize).Select(number => recorded
                    .Replace("\"page0\"", $"\"page-{number}\"", StringComparison.Ordinal)
                    .Replace("e4ea186b", $"{number:x8}", StringComparison.Ordinal));
                var next = start + pageSize < count ? $"{start + pageSize}" : "";
                server.Answer(200, $$$"""{"metadata":{"resourceVersion":"28881","continue":"{{{next}}}"},"items":[{{{string.Join(',', items)}}}]}""");
            }

            Assert.Null(await informer.ListAsync(TestContext.Current.CancellationToken));
            server.Forget();
            return Held();
        }

        // What tests before this one have left to finalizers would go away between two figures.
        static long Held()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return GC.GetTotalMemory(forceFullCollection: true);
        }
    }

    private sealed record KeptPod(ObjectMeta Metadata, IReadOnlyDictionary<string, string> Labels, bool IsReady) : IApiObject;
}
