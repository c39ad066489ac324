using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>How the nodes run their pods.</summary>
internal sealed record NodeSettings
{
    /// <summary>How long after its creation a pod is ready.</summary>
    public TimeSpan ReadyAfter { get; init; } = TimeSpan.FromSeconds(1.7);

    /// <summary>How long a container takes to end, its hook not counted.</summary>
    public TimeSpan EndsAfter { get; init; } = TimeSpan.FromSeconds(1.2);
}

/// <summary>Which nodes take pods. How many one takes stands in <c>status.allocatable.pods</c>.</summary>
internal static class Nodes
{
    /// <summary>Those that nobody has cordoned or tainted.</summary>
    public static IEnumerable<JsonObject> Open(LoopbackCluster cluster) =>
        cluster.Store.All(ApiKind.Node).Where(node => !node.IsTrue("spec", "unschedulable") && !node.Items("spec", "taints").Any());

    /// <summary>Of these those that have room for one more.</summary>
    public static IEnumerable<JsonObject> WithRoom(LoopbackCluster cluster) => Open(cluster).Where(node => (node.Number("status", "allocatable", "pods") ?? int.MaxValue) > Count(cluster, node));

    /// <summary>How many pods a node has.</summary>
    public static int Count(LoopbackCluster cluster, JsonObject node) => cluster.Store.All(ApiKind.Pod).Count(pod => pod.Text("spec", "nodeName") == node.Name());
}

/// <summary>The scheduler and the kubelets: pods get a node, become ready, and are removed when they have ended.</summary>
internal sealed class Kubelets(LoopbackCluster cluster, NodeSettings settings) : IReconciler
{
    private int _address;

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) =>
        change.Kind == ApiKind.Pod && change.After is { } pod ? [(pod.Namespace(), pod.Name())]
        : change.Kind == ApiKind.Pod || change.Kind == ApiKind.Node ? cluster.Store.All(ApiKind.Pod).Where(each => each.Text("spec", "nodeName") is null).Select(each => (each.Namespace(), each.Name()))
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Pod, @namespace, name) is not { } pod)
        {
            return null;
        }

        if (pod.Text("spec", "nodeName") is { } home && cluster.Store.Find(ApiKind.Node, "", home) is { } host && NodeLifecycle.IsLost(host))
        {
            return null;
        }

        if (pod.IsTerminating())
        {
            await EndAsync(pod, cancellation);
        }
        else if (pod.Text("spec", "nodeName") is null)
        {
            if (Nodes.WithRoom(cluster).MinBy(node => Nodes.Count(cluster, node)) is { } node)
            {
                cluster.Change(ApiKind.Pod, @namespace, name, each => each["spec"]!["nodeName"] = node.Name());
            }
        }
        else if (pod.Text("status", "phase") == "Pending")
        {
            await Task.Delay(settings.ReadyAfter, cluster.Time, cancellation);
            var number = Interlocked.Increment(ref _address);
            cluster.Change(ApiKind.Pod, @namespace, name, each =>
            {
                each["status"]!["phase"] = "Running";
                each["status"]!["podIP"] ??= $"10.244.{number / 250}.{(number % 250) + 1}";
                cluster.Verbs.Set(each, "Ready", "True", "");
            });
        }

        return null;
    }

    /// <summary>Waits for the hook, or for the end of the grace period; a kubelet whose last delete is refused asks again after 3.5 s, then every 10 s.</summary>
    private async Task EndAsync(JsonObject pod, CancellationToken cancellation)
    {
        var node = pod.Text("spec", "nodeName") ?? "";
        var hook = pod.Items("spec", "containers").Max(container => container.Number("lifecycle", "preStop", "sleep", "seconds") ?? 0);
        var grace = pod.Number("metadata", "deletionGracePeriodSeconds") ?? 30;
        await Task.Delay(Shorter(TimeSpan.FromSeconds(hook) + settings.EndsAfter, TimeSpan.FromSeconds(grace)), cluster.Time, cancellation);
        cluster.Change(ApiKind.Pod, pod.Namespace(), pod.Name(), each =>
        {
            each["status"]!["phase"] = "Succeeded";
            cluster.Verbs.Set(each, "Ready", "False", "PodCompleted");
        });
        var client = new ClusterClient(cluster, ApiUser.Kubelet(node));
        var options = new JsonObject { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = pod.Uid() } };
        for (var pause = 3.5; ; pause = 10)
        {
            try
            {
                await client.DeleteAsync(ApiKind.Pod, pod, options, cancellation);
                return;
            }
            catch (RequestFailedException)
            {
                await Task.Delay(TimeSpan.FromSeconds(pause), cluster.Time, cancellation);
            }
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

/// <summary>
/// The taint manager: pods on a node with a NoExecute taint are deleted when they tolerate it no longer, each asked for five times and then never again; two minutes later their
/// condition says that nothing will come of it (<c>clients/controllers.ndjson</c>).
/// </summary>
internal sealed class Taints(LoopbackCluster cluster) : IReconciler
{
    private const int Tries = 5;

    /// <summary>The pause between two tries, next to the time that one takes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(2);

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("node-controller"));
    private readonly Dictionary<string, DateTimeOffset> _toleratedSince = [];
    private readonly HashSet<string> _givenUp = [];

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => change.Kind == ApiKind.Node && change.After is { } node
        ? cluster.Store.All(ApiKind.Pod).Where(pod => pod.Text("spec", "nodeName") == node.Name()).Select(pod => (pod.Namespace(), pod.Name()))
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        var found = cluster.Store.Find(ApiKind.Pod, @namespace, name);
        if (found is null || found.IsTerminating() || (cluster.Store.Find(ApiKind.Node, "", found.Text("spec", "nodeName") ?? "") is var node && !IsTainted(node)))
        {
            _toleratedSince.Remove(found?.Uid() ?? "");
            return null;
        }

        if (_givenUp.Remove(found.Uid()))
        {
            cluster.Change(ApiKind.Pod, @namespace, name, each => cluster.Verbs.Set(each, "DisruptionTarget", "False", ""));
            return null;
        }

        _toleratedSince.TryAdd(found.Uid(), cluster.Time.GetUtcNow());
        if (Tolerates(found, node!) is { } length && _toleratedSince[found.Uid()] + length - cluster.Time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            return left;
        }

        for (var tries = 0; tries < Tries && cluster.Store.Find(ApiKind.Pod, @namespace, name) is { } pod && !pod.IsTerminating(); tries++)
        {
            cluster.Change(ApiKind.Pod, @namespace, name, each => cluster.Verbs.Set(each, "DisruptionTarget", "True", "DeletionByTaintManager"));
            try
            {
                await _client.DeleteAsync(ApiKind.Pod, pod, options: null, cancellation);
                return null;
            }
            catch (RequestFailedException)
            {
                await Task.Delay(Pause, cluster.Time, cancellation);
            }
        }

        _givenUp.Add(found.Uid());
        return Stale;
    }

    private static bool IsTainted(JsonNode? node) => node.Items("spec", "taints").Any(IsNoExecute);

    private static bool IsNoExecute(JsonNode taint) => taint.Text("effect") == "NoExecute";

    /// <summary>For how long a pod bears with a node's taints; null: not at all.</summary>
    private static TimeSpan? Tolerates(JsonObject pod, JsonObject node)
    {
        var tolerations = node.Items("spec", "taints").Where(IsNoExecute)
            .Select(taint => pod.Items("spec", "tolerations").FirstOrDefault(each => each.Text("key") == taint.Text("key"))).ToList();
        return tolerations.Contains(null) ? null : TimeSpan.FromSeconds(tolerations.Min(each => each.Number("tolerationSeconds") ?? int.MaxValue));
    }
}

/// <summary>
/// The node lifecycle controller: a node that is not heard of any more (its condition Ready is not True) is tainted, and its pods are not ready (<c>admission/56-node-unreachable</c>).
/// </summary>
internal sealed class NodeLifecycle(LoopbackCluster cluster) : IReconciler
{
    private const string Unreachable = "node.kubernetes.io/unreachable";

    public static bool IsLost(JsonNode node) => node.Condition("Ready") is { } ready && ready.Text("status") != "True";

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => change.Kind == ApiKind.Node && change.After is { } node ? [("", node.Name())] : [];

    public Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Node, "", name) is { } node && IsLost(node) && !node.Items("spec", "taints").Any(taint => taint.Text("key") == Unreachable))
        {
            foreach (var pod in cluster.Store.All(ApiKind.Pod).Where(pod => pod.Text("spec", "nodeName") == name))
            {
                cluster.Change(ApiKind.Pod, pod.Namespace(), pod.Name(), each => cluster.Verbs.Set(each, "Ready", "False", ""));
            }

            cluster.Change(ApiKind.Node, "", name, each => each.Child("spec")["taints"] =
                new JsonArray([.. each.Items("spec", "taints").Select(taint => taint.DeepClone()), new JsonObject { ["key"] = Unreachable, ["effect"] = "NoExecute" }]));
        }

        return Task.FromResult<TimeSpan?>(null);
    }
}
