using System.Globalization;
using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;

namespace Prestopd.Tests.Controller.Model;

/// <summary>
/// What must never be, looked at after every change of the cluster. It knows the cluster, what the webhooks were asked and what the replicas sent, and nothing of how they decide.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="clock">The clock.</param>
/// <param name="schedule">What happens.</param>
/// <param name="faults">What goes wrong.</param>
internal sealed class Invariants(LoopbackCluster cluster, FakeClock clock, Schedule schedule, Faults faults)
{
    private const string Namespace = "rec";

    /// <summary>How long after its review a request is carried out at the latest.</summary>
    private static readonly TimeSpan Carried = TimeSpan.FromSeconds(0.2);

    /// <summary>How long a drain may go on after its end.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(10);

    /// <summary>How long after the last trouble everything has found back: informers wait that long after failures in a row.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(35);

    private static readonly string[] NeverHeldUp =
        ["system:kube-scheduler", "system:serviceaccount:kube-system:namespace-controller", "system:serviceaccount:kube-system:pod-garbage-collector"];

    /// <summary>
    /// How long a ReplicaSet counts with a pod that has got its labels back and loses them again at once: it may have another one deleted for it, and nobody can tell.
    /// </summary>
    private readonly TimeSpan _miscounted = TimeSpan.FromSeconds(schedule.IsCalm ? 1 : 15);

    /// <summary>How old may be what an eviction is decided with.</summary>
    private readonly TimeSpan _old = TimeSpan.FromSeconds(schedule.IsCalm ? 0.2 : 5);

    private readonly TimeSpan _skew = TimeSpan.FromSeconds(schedule.IsCalm ? 1 : Schedule.MostSkew + 1);
    private readonly Dictionary<string, JsonObject> _labels = [];
    private readonly Dictionary<string, TimeSpan> _left = [];
    private readonly Dictionary<string, TimeSpan> _disrupted = [];
    private readonly Dictionary<string, TimeSpan> _turned = [];
    private readonly HashSet<string> _deleted = [];
    private readonly HashSet<string> _tainted = [];
    private readonly List<Asked> _asked = [];
    private long _seen;
    private bool _mayBeAway = true;
    private TimeSpan _restoredAt = TimeSpan.MinValue;

    /// <summary>What was wrong first; null for nothing.</summary>
    public string? Violation { get; private set; }

    /// <summary>Pods whose drain has ended.</summary>
    public int Drained { get; private set; }

    /// <summary>Drains that were called off or given up.</summary>
    public int Restored { get; private set; }

    /// <summary>Is told all that happens, for who looks for the cause of a violation.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Whether a pod drains now.</summary>
    public bool AnyDraining => Pods.Any(pod => IsDraining(pod) && !pod.IsTerminating());

    private IEnumerable<JsonObject> Pods => cluster.Store.All(ApiKind.Pod, Namespace);

    /// <summary>From now on the Deployment of 1 has an endpoint.</summary>
    public void Begin() => _mayBeAway = false;

    /// <summary>Looks at what has changed.</summary>
    public void Look()
    {
        var (changes, upTo) = cluster.Store.Since(Math.Max(_seen, cluster.Store.Oldest));
        _seen = upTo;
        foreach (var change in changes!.Where(change => change.Subject.Namespace() == Namespace))
        {
            if (change.Kind == ApiKind.Pod)
            {
                Trace?.Invoke($"{clock.Now.TotalSeconds:0.000} {Words(change.Before)} => {Words(change.After)}");
                LookAtPod(change.Before, change.After);
            }
            else if (change.Kind == ApiKind.Budget && change is { Before: { } before, After: { } after })
            {
                LookAtBudget(before, after);
            }
        }
    }

    /// <summary>Looks at what time alone may make wrong.</summary>
    public void Tick()
    {
        foreach (var pod in Pods.Where(pod => IsDraining(pod) && !pod.IsTerminating()))
        {
            var end = Time(pod, ControllerNames.State.SurgeUntil) ?? Until(pod);
            var wellAgain = faults.LastAt == TimeSpan.MinValue ? TimeSpan.Zero : faults.LastAt + Recovery;
            var latest = (end > wellAgain ? end : wellAgain) + Late + _skew;
            Require(clock.Now <= latest, $"{pod.Name()} outlives its drain, which was to end at {end.TotalSeconds:0.0}");
        }
    }

    /// <summary>A node is tainted: its pods are to go, even if nobody asks any more.</summary>
    public void Tainted(string node) => _tainted.UnionWith(Pods.Where(pod => pod.Text("spec", "nodeName") == node && !pod.IsTerminating()).Select(pod => pod.Uid()));

    /// <summary>Looks at what is left in the end.</summary>
    public void End()
    {
        if (!schedule.Steps.Any(step => step.Kind is StepKind.Kill or StepKind.Cancel))
        {
            Require(!AnyLeft, "a pod stays on its node although a taint wants it gone");
        }
    }

    /// <summary>Whether a pod is there yet that is to go.</summary>
    public bool AnyLeft => Pods.Any(pod => _tainted.Contains(pod.Uid()) && !pod.IsTerminating());

    /// <summary>A review was answered.</summary>
    public void Answered(JsonNode request, JsonNode? response)
    {
        var asked = new Asked(request, clock.Now, isFailed: false);
        Add(asked, response);
        if (response.IsTrue("allowed"))
        {
            return;
        }

        var seconds = response.Number("status", "details", "retryAfterSeconds");
        var isEviction = request.Text("subResource") == "eviction";
        var isController = asked.User.StartsWith("system:", StringComparison.Ordinal);
        Require(seconds is null || !isEviction, "an evictor is told a time, and kubectl drain overruns its timeout");
        Require(seconds is null || !isController, $"a worker of {asked.User} is held");
        Require(seconds > 0 || isEviction || isController, $"{asked.User} is told no time, and fails at once");
        Require(response.Number("status", "code") == (isEviction || !isController ? 429 : 403), $"{asked.User} is answered {response.Number("status", "code")}");
    }

    /// <summary>A review was not answered: what it is about goes on.</summary>
    public void Failed(JsonNode request)
    {
        Add(new Asked(request, clock.Now, isFailed: true), null);
        faults.Happened();
    }

    /// <summary>A replica's request was carried out.</summary>
    public void Sent(HttpCall call, int status)
    {
        if (call.Method is not "GET")
        {
            Trace?.Invoke($"{clock.Now.TotalSeconds:0.000} {call.Method} {call.Target} {status} {call.Text}");
        }

        if (call.Method != "DELETE")
        {
            return;
        }

        var preconditions = JsonNode.Parse(call.Body).At("preconditions");
        Require(preconditions.Text("uid") is not null && preconditions.Text("resourceVersion") is not null, $"{call.Target} is deleted in whatever version");
        Require(status != 200 || _deleted.Add(preconditions.Text("uid")!), $"{call.Target} is deleted twice");
    }

    /// <summary>A person's kubectl has ended.</summary>
    public void Ended(JsonObject pod, int status)
    {
        Trace?.Invoke($"{clock.Now.TotalSeconds:0.000} kubectl delete {pod.Name()}: {status}");
        if (schedule.IsCalm && !schedule.Steps.Any(step => step.Kind is StepKind.Cancel or StepKind.Taint or StepKind.DeleteOwner or StepKind.Rollout or StepKind.Scale))
        {
            Require(status is 200 or 404, $"kubectl delete of {pod.Name()} gives up with {status}");
            Require(status is 200 || !_deleted.Contains(pod.Uid()), $"kubectl delete does not find {pod.Name()}, which was deleted before it came back");
        }
    }

    private static bool IsDraining(JsonNode pod) => pod.Labels().Text(ControllerNames.Draining) is not null && pod.At("metadata", "annotations").Text(ControllerNames.State.DrainUntil) is not null;

    private static bool IsServing(JsonObject pod) => pod.IsReady() && !pod.IsTerminating() && pod.Text("status", "phase") == "Running";

    private static string Words(JsonObject? pod) => pod is null ? "-"
        : $"{pod.Name()} v{pod.Version()} {(pod.IsReady() ? "ready" : "not ready")}{(pod.IsTerminating() ? " terminating" : "")} {pod.Labels()?.ToJsonString()} {pod.At("metadata", "annotations")?.ToJsonString()} of {pod.Controller().Text("name")}";

    private bool IsSelected(JsonObject pod) => Selecting(pod).Any();

    private IEnumerable<JsonObject> Selecting(JsonObject pod) => cluster.Store.All(ApiKind.Service, Namespace).Where(service => Selectors.Fits(new JsonObject { ["matchLabels"] = service.At("spec", "selector")?.DeepClone() }, pod.Labels()));

    private List<JsonObject> Covering(JsonObject pod) => [.. cluster.Store.All(ApiKind.Budget, Namespace).Where(budget => Selectors.Fits(budget.At("spec", "selector"), pod.Labels()))];

    private void LookAtPod(JsonObject? before, JsonObject? after)
    {
        if (before is null)
        {
            _labels[after!.Uid()] = after!.Labels()?.DeepClone().AsObject() ?? [];
            return;
        }

        if (!before.IsTerminating() && after?.IsTerminating() is not false)
        {
            LookAtEnd(before);
        }

        if (after is not null)
        {
            if (IsDraining(before) != IsDraining(after) || before.IsReady() != after.IsReady())
            {
                _turned[after.Uid()] = clock.Now;
            }

            LookAtLabels(before, after);
        }

        LookAtEndpoints();
    }

    private void LookAtLabels(JsonObject before, JsonObject after)
    {
        var kept = after.At("metadata", "annotations").Text(ControllerNames.State.Labels) is { } text ? JsonNode.Parse(text) : null;
        foreach (var (name, value) in _labels[after.Uid()])
        {
            Require((after.Labels().Text(name) ?? kept.Text(name)) == value.Text(), $"label {name} of {after.Name()} is lost");
            Require(IsDraining(after) || after.Labels().Text(name) is not null, $"{after.Name()} does not drain, and has not got its label {name} back");
        }

        if (IsDraining(before) && !IsDraining(after))
        {
            Restored++;
            _restoredAt = clock.Now;
        }

        if (IsSelected(after))
        {
            _left.Remove(after.Uid());
        }
        else if (IsSelected(before))
        {
            _left[after.Uid()] = clock.Now;
            Require(IsDraining(after), $"{after.Name()} leaves its Services and does not drain");
            Require(Until(after) >= clock.Now + Seconds(schedule.Drain) - _skew - Seconds(schedule.IsCalm ? 0 : 12), $"{after.Name()} is to drain until {Until(after).TotalSeconds:0.0} only");
            LookAtDisruption(before, after);
        }
        else if (IsServing(before) && !IsServing(after))
        {
            Disrupted(before);
        }
    }

    /// <summary>A pod leaves its Services. For an eviction its budget has to allow that.</summary>
    private void LookAtDisruption(JsonObject before, JsonObject after)
    {
        var covering = Covering(before);
        if (after.At("metadata", "annotations").Text(ControllerNames.State.AskedBy) == "eviction" && covering.Count > 0)
        {
            Require(covering.Count == 1, $"{after.Name()} is evicted although two budgets cover it");
            var budget = covering[0];
            Require(budget.At("status", "disruptedPods").Text(after.Name()) is not null, $"{after.Name()} is evicted, and its budget knows nothing of it");
            if (schedule.IsCalm && !(_disrupted.TryGetValue(budget.Name(), out var last) && clock.Now - last < Seconds(2)))
            {
                var healthy = Pods.Count(pod => IsServing(pod) && Selectors.Fits(budget.At("spec", "selector"), pod.Labels()));
                Require(healthy >= (budget.Number("status", "desiredHealthy") ?? 0), $"{after.Name()} is evicted, and {healthy} healthy pods are left");
            }
        }
        else
        {
            Disrupted(before);
        }
    }

    private void Disrupted(JsonObject pod)
    {
        foreach (var budget in Covering(pod))
        {
            _disrupted[budget.Name()] = clock.Now;
        }
    }

    private void LookAtBudget(JsonObject before, JsonObject after)
    {
        var (had, has) = (before.Number("status", "disruptionsAllowed") ?? 0, after.Number("status", "disruptionsAllowed") ?? 0);
        var added = (after.At("status", "disruptedPods") as JsonObject ?? []).Count(entry => before.At("status", "disruptedPods").Text(entry.Key) is null);
        Require(added == 0 || (had >= added && has == had - added), $"budget {after.Name()} is overdrawn: {had} allowed, then {has}, and {added} more pods are disrupted");
    }

    /// <summary>A pod that did not terminate before begins to.</summary>
    private void LookAtEnd(JsonObject pod)
    {
        Disrupted(pod);
        Drained += IsDraining(pod) ? 1 : 0;
        var asked = _asked.Where(each => each.Name == pod.Name() && clock.Now - each.At <= Carried).ToList();
        if (cluster.Store.Find(ApiKind.Namespace, "", Namespace)?.IsTerminating() is not false
            || pod.At("metadata", "annotations").Text(ControllerNames.Wishes.Mode) == "off"
            || (asked.Exists(each => each.IsEviction) && _turned.TryGetValue(pod.Uid(), out var turned) && clock.Now - turned < _old)
            || asked.Exists(each => each.IsFailed || each.IsForced || NeverHeldUp.Contains(each.User) || each.User.StartsWith("system:node:", StringComparison.Ordinal)))
        {
            _mayBeAway = true;
            return;
        }

        var by = string.Join(", ", asked.Select(each => each.User));
        if (IsServing(pod) && IsSelected(pod))
        {
            var isOfJob = pod.Controller().Text("kind") == "Job" && Selecting(pod).Any(service => (service.At("spec", "selector") as JsonObject)!.All(label => label.Key.Contains("job-name", StringComparison.Ordinal)));
            Require(isOfJob, $"{pod.Name()} serves, and is ended by {by}");
        }
        else if (IsDraining(pod))
        {
            Require(clock.Now + _skew >= Until(pod), $"{pod.Name()} is ended by {by} before its drain has ended");
            Require(!schedule.IsCalm || !_left.TryGetValue(pod.Uid(), out var left) || clock.Now >= left + Seconds(schedule.Drain - 1), $"{pod.Name()} is ended by {by} too soon after it left its Services");
        }
    }

    private void LookAtEndpoints()
    {
        if (!schedule.IsSurging)
        {
            return;
        }

        var endpoints = Pods.Count(pod => IsServing(pod) && IsSelected(pod));
        if (endpoints > 0)
        {
            _mayBeAway = false;
        }

        _mayBeAway |= endpoints == 0 && _restoredAt != TimeSpan.MinValue && clock.Now - _restoredAt < _miscounted;
        Require(endpoints > 0 || _mayBeAway, "there is no ready endpoint");
    }

    private void Add(Asked asked, JsonNode? response)
    {
        Trace?.Invoke($"{clock.Now.TotalSeconds:0.000} {asked.User} about {asked.Name}: {(asked.IsFailed ? "no answer" : response?.ToJsonString())}");
        _asked.RemoveAll(each => clock.Now - each.At > Carried);
        _asked.Add(asked);
    }

    private TimeSpan Until(JsonObject pod) => Time(pod, ControllerNames.State.DrainUntil)!.Value;

    /// <summary>A time that stands on a pod, by the clock of this test.</summary>
    private TimeSpan? Time(JsonObject pod, string annotation) => pod.At("metadata", "annotations").Text(annotation) is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) - (clock.GetUtcNow() - clock.Now)
        : null;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private void Require(bool holds, string what)
    {
        if (!holds && Violation is null)
        {
            Violation = string.Create(CultureInfo.InvariantCulture, $"after {clock.Now.TotalSeconds:0.000} s: {what}");
            Trace?.Invoke(Violation);
        }
    }

    private sealed class Asked(JsonNode request, TimeSpan at, bool isFailed)
    {
        public TimeSpan At => at;

        public bool IsFailed => isFailed;

        public string Name { get; } = request.Text("name") ?? request["oldObject"]!.Name();

        public string User { get; } = request.Text("userInfo", "username")!;

        public bool IsEviction { get; } = request.Text("subResource") == "eviction";

        public bool IsForced { get; } = (request.Number("options", "gracePeriodSeconds") ?? request.Number("object", "deleteOptions", "gracePeriodSeconds")) == 0;
    }
}
