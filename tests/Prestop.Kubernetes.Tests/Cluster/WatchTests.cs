using System.Text.Json.Nodes;
using Prestop.Testing.Cluster;
using Xunit;

namespace Prestop.Kubernetes.Tests.Cluster;

/// <summary>Watches end, forget and tell as they did in the recordings.</summary>
public sealed class WatchTests : ClusterFixture
{
    private readonly List<(string Type, string Name, TimeSpan At, JsonNode Line)> _lines = [];

    [Fact]
    public void A_pod_that_loses_the_label_is_deleted_for_the_watch_with_its_old_labels()
    {
        var pod = Pod("web-1");
        Clock.At(TimeSpan.FromSeconds(1), () => Change(each => each["metadata"]!["labels"]!["app"] = "off"));
        Clock.At(TimeSpan.FromSeconds(2), () => Change(each => each["metadata"]!["labels"]!["app"] = "web"));
        Clock.At(TimeSpan.FromSeconds(3), () => Change(each => each["metadata"]!["annotations"] = new JsonObject { ["a"] = "b" }));

        Watch($"resourceVersion={pod.Version()}&labelSelector=app%3Dweb&timeoutSeconds=10");

        Assert.Equal([("DELETED", "web-1"), ("ADDED", "web-1"), ("MODIFIED", "web-1")], _lines.Select(line => (line.Type, line.Name)));
        Assert.Equal("web", _lines[0].Line["object"]!.Labels().Text("app"));
        Assert.True(long.Parse(_lines[0].Line["object"]!.Version()) > long.Parse(pod.Version()));
        Assert.Equal(TimeSpan.FromSeconds(10), Clock.Now);
    }

    [Fact]
    public void Bookmarks_come_after_59_seconds_and_two_before_the_end()
    {
        var pod = Pod("web-1");

        Watch($"resourceVersion={pod.Version()}&allowWatchBookmarks=true&timeoutSeconds=75");

        Assert.Equal([("BOOKMARK", 59), ("BOOKMARK", 73)], _lines.Select(line => (line.Type, (int)line.At.TotalSeconds)));
        Assert.All(_lines, line => Assert.Equal(pod.Version(), line.Line["object"]!.Version()));
    }

    [Fact]
    public void A_version_that_is_forgotten_is_an_error_line()
    {
        Pod("web-1");
        Cluster.Store.Forget();

        Watch("resourceVersion=1&timeoutSeconds=10");

        var recorded = JsonNode.Parse(Recording.Lines("watch-too-old")[0])!;
        var line = Assert.Single(_lines).Line;
        Assert.Equal(("ERROR", 410L, "Expired"), (line.Text("type"), line.Number("object", "code"), line.Text("object", "reason")));
        Assert.Equal(recorded.Text("object", "message")!.Split('(')[0], line.Text("object", "message")!.Split('(')[0]);
        Assert.Equal(TimeSpan.Zero, Clock.Now);
    }

    [Fact]
    public void A_version_of_the_future_is_silence()
    {
        Pod("web-1");
        Clock.At(TimeSpan.FromSeconds(1), () => Change(each => each["metadata"]!["labels"]!["app"] = "off"));

        Watch("resourceVersion=99999999&timeoutSeconds=10");

        Assert.Empty(_lines);
    }

    [Fact]
    public void What_there_is_can_come_first()
    {
        Pod("web-1");
        Pod("web-2");

        Watch("sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1");

        Assert.Equal(["ADDED", "ADDED", "BOOKMARK"], _lines.Select(line => line.Type));
        Assert.Equal("true", _lines[2].Line.Text("object", "metadata", "annotations", "k8s.io/initial-events-end"));
    }

    [Fact]
    public async Task An_object_is_deleted_in_the_version_of_its_deletion()
    {
        var pod = Pod("web-1");

        await DeleteAsync("web-1", """{"gracePeriodSeconds": 0}""");
        Watch($"resourceVersion={pod.Version()}&timeoutSeconds=1");

        Assert.Equal(("DELETED", "web-1", $"{Cluster.Store.Version}"), (_lines[0].Type, _lines[0].Name, _lines[0].Line["object"]!.Version()));
    }

    private void Change(Action<JsonObject> change) => Cluster.Change(ApiKind.Pod, "rec", "web-1", change);

    private void Watch(string query) => Clock.Run(async () =>
    {
        await Cluster.WatchAsync(
            ApiUser.Admin,
            $"/api/v1/namespaces/rec/pods?watch=true&{query}",
            line => _lines.Add((line.Text("type")!, line["object"]!.Name(), Clock.Now, line)),
            CancellationToken.None);
        return true;
    });
}
