using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Isolation;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

public sealed class RequestersTests
{
    [Theory]
    [InlineData("admin", "", nameof(Requester.Person))]
    [InlineData("system:serviceaccount:karpenter:karpenter", "", nameof(Requester.Person))]
    [InlineData("system:serviceaccount:kube-system:cluster-autoscaler", "", nameof(Requester.Person))]
    [InlineData("system:serviceaccount:default:replicaset-controller", "", nameof(Requester.Person))]
    [InlineData("system:serviceaccount:kube-system:replication-controller", "", nameof(Requester.ReplicaSetController))]
    [InlineData("system:kube-controller-manager", "ReplicaSet", nameof(Requester.ReplicaSetController))]
    [InlineData("system:kube-controller-manager", "DaemonSet", nameof(Requester.DaemonSetController))]
    [InlineData("system:kube-controller-manager", "StatefulSet", nameof(Requester.StatefulSetController))]
    [InlineData("system:kube-controller-manager", "Job", nameof(Requester.JobController))]
    [InlineData("system:kube-controller-manager", "", nameof(Requester.NodeController))]
    [InlineData("system:kube-scheduler", "", nameof(Requester.Exempt))]
    [InlineData("system:serviceaccount:prestop:prestopd", "", nameof(Requester.Ourselves))]
    public void Who_it_is(string user, string owner, string expected) => Assert.Equal(
        expected,
        Requesters.Of(user, ["system:authenticated"], owner.Length == 0 ? null : new OwnerReference(owner, "o", "u"), Views.Ourselves).ToString());

    [Fact]
    public void A_kubelet_is_known_by_its_group() =>
        Assert.Equal(Requester.Exempt, Requesters.Of("system:node:node-1", ["system:nodes", "system:authenticated"], null, Views.Ourselves));
}
