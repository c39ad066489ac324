using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// The controller of Jobs: so many pods at a time until enough have succeeded, each kept by a finalizer until it is counted. Those of a Job that is suspended or complete are deleted;
/// after a refusal it asks again in 1, 2, 4 … 60 s (<c>clients/controllers.ndjson</c>, <c>isolation/job.ndjson</c>).
/// </summary>
internal sealed class Jobs(LoopbackCluster cluster) : IReconciler
{
    /// <summary>What keeps a pod until it is counted.</summary>
    public const string Finalizer = "batch.kubernetes.io/job-tracking";

    private static readonly string[] Ended = ["Succeeded", "Failed"];

    private readonly Workload _workload = new(cluster, ApiKind.Job, ApiUser.Controller("job-controller"));

    public (TimeSpan First, TimeSpan Longest) Pauses => (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change) => _workload.AffectedBy(change);

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Job, @namespace, name) is not { } job || job.IsTerminating())
        {
            // Nobody counts them any more.
            foreach (var orphan in cluster.Store.All(ApiKind.Pod, @namespace).Where(pod => pod.Controller() is { } owner && owner.Text("kind") == "Job" && owner.Text("name") == name))
            {
                await ReleaseAsync(orphan, cancellation);
            }

            return null;
        }

        foreach (var stranger in cluster.Store.All(ApiKind.Pod, @namespace).Where(pod => pod.Controller()?.Text("uid") == job.Uid() && !Workload.Selects(job, pod)))
        {
            await ReleaseAsync(stranger, cancellation);
        }

        var pods = await _workload.ClaimAsync(job, cancellation);
        var (succeeded, failed) = (job.Number("status", "succeeded") ?? 0, job.Number("status", "failed") ?? 0);
        foreach (var pod in pods.Where(pod => Ended.Contains(pod.Text("status", "phase")) && IsTracked(pod)))
        {
            (succeeded, failed) = pod.Text("status", "phase") == "Succeeded" ? (succeeded + 1, failed) : (succeeded, failed + 1);
            await _workload.TellAsync(job, new JsonObject { ["succeeded"] = succeeded, ["failed"] = failed }, cancellation);
            await ReleaseAsync(pod, cancellation);
        }

        var active = pods.Where(pod => !pod.IsTerminating() && !Ended.Contains(pod.Text("status", "phase"))).ToList();
        var left = (job.Number("spec", "completions") ?? 1) - succeeded;
        if (job.IsTrue("spec", "suspend") || left <= 0)
        {
            foreach (var pod in active)
            {
                await ReleaseAsync(pod, cancellation);
                await _workload.DeleteAsync(job, pod, cancellation);
            }
        }
        else
        {
            for (var missing = Math.Min(job.Number("spec", "parallelism") ?? 1, left) - active.Count; missing > 0; missing--)
            {
                await _workload.CreateAsync(job, name: null, pod => Label(pod, job), cancellation);
            }
        }

        JsonNode[] conditions = job.IsTrue("spec", "suspend") ? [new JsonObject { ["type"] = "Suspended", ["status"] = "True" }]
            : left <= 0 ? [new JsonObject { ["type"] = "Complete", ["status"] = "True" }]
            : [];
        await _workload.TellAsync(job, new JsonObject { ["active"] = active.Count, ["conditions"] = new JsonArray(conditions) }, cancellation);
        return null;
    }

    private static void Label(JsonObject pod, JsonObject job)
    {
        var labels = pod.Child("metadata", "labels");
        foreach (var prefix in (string[])["batch.kubernetes.io/", ""])
        {
            labels[$"{prefix}controller-uid"] = job.Uid();
            labels[$"{prefix}job-name"] = job.Name();
        }

        pod["metadata"]!["finalizers"] = new JsonArray(Finalizer);
        pod["spec"]!["restartPolicy"] ??= "Never";
    }

    private static bool IsTracked(JsonObject pod) => pod.Items("metadata", "finalizers").Any(each => each.Text() == Finalizer);

    private async Task ReleaseAsync(JsonObject pod, CancellationToken cancellation)
    {
        if (IsTracked(pod))
        {
            var left = pod.Items("metadata", "finalizers").Where(each => each.Text() != Finalizer).Select(each => each.DeepClone());
            await _workload.Client.PatchAsync(ApiKind.Pod, pod, "", new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. left]) } }, cancellation);
        }
    }
}
