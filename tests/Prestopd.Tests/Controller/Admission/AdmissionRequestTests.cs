using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestopd.Controller.Admission;
using Xunit;

namespace Prestopd.Tests.Controller.Admission;

public sealed class AdmissionRequestTests
{
    /// <summary>Recording, subject, name, dry run, grace period.</summary>
    public static TheoryData<string, string, string, bool, int?> Reviews => new()
    {
        { "01-create-bare-pod/01-mutate-CREATE-admin", nameof(AdmissionSubject.CreatePod), "bare", false, null },

        // A generated name is not there yet when mutating webhooks are asked.
        { "02-create-by-replicaset/01-mutate-CREATE-replicaset-controller", nameof(AdmissionSubject.CreatePod), "", false, null },
        { "02-create-by-replicaset/02-validate-CREATE-replicaset-controller", nameof(AdmissionSubject.CreatePod), "web-859c5b5dff-dbvbq", false, null },
        { "05-kubectl-delete/01-validate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d05", false, 30 },
        { "06-kubectl-delete-grace-5/01-validate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d06", false, 5 },
        { "07-kubectl-delete-force/01-validate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d07", false, 0 },
        { "09-kubectl-delete-dry-run/01-validate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d09", true, 30 },
        { "11-delete-both-phases/01-mutate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d11", false, 30 },

        // Of a collection: no name in the request, no grace period filled in.
        { "16-delete-collection/01-validate-DELETE-admin", nameof(AdmissionSubject.DeletePod), "d16a", false, null },
        { "59-namespace-delete/01-validate-DELETE-namespace-controller", nameof(AdmissionSubject.DeletePod), "n59-c84cbd645-mvgk5", false, null },
        { "30-eviction/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e30", false, null },
        { "31-eviction-dry-run-query/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e31", true, null },

        // request.dryRun is false here.
        { "32-eviction-dry-run-body/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e31", true, null },
        { "33-eviction-both-dry-run/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e31", true, null },
        { "35-eviction-delete-options/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e31", false, 7 },
        { "39-eviction-v1beta1/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "e36", false, null },
        { "40-eviction-404/02-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "nobody", false, null },
        { "52-drain-dry-run/03-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "w50-8555959f77-np7nq", true, null },
        { "52-drain-dry-run/07-validate-CREATE-eviction-admin", nameof(AdmissionSubject.EvictPod), "w50-8555959f77-np7nq", false, 9 },
        { "43-label-annotate/01-validate-UPDATE-admin", nameof(AdmissionSubject.Other), "u43", false, null },
        { "45-ephemeral-container/01-validate-UPDATE-ephemeralcontainers-admin", nameof(AdmissionSubject.Other), "u43", false, null },
        { "46-resize-and-binding/04-validate-CREATE-binding-kube-scheduler", nameof(AdmissionSubject.Other), "u47", false, null },
    };

    [Theory]
    [MemberData(nameof(Reviews))]
    public void What_the_API_server_asks(string recording, string subject, string name, bool isDryRun, int? grace)
    {
        var request = Recorded.Review($"admission/{recording}");

        Assert.Equal((subject, name, isDryRun, grace), (request.Subject.ToString(), request.Name, request.IsDryRun, request.Options.GracePeriodSeconds));
        Assert.Equal((string)Recorded.Json($"admission/{recording}")["request"]!["uid"]!, request.Uid);
        Assert.Equal("rec", request.Namespace[..3]);
    }

    [Fact]
    public void The_garbage_collector_names_the_pod_and_its_version()
    {
        var options = Recorded.Review("admission/17-deployment-delete-background/01-validate-DELETE-generic-garbage-collector").Options;

        Assert.Equal(new DeleteOptions { Uid = "ea2a6de7-b1ee-4f97-8f22-72a32b66dc56", ResourceVersion = "3052", GracePeriodSeconds = 30, Propagation = Propagation.Background }, options);
    }

    [Fact]
    public void One_request_of_a_client_is_several_reviews()
    {
        var first = Recorded.Review("admission/07-kubectl-delete-force/01-validate-DELETE-admin");
        var third = Recorded.Review("admission/07-kubectl-delete-force/03-validate-DELETE-admin");

        Assert.NotEqual(first.Uid, third.Uid);
        Assert.Equal((first.Namespace, first.Name), (third.Namespace, third.Name));
    }

    [Fact]
    public void Fields_that_are_not_known_are_passed_over()
    {
        var review = Recorded.Json("admission/05-kubectl-delete/01-validate-DELETE-admin");
        review["request"]!["novelty"] = JsonNode.Parse("""{"a": [1, {"b": null}]}""");
        review["request"]!["oldObject"]!["spec"]!["novelty"] = true;
        review["novelty"] = 1;

        Assert.Equal("d05", AdmissionRequest.Read(Bytes(review), out _)?.Name);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "", "the body is not JSON that can be read" },
        { "no", "the body is not JSON that can be read" },
        { "[]", "the body is no AdmissionReview of admission.k8s.io/v1" },
        { "{}", "the body is no AdmissionReview of admission.k8s.io/v1" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"u"}}""", "the body is no AdmissionReview of admission.k8s.io/v1" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}""", "the review has no request.uid" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}""", "the review has no request.uid" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}}""", "the review has no request.uid" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\ud800"}}""", "the body is not JSON that can be read" },
        { """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}} {}""", "the body is not JSON that can be read" },
        {
            """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"DELETE","resource":{"group":"","resource":"pods"},"oldObject":null}}""",
            "the review is about a pod and holds none"
        },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_no_review(string body, string problem)
    {
        Assert.Null(AdmissionRequest.Read(Encoding.UTF8.GetBytes(body), out var said));
        Assert.Equal(problem, said);
    }

    [Fact]
    public void A_review_that_is_too_long_too_deep_or_no_text_is_not_read()
    {
        byte[] notUtf8 = [.. """{"kind":"AdmissionReview","x":" """u8, 0xff, .. "\"}"u8];

        Assert.Null(AdmissionRequest.Read(new byte[AdmissionRequest.Longest + 1], out var tooLong));
        Assert.Null(AdmissionRequest.Read(Encoding.UTF8.GetBytes(new string('[', 100_000)), out var tooDeep));
        Assert.Null(AdmissionRequest.Read(notUtf8, out var noText));

        Assert.Equal("the review has 8388609 bytes; at most 8388608 are read", tooLong);
        Assert.Equal("the body is not JSON that can be read", tooDeep);
        Assert.Equal("the body is not JSON that can be read", noText);
    }

    /// <summary>Whatever is cut off, or whichever byte is another: a review or a problem, never an exception.</summary>
    [Fact]
    public void A_damaged_review_is_read_or_refused()
    {
        var whole = Recorded.Bytes("admission/35-eviction-delete-options/02-validate-CREATE-eviction-admin");
        for (var place = 0; place < whole.Length; place++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[place] ^= (byte)(1 << (place % 8));
            var read = AdmissionRequest.Read(damaged, out var problem);

            Assert.Equal(read is null, problem.Length > 0);
            Assert.Null(AdmissionRequest.Read(whole.AsMemory(0, Math.Min(place, whole.Length - 2)), out _));
        }
    }

    private static byte[] Bytes(JsonNode review) => Encoding.UTF8.GetBytes(review.ToJsonString());
}
