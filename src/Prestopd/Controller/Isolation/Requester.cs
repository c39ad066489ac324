using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>Who wants a pod gone, as far as it matters for the answer.</summary>
internal enum Requester
{
    /// <summary>A person, or a program that acts like one: an operator, a pipeline.</summary>
    Person,

    /// <summary>The controller of ReplicaSets or ReplicationControllers.</summary>
    ReplicaSetController,

    /// <summary>The controller of DaemonSets.</summary>
    DaemonSetController,

    /// <summary>The controller of StatefulSets.</summary>
    StatefulSetController,

    /// <summary>The controller of Jobs.</summary>
    JobController,

    /// <summary>The garbage collector: the pod's owner is gone.</summary>
    GarbageCollector,

    /// <summary>The controller of nodes: a NoExecute taint, or a node that is not heard of any more.</summary>
    NodeController,

    /// <summary>Who must never be held up: the kubelet, the scheduler, the deletion of namespaces, the collector of pods without a node.</summary>
    Exempt,

    /// <summary>This controller.</summary>
    Ourselves,
}

/// <summary>Tells people from controllers, by the names that kube-controller-manager's service accounts have.</summary>
internal static class Requesters
{
    private const string Controllers = "system:serviceaccount:kube-system:";

    /// <summary>Who it is.</summary>
    /// <param name="user">The user's name in the review.</param>
    /// <param name="groups">The user's groups.</param>
    /// <param name="owner">The pod's owner, of whose controller a single user for all of them is taken to be.</param>
    /// <param name="ourselves">Our own user name.</param>
    public static Requester Of(string user, IReadOnlyList<string> groups, OwnerReference? owner, string ourselves)
    {
        if (user == ourselves)
        {
            return Requester.Ourselves;
        }

        if (user == "system:kube-scheduler" || groups.Contains("system:nodes"))
        {
            return Requester.Exempt;
        }

        // Where the controllers have no service accounts of their own (--use-service-account-credentials=false).
        if (user == "system:kube-controller-manager")
        {
            return owner?.Kind switch
            {
                "ReplicaSet" or "ReplicationController" => Requester.ReplicaSetController,
                "DaemonSet" => Requester.DaemonSetController,
                "StatefulSet" => Requester.StatefulSetController,
                "Job" => Requester.JobController,
                _ => Requester.NodeController,
            };
        }

        return !user.StartsWith(Controllers, StringComparison.Ordinal) ? Requester.Person : user[Controllers.Length..] switch
        {
            "replicaset-controller" or "replication-controller" => Requester.ReplicaSetController,
            "daemon-set-controller" => Requester.DaemonSetController,
            "statefulset-controller" => Requester.StatefulSetController,
            "job-controller" => Requester.JobController,
            "generic-garbage-collector" => Requester.GarbageCollector,
            "node-controller" => Requester.NodeController,
            "namespace-controller" or "pod-garbage-collector" => Requester.Exempt,
            _ => Requester.Person,
        };
    }
}
