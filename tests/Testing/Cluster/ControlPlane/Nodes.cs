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

/// <summary>The scheduler and the kubelets: pods get a node, become ready, and are removed when they have ended.</summary>
internal sealed class Kubelets(LoopbackCluster cluster, NodeSettings settings) : IReconciler
{
    private int _address;

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) =>
        change.Kind == ApiKind.Pod ? [(change.Subject.Namespace(), change.Subject.Name())]
        : change.Kind == ApiKind.Node ? cluster.Store.All(ApiKind.Pod).Where(pod => pod.Text("spec", "nodeName") is null).Select(pod => (pod.Namespace(), pod.Name()))
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Pod, @namespace, name) is not { } pod)
        {
            return null;
        }

        if (pod.IsTerminating())
        {
            await EndAsync(pod, cancellation);
        }
        else if (pod.Text("spec", "nodeName") is null)
        {
            var nodes = cluster.Store.All(ApiKind.Node).Where(node => !node.IsTrue("spec", "unschedulable") && !node.Items("spec", "taints").Any()).ToList();
            if (nodes.MinBy(node => cluster.Store.All(ApiKind.Pod).Count(each => each.Text("spec", "nodeName") == node.Name())) is { } node)
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

/// <summary>The taint manager: pods on a node with a NoExecute taint are deleted, each asked for five times and then never again.</summary>
internal sealed class Taints(LoopbackCluster cluster) : IReconciler
{
    private const int Tries = 5;

    /// <summary>The pause between two tries, next to the time that one takes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("node-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => change.Kind == ApiKind.Node && change.After is { } node && IsTainted(node)
        ? cluster.Store.All(ApiKind.Pod).Where(pod => pod.Text("spec", "nodeName") == node.Name()).Select(pod => (pod.Namespace(), pod.Name()))
        : [];

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
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

        return null;
    }

    private static bool IsTainted(JsonObject node) => node.Items("spec", "taints").Any(taint => taint.Text("effect") == "NoExecute");
}
