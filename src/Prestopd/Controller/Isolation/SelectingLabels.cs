using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>Which labels a pod has to lose, so that no Service sends to it any more.</summary>
/// <param name="Names">The labels' names.</param>
/// <param name="OwnerKeepsIt">Whether the pod's owner does not look at any of them: the pod keeps its owner and, in a StatefulSet, its place.</param>
internal sealed record SelectingLabels(IReadOnlyList<string> Names, bool OwnerKeepsIt)
{
    /// <summary>The label by which a Deployment tells its ReplicaSets apart.</summary>
    public const string TemplateHash = "pod-template-hash";

    /// <summary>What a Job selects its pods by, and what it tells them apart by.</summary>
    private static readonly string[] OfJobs = ["batch.kubernetes.io/controller-uid", "controller-uid", "batch.kubernetes.io/job-name", "job-name"];

    /// <summary>The StatefulSet controller puts it back.</summary>
    private const string PodName = "statefulset.kubernetes.io/pod-name";

    /// <summary>Finds them.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="services">The Services that select it.</param>
    /// <param name="ownerSelector">What its owner selects by; null when that is not known.</param>
    /// <returns>
    /// The labels; null when the pod cannot be isolated without harm: those of a Job's pod that the Job looks at itself would have the work done twice.
    /// </returns>
    public static SelectingLabels? Of(Pod pod, IReadOnlyList<Service> services, LabelSelector? ownerSelector)
    {
        var selecting = services.SelectMany(service => service.Selector!.Labels).Select(label => label.Key).Distinct().Order(StringComparer.Ordinal).ToList();
        var owner = DrainState.OwnerOf(pod)?.Kind;
        if (owner is "StatefulSet" or "Job")
        {
            var kept = selecting.Where(name => !OwnerLooksAt(owner, name, ownerSelector)).ToList();
            if (services.All(service => service.Selector!.Labels.Any(label => kept.Contains(label.Key))))
            {
                return new SelectingLabels(kept, OwnerKeepsIt: true);
            }

            return owner == "Job" ? null : new SelectingLabels(selecting, OwnerKeepsIt: false);
        }

        // An owner that goes on counting the pod would go on asking for its deletion, and make no other.
        string[] owners = owner == "ReplicaSet" && pod.Labels.ContainsKey(TemplateHash) ? [TemplateHash]
            : ownerSelector is not null && !selecting.Exists(ownerSelector.LooksAt) ? [.. ownerSelector.Labels.Select(label => label.Key)]
            : [];
        return new SelectingLabels([.. selecting.Union(owners)], OwnerKeepsIt: false);
    }

    private static bool OwnerLooksAt(string kind, string label, LabelSelector? selector) =>
        kind == "Job" ? OfJobs.Contains(label) || selector?.LooksAt(label) is true
        : label == PodName || selector?.LooksAt(label) is not false;
}
