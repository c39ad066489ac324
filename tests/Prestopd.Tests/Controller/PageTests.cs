using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Prestop.Kubeconfig;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;
using Xunit;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller;

/// <summary>What <c>docs/controller.md</c> says of decisions and names, against the decisions and names.</summary>
public sealed partial class PageTests
{
    private const string ReplicaSetController = "system:serviceaccount:kube-system:replicaset-controller";

    private static readonly string[] Rows = File.ReadAllLines(Repository.PathTo("docs", "controller.md"));

    public static TheoryData<string> Reasons => [.. Enum.GetNames<Reason>()];

    /// <summary>Nothing is decided of a pod, it was told before, or there is nowhere to tell it: a namespace that ends takes no new events.</summary>
    private static readonly Reason[] WithoutEvent =
    [
        Reason.NotAsked, Reason.DryRun, Reason.Forced, Reason.Unknown, Reason.OtherPod, Reason.Terminating, Reason.NamespaceTerminating, Reason.OptedOut, Reason.Draining,
        Reason.Surging,
    ];

    /// <summary>The case of each row is brought about for a person's delete, an eviction and a controller's delete, and answered as the row says.</summary>
    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_reason_has_its_row_with_its_answers(string name)
    {
        var reason = Enum.Parse<Reason>(name);
        var cells = Row(name);
        Asker[] askers = [new(IsEviction: false, "admin"), new(IsEviction: true, "admin"), new(IsEviction: false, reason is Reason.SurgeStarted ? "system:serviceaccount:kube-system:node-controller" : ReplicaSetController)];

        Assert.Equal(askers.Select(asker => Cell(Bring(reason, asker), reason)), cells[2..]);
        Assert.All(askers.Select(asker => Bring(reason, asker)).Where(ruling => ruling.Reason == reason), ruling => Assert.Equal(WithoutEvent.Contains(reason), ruling.Note is null));
    }

    [Fact]
    public void The_table_has_no_other_reasons() => Assert.Equal(
        Enum.GetNames<Reason>().Order(), Rows.Select(row => ReasonRow().Match(row)).Where(match => match.Success).Select(match => match.Groups[1].Value).Order());

    [Fact]
    public void A_verdict_has_its_row() => Assert.All(Enum.GetValues<InjectionVerdict>(), verdict => Assert.Equal(
        verdict is InjectionVerdict.Injected ? "yes" : "no", Rows.Select(Cells).Single(cells => cells is [var own, _, _] && own == $"`{verdict}`")[2]));

    [Fact]
    public void An_annotation_and_a_label_has_its_row()
    {
        string[] names =
        [
            ControllerNames.Wishes.Mode, ControllerNames.Wishes.Drain, ControllerNames.Wishes.Surge, ControllerNames.Wishes.Cancel, ControllerNames.Draining, .. ControllerNames.State.OfDrain,
            ControllerNames.State.SurgeFailed, ControllerNames.GraceBefore, ControllerNames.Woken,
        ];

        Assert.Equal(names.Order(), Rows.Select(row => NameRow().Match(row)).Where(match => match.Success).Select(match => match.Groups[1].Value).Order());
    }

    /// <summary>The example shows the hook and the grace period that the chart's defaults give to its pods.</summary>
    [Fact]
    public void The_example_shows_the_hook_that_its_pods_get()
    {
        var documents = YamlDocuments.Read(File.ReadAllText(Repository.PathTo("examples", "no-hook", "inject.yaml")), out _)!;
        var pod = documents[0]["spec"]!["template"]!;
        var service = Prestop.Kubernetes.Objects.Service.Resource.Parse(Encoding.UTF8.GetBytes(documents[1].ToJsonString()));
        var hooks = new HookSettings(HookDelivery.ImageVolume, "registry.example/prestop:0.1.0", null);
        using var document = JsonDocument.Parse(pod.ToJsonString());

        var injected = HookInjection.Decide(document.RootElement, new DrainPolicy(DrainMode.Inject, TimeSpan.FromSeconds(30), SurgeWish.Unsaid), hooks, [service]);

        var spec = PatchedJson.Apply(pod, injected.Patch!.ToArray())["spec"]!;
        var shown = spec["containers"]![0]!["lifecycle"]!.ToJsonString();
        Assert.Contains($"\n{shown}\n", File.ReadAllText(Repository.PathTo("examples", "no-hook", "README.md")), StringComparison.Ordinal);
        Assert.Contains($"\n{spec["terminationGracePeriodSeconds"]}\n", File.ReadAllText(Repository.PathTo("examples", "no-hook", "README.md")), StringComparison.Ordinal);
    }

    private static string[] Row(string reason) => Cells(Rows.Single(row => row.StartsWith($"| `{reason}` | ", StringComparison.Ordinal) && Cells(row).Length == 5));

    private static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static string Cell(Ruling ruling, Reason reason) => ruling.Reason != reason ? "–" : ruling.Denial switch
    {
        null => "allowed",
        { RetryAfterSeconds: not null } denial => $"{denial.Code} + time",
        var denial => $"{denial.Code}",
    };

    private static Ruling Bring(Reason reason, Asker asker)
    {
        var pod = OfDeployment();
        var view = View(pod);
        var noSurge = view with { Policy = Policy with { Surge = SurgeWish.Off } };
        return reason switch
        {
            Reason.NotAsked => Rules.Decide((asker with { User = Ourselves }).Review(), view, Now),
            Reason.DryRun => Rules.Decide(asker.Review(options: """{"dryRun": ["All"]}"""), view, Now),
            Reason.Forced => Rules.Decide(asker.Review(options: """{"gracePeriodSeconds": 0}"""), view, Now),
            Reason.Unknown => Rules.Decide(asker.Review(), null, Now),
            Reason.OtherPod => Rules.Decide(asker.Review(options: """{"preconditions": {"uid": "other"}}"""), view, Now),
            Reason.Terminating => Rules.Decide(asker.Review(), View(With(pod, "metadata", "deletionTimestamp", "2026-11-21T10:00:00Z")), Now),
            Reason.Exempt => Rules.Decide((asker with { User = "system:kube-scheduler" }).Review(), view, Now),
            Reason.NamespaceTerminating => Rules.Decide(asker.Review(), view with { IsNamespaceTerminating = true }, Now),
            Reason.OptedOut => Rules.Decide(asker.Review(), view with { Policy = Policy with { Mode = DrainMode.Inject } }, Now),
            Reason.Drained => Rules.Decide(asker.Review(), Begun(noSurge), Now + Drain),
            Reason.Draining => Rules.Decide(asker.Review(), Begun(noSurge), Now),
            Reason.Surging => Rules.Decide(asker.Review(), Begun(view), Now),
            Reason.NotReady => Rules.Decide(asker.Review(), View(With(pod, "status", "phase", "Pending")), Now),
            Reason.NotSelected => Rules.Decide(asker.Review(), view with { Services = [] }, Now),
            Reason.NotExposed => Rules.Decide(asker.Review(), view with { IsExposed = false }, Now),
            Reason.NotIsolable => Rules.Decide(asker.Review(), View(PodJson("Job", ("job-name", "load"))) with { Services = [Service(("job-name", "load"))] }, Now),
            Reason.SeveralBudgets => Rules.Decide(asker.Review(), noSurge with { Budgets = [Budget(1), Budget(1, name: "other")] }, Now),
            Reason.BudgetPending => Rules.Decide(asker.Review(), noSurge with { Budgets = [Budget(1, isCurrent: false)] }, Now),
            Reason.BudgetSpent => Rules.Decide(asker.Review(), noSurge with { Budgets = [Budget(0)] }, Now),
            Reason.SurgeStarted => Rules.Decide(asker.Review(), view, Now),
            Reason.DrainStarted => Rules.Decide(asker.Review(), noSurge, Now),
            Reason.Busy => Rules.Busy(asker.Review(), view.Pod, "it changed meanwhile"),
            Reason.Failed => new Ruling(Reason.Failed) { Note = "rights are missing" },
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "has no case here"),
        };
    }

    /// <summary>The same pod after a person's delete was answered.</summary>
    private static PodInView Begun(PodInView view) =>
        view with { Pod = Pod(Patched(OfDeployment(), Rules.Decide(new Asker(IsEviction: false, "admin").Review(), view, Now).Patch!)) };

    private static JsonNode With(JsonNode pod, string part, string field, string value)
    {
        pod[part]![field] = value;
        return pod;
    }

    private sealed record Asker(bool IsEviction, string User)
    {
        public AdmissionRequest Review(string options = "{}")
        {
            var request = new JsonObject
            {
                ["uid"] = "r1",
                ["operation"] = IsEviction ? "CREATE" : "DELETE",
                ["namespace"] = "rec",
                ["name"] = "web-1",
                ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
                ["userInfo"] = new JsonObject { ["username"] = User },
            };
            if (IsEviction)
            {
                request["subResource"] = "eviction";
                request["object"] = new JsonObject { ["deleteOptions"] = JsonNode.Parse(options) };
            }
            else
            {
                (request["options"], request["oldObject"]) = (JsonNode.Parse(options), OfDeployment());
            }

            var review = new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = request };
            return AdmissionRequest.Read(Encoding.UTF8.GetBytes(review.ToJsonString()), out var problem) ?? throw new InvalidOperationException(problem);
        }
    }

    [GeneratedRegex(@"^\| `([A-Za-z]+)` \|[^|]*\|[^|]*\|[^|]*\|[^|]*\|$")]
    private static partial Regex ReasonRow();

    [GeneratedRegex(@"^\| `(prestop/[a-z-]+)` \|")]
    private static partial Regex NameRow();
}
