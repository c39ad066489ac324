using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller.Cluster;

/// <summary>
/// Whether ReplicaSets are whole without the pods that drain. The pods are looked at, not the ReplicaSet's status, which counts a pod for a moment after its labels are
/// gone. Once a second for each ReplicaSet, however many of its pods wait.
/// </summary>
/// <param name="api">The client.</param>
/// <param name="time">The clock.</param>
internal sealed class Replacements(ApiClient api, TimeProvider time)
{
    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private const int MostKept = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long At, Task<Look?> Answer)> _looks = [];

    /// <summary>Whether a ReplicaSet has as many ready pods as it wants without this one. False as long as that cannot be told.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="owner">The ReplicaSet.</param>
    /// <param name="hash">The label by which its Deployment knows its pods.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<bool> AreThereAsync(ObjectMeta pod, OwnerReference owner, string hash, CancellationToken cancellation)
    {
        // When the answer is older than the pod's drain, the pod itself is among those that were ready.
        return await LookAsync(pod.Namespace, owner, hash, cancellation) is { } look && look.Ready.Count(uid => uid != pod.Uid) >= look.Wanted;
    }

    private Task<Look?> LookAsync(string @namespace, OwnerReference owner, string hash, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_looks.TryGetValue(owner.Uid, out var look) && time.GetElapsedTime(look.At, now) < Age)
            {
                return look.Answer;
            }

            if (_looks.Count >= MostKept)
            {
                _looks.Clear();
            }

            var answer = AskAsync(@namespace, owner, hash, cancellation);
            _looks[owner.Uid] = (now, answer);
            return answer;
        }
    }

    private async Task<Look?> AskAsync(string @namespace, OwnerReference owner, string hash, CancellationToken cancellation)
    {
        var set = await api.GetAsync(Workload.Resource("ReplicaSet")!, @namespace, owner.Name, cancellation);
        if (!set.Succeeded)
        {
            return set.Error.Fault is ApiFault.NotFound ? new Look(0, []) : null;
        }

        var wanted = set.Value.Metadata.Uid == owner.Uid ? set.Value.Replicas ?? 0 : 0;
        var selection = new Selection { Namespace = @namespace, LabelSelector = $"{SelectingLabels.TemplateHash}={hash}" };
        var pods = await api.ListAsync(Pod.Resource, selection, cancellation);
        return pods.Succeeded ? new Look(wanted, [.. pods.Value.Items.Where(pod => DrainCourse.IsReplacement(owner.Uid, pod)).Select(pod => pod.Metadata.Uid)]) : null;
    }

    /// <summary>What was seen of a ReplicaSet.</summary>
    /// <param name="Wanted">How many pods it is to have; none where it is gone.</param>
    /// <param name="Ready">The uids of those that are ready and do not drain.</param>
    private sealed record Look(int Wanted, IReadOnlyList<string> Ready);
}
