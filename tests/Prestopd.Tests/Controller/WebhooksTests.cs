using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Indexes;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;
using Prestopd.Tests.Controller.Injection;
using Prestopd.Tests.Controller.Isolation;
using Xunit;

namespace Prestopd.Tests.Controller;

public sealed class WebhooksTests
{
    private readonly ClusterIndexes _indexes = new(Pods.Policy);
    private readonly Webhooks _webhooks;

    public WebhooksTests() => _webhooks = new Webhooks(_indexes, Pods.NativeSleep, Views.Rules);

    [Fact]
    public void The_answer_to_a_creation_carries_a_patch_that_applies()
    {
        var (answer, verdict) = Create(Recorded.Bytes("inject/native-sleep-and-grace.review"));
        var patch = JsonNode.Parse(Convert.FromBase64String((string)answer["patch"]!))!.AsArray();
        var pod = Recorded.Json("inject/native-sleep-and-grace.review")["request"]!["object"]!;

        Assert.Equal((InjectionVerdict.Injected, true, "41592554-2741-4212-afce-56eb2b7da899"), (verdict, (bool)answer["allowed"]!, (string)answer["uid"]!));
        Assert.Equal(75, (int)PatchedJson.Apply(pod, patch)["spec"]!["terminationGracePeriodSeconds"]!);
    }

    [Fact]
    public void What_is_no_creation_passes_and_what_is_no_review_does_not()
    {
        Assert.Equal((null, true), Create(Recorded.Bytes("admission/05-kubectl-delete/01-validate-DELETE-admin")) is var (answer, verdict) ? (verdict, (bool)answer["allowed"]!) : default);
        Assert.Null(_webhooks.Create("{}"u8.ToArray(), out var problem));
        Assert.Equal("the body is no AdmissionReview of admission.k8s.io/v1", problem);
    }

    [Fact]
    public void Text_in_a_pod_that_is_not_Unicode_is_a_bad_review()
    {
        var review = Encoding.UTF8.GetString(Recorded.Bytes("inject/native-sleep-and-grace.review")).Replace("\"Always\"", "\"\\ud800\"", StringComparison.Ordinal);

        Assert.Null(_webhooks.Create(Encoding.UTF8.GetBytes(review), out var problem));
        Assert.Equal("the review holds text that is not Unicode", problem);
    }

    [Fact]
    public void A_wish_that_cannot_be_read_is_a_warning_to_who_creates_the_pod()
    {
        var review = Recorded.Json("inject/native-sleep-and-grace.review");
        review["request"]!["object"]!["metadata"]!["annotations"] = new JsonObject { ["prestop/drain"] = "1:30" };

        Assert.Equal("prestop/drain: '1:30': write 1m30s", (string)Create(Encoding.UTF8.GetBytes(review.ToJsonString())).Answer["warnings"]![0]!);
    }

    [Fact]
    public void A_namespace_has_wishes_of_its_own_as_long_as_it_is_there()
    {
        Assert.Equal(InjectionVerdict.Injected, CreateIn("inject"));
        Assert.Equal(InjectionVerdict.OptedOut, CreateIn("off"));

        _indexes.Follow(new Change<Namespace>(ChangeType.Deleted, Rec("off"), null));

        Assert.Equal(InjectionVerdict.Injected, Create(Recorded.Bytes("inject/native-sleep-and-grace.review")).Verdict);

        InjectionVerdict? CreateIn(string mode)
        {
            _indexes.Follow(new Change<Namespace>(ChangeType.Modified, Rec(mode), null));
            return Create(Recorded.Bytes("inject/native-sleep-and-grace.review")).Verdict;
        }
    }

    [Fact]
    public void A_delete_is_decided_from_what_informers_told()
    {
        _indexes.Follow(new Change<Namespace>(ChangeType.Added, Rec("intercept"), null));
        var pod = Views.PodJson("", ("app", "web"));

        Assert.Equal(Reason.NotSelected, Remove().Reason);

        _indexes.Services.Follow(new Change<Service>(ChangeType.Added, Views.Service(("app", "web")), null));
        _indexes.Budgets.Follow(new Change<PodDisruptionBudget>(ChangeType.Added, Views.Budget(1), null));

        Assert.Equal(Reason.DrainStarted, Remove().Reason);
        Assert.Single(Remove().Wake);

        _indexes.Follow(new Change<Namespace>(ChangeType.Modified, Rec("intercept", "\"2026-11-21T10:26:23Z\""), null));

        Assert.Equal(Reason.NamespaceTerminating, Remove().Reason);
        Assert.Equal(Reason.Unknown, _webhooks.Remove(Views.Evict(pod), null, null, null, Views.Now).Reason);

        Ruling Remove() => _webhooks.Remove(Views.Delete(pod), Views.Pod(pod), null, null, Views.Now);
    }

    private (JsonNode Answer, InjectionVerdict? Verdict) Create(byte[] review)
    {
        var created = _webhooks.Create(review, out var problem) ?? throw new InvalidOperationException(problem);
        return (JsonNode.Parse(created.Answer)!["response"]!, created.Verdict);
    }

    private static Namespace Rec(string mode, string deletion = "null") => Namespace.Resource.Parse(Encoding.UTF8.GetBytes(
        $$"""{"metadata": {"name": "rec", "deletionTimestamp": {{deletion}}, "annotations": {"prestop/mode": "{{mode}}"} } }"""));
}
