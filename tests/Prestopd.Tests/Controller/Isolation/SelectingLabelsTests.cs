using System.Text;
using System.Text.Json;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

public sealed class SelectingLabelsTests
{
    /// <summary>Owner, labels of the pod, selector of the Service, selector of the owner, labels that go, whether the owner keeps the pod.</summary>
    public static TheoryData<string, string, string, string?, string, bool> Cases => new()
    {
        // A bare pod: all that a Service looks at.
        { "", "app,role", "app,role", null, "app,role", false },
        { "", "app,role", "role", null, "role", false },

        // A ReplicaSet has to let go as well, or it asks for the pod's deletion again and again.
        { "ReplicaSet", "app,pod-template-hash", "app", null, "app,pod-template-hash", false },
        { "ReplicaSet", "app,role,pod-template-hash", "role", null, "pod-template-hash,role", false },
        { "ReplicaSet", "app,role", "role", """{"matchLabels": {"app": "x"}}""", "app,role", false },
        { "ReplicaSet", "app,role", "app", """{"matchLabels": {"app": "x"}}""", "app", false },
        { "DaemonSet", "app,role", "role", """{"matchLabels": {"app": "x"}}""", "app,role", false },
        { "DaemonSet", "app,role", "role", null, "role", false },

        // A StatefulSet keeps pod and name where the Service looks at a label that it does not look at.
        { "StatefulSet", "app,role", "app,role", """{"matchLabels": {"app": "x"}}""", "role", true },
        { "StatefulSet", "app,role", "app", """{"matchLabels": {"app": "x"}}""", "app", false },
        { "StatefulSet", "app,role", "role", """{"matchExpressions": [{"key": "role", "operator": "Exists"}]}""", "role", false },
        { "StatefulSet", "app,role", "app,role", null, "app,role", false },

        // The StatefulSet controller puts that label back.
        { "StatefulSet", "app,statefulset.kubernetes.io/pod-name", "statefulset.kubernetes.io/pod-name", """{"matchLabels": {"app": "x"}}""", "statefulset.kubernetes.io/pod-name", false },

        // A Job does its work again when it loses the pod.
        { "Job", "app,job-name", "app", null, "app", true },
        { "Job", "app,job-name", "app,job-name", null, "app", true },
        { "Job", "app,job-name", "job-name", null, "", false },
        { "Job", "app,own", "own", """{"matchLabels": {"own": "x"}}""", "", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_goes(string owner, string labels, string selected, string? ownerSelector, string expected, bool ownerKeepsIt)
    {
        var pod = PodJson(owner, [.. labels.Split(',').Select(name => (name, "x"))]);
        var service = Service([.. selected.Split(',').Select(name => (name, "x"))]);

        var found = SelectingLabels.Of(Pod(pod), [service], ownerSelector is null ? null : Selector(ownerSelector));

        Assert.Equal(expected, found is null ? "" : string.Join(',', found.Names.Order(StringComparer.Ordinal)));
        Assert.Equal(ownerKeepsIt, found?.OwnerKeepsIt is true);
    }

    [Fact]
    public void Every_Service_has_to_lose_the_pod()
    {
        var pod = PodJson("StatefulSet", ("app", "x"), ("role", "x"));
        var selector = Selector("""{"matchLabels": {"app": "x"}}""");

        Assert.Equal(["app", "role"], SelectingLabels.Of(Pod(pod), [Service(("app", "x")), Service(("app", "x"), ("role", "x"))], selector)!.Names);
    }

    private static LabelSelector? Selector(string json)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json));
        return LabelSelector.Read(document.RootElement);
    }
}
