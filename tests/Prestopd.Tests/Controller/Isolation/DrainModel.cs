using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Isolation;
using static Prestopd.Tests.Controller.Isolation.Views;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>
/// A Deployment behind a Service and a budget, people and controllers who want its pods gone, and two replicas of the controller with views that are old and
/// clocks that differ, in steps of half a second. The API server keeps its rules: versions, budgets, reviews that are repeated.
/// </summary>
/// <param name="random">Decides what happens.</param>
/// <param name="replicas">How many pods the Deployment wants.</param>
/// <param name="asked">Who is about.</param>
internal sealed class DrainModel(Random random, int replicas, DrainModel.Askers asked)
{
    private const int MinAvailable = 1;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.5);
    private static readonly string[] Controllers = ["replicaset-controller", "generic-garbage-collector", "node-controller"];

    private readonly Dictionary<string, ModelPod> _pods = [];
    private readonly HashSet<string> _deletedByUs = [];
    private readonly List<Client> _clients = [];
    private readonly Service _service = Service(("app", "web"));
    private readonly TimeSpan[] _skew = [TimeSpan.Zero, TimeSpan.FromSeconds(random.NextDouble() * 2)];
    private int _made;
    private (int Version, int Allowed, HashSet<string> Disrupted) _budget = (1, 0, []);

    /// <summary>Who wants pods gone.</summary>
    public enum Askers
    {
        /// <summary>People, evictors, controllers, and people who call drains off.</summary>
        All,

        /// <summary>Those for whom a replacement is made first: people, evictors, taints.</summary>
        Surging,

        /// <summary>Evictors, who have to keep to the budget.</summary>
        Evictors,
    }

    public DateTimeOffset Now { get; private set; } = Views.Now;

    /// <summary>Pods of the Service that are ready.</summary>
    public int Endpoints => _pods.Values.Count(pod => pod.Json["metadata"]!["labels"]!["app"] is not null && pod.Pod.IsReady && !pod.IsTerminating);

    public int Drained { get; private set; }

    public int Cancelled { get; private set; }

    /// <summary>Lets time pass; what must not be is an exception.</summary>
    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++, Now += Step)
        {
            Kubernetes();
            if (step is > 20 and < 140 && random.Next(12) == 0)
            {
                Begin();
            }

            foreach (var client in _clients.Where(client => client.At <= Now).ToList())
            {
                Ask(client);
            }

            // One replica may be away, never both.
            for (var replica = random.Next(2); replica < 2; replica++)
            {
                Course(replica);
            }

            foreach (var (name, pod) in _pods)
            {
                Require(
                    pod.IsTerminating || DrainState.Of(pod.Pod) is not { SurgeUntil: null } drain || Now <= drain.Until.AddSeconds(10),
                    $"{name} outlives its drain");
            }

            if (asked is not Askers.All && step > 20)
            {
                Require(Endpoints >= 1, "there is no ready endpoint");
            }
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{what}, at {Now:T}");
        }
    }

    /// <summary>The ReplicaSet controller, the kubelets and the disruption controller.</summary>
    private void Kubernetes()
    {
        foreach (var pod in _pods.Values.ToList())
        {
            if (pod.IsTerminating && pod.GoneAt <= Now)
            {
                _pods.Remove(pod.Name);
            }
            else if (pod.ReadyAt <= Now && !pod.Pod.IsReady)
            {
                pod.Change(json => json["status"]!["conditions"]![0]!["status"] = "True");
            }
            else if (pod.Json["metadata"]!["labels"]!["pod-template-hash"] is null == pod.Json["metadata"]!["ownerReferences"] is not null && random.Next(2) == 0)
            {
                pod.Change(json =>
                {
                    if (json["metadata"]!["labels"]!["pod-template-hash"] is null)
                    {
                        json["metadata"]!.AsObject().Remove("ownerReferences");
                    }
                    else
                    {
                        json["metadata"]!["ownerReferences"] = OfDeployment()["metadata"]!["ownerReferences"]!.DeepClone();
                    }
                });
            }
        }

        var owned = _pods.Values.Where(pod => pod.Pod.Controller is not null && !pod.IsTerminating).ToList();
        if (owned.Count < replicas)
        {
            var made = new ModelPod($"web-{++_made}", Now.AddSeconds(1 + random.Next(8)));
            _pods.Add(made.Name, made);
        }
        else if (owned.Count > replicas && asked is Askers.All)
        {
            // A pod that came back is one too many: the youngest goes, which nobody sends anything yet or which is drained.
            var youngest = owned[^1];
            if (!_clients.Exists(client => client.Pod == youngest.Name))
            {
                _clients.Add(new Client(youngest.Name, "replicaset-controller", Now));
            }
        }

        if (random.Next(3) > 0)
        {
            var covered = _pods.Values.Where(pod => pod.Json["metadata"]!["labels"]!["app"] is not null).ToList();
            var disrupted = _budget.Disrupted.Where(name => covered.Exists(pod => pod.Name == name && !pod.IsTerminating)).ToHashSet();
            var allowed = Math.Max(0, covered.Count(pod => pod.Pod.IsReady && !pod.IsTerminating && !disrupted.Contains(pod.Name)) - MinAvailable);
            if (allowed != _budget.Allowed || !disrupted.SetEquals(_budget.Disrupted))
            {
                _budget = (_budget.Version + 1, allowed, disrupted);
            }
        }
    }

    private void Begin()
    {
        var serving = _pods.Values.Where(pod => !pod.IsTerminating).ToList();
        if (serving.Count == 0)
        {
            return;
        }

        var name = serving[random.Next(serving.Count)].Name;
        var who = (asked, random.Next(5)) switch
        {
            (Askers.Evictors, _) or (_, 2) => "evict",
            (_, 0 or 1) => "admin",
            (Askers.Surging, _) => "node-controller",
            _ => Controllers[random.Next(Controllers.Length)],
        };
        _clients.Add(new Client(name, who, Now));
        if (asked is Askers.All && random.Next(3) == 0 && DrainState.Of(_pods[name].Pod) is not null)
        {
            _pods[name].Change(json => json["metadata"]!["annotations"]![ControllerNames.Wishes.Cancel] = "true");

            // Who calls a drain off does not wait for its end.
            _clients.RemoveAll(client => client.Pod == name && client.User == "admin");
        }
    }

    private void Ask(Client client)
    {
        _clients.Remove(client);
        if (!_pods.TryGetValue(client.Pod, out var pod))
        {
            Require(client.User != "admin" || client.Tries == 0 || !_deletedByUs.Contains(client.Pod), $"{client.Pod} is not found when its client comes back");
            return;
        }

        var denial = Review(client, pod);
        if (denial is null)
        {
            if (client.User == "evict" && pod.Pod.Labels.ContainsKey("app") && !pod.IsTerminating)
            {
                if (_budget.Allowed == 0)
                {
                    _clients.Add(client with { At = Now.AddSeconds(5), Tries = client.Tries + 1 });
                    return;
                }

                _budget = (_budget.Version + 1, _budget.Allowed - 1, [.. _budget.Disrupted, pod.Name]);
            }

            Terminate(pod, client.User);
        }
        else if (client.User == "admin")
        {
            Require(client.Tries < 10, $"{client.Pod}'s client gives up");
            _clients.Add(client with { At = Now.AddSeconds(denial.RetryAfterSeconds!.Value + 0.05), Tries = client.Tries + 1 });
        }
        else if (client.User == "evict" || client.Tries < 5)
        {
            Require(denial.RetryAfterSeconds is null, "a controller's worker is held");
            _clients.Add(client with { At = Now.AddSeconds(client.User == "evict" ? 5 : 1 << client.Tries), Tries = client.Tries + 1 });
        }
    }

    /// <summary>One request: as many reviews as the API server makes of it, each decided by one of the replicas.</summary>
    private Denial? Review(Client client, ModelPod pod)
    {
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var replica = random.Next(2);
            var isEviction = client.User == "evict";

            // An eviction's pod comes from the replica's own copy, which may be old: what would let it go is decided with a new one.
            var user = client.User is "admin" or "evict" ? "admin" : $"system:serviceaccount:kube-system:{client.User}";
            var seen = isEviction && attempt == 0 ? pod.SeenBy(random) : pod.Json;
            var ruling = Decide();
            if (ruling.Denial is null && seen != pod.Json)
            {
                seen = pod.Json;
                ruling = Decide();
            }

            Ruling Decide() => Rules.Decide(isEviction ? Evict(seen) : Delete(seen, user), InView(seen), Now + _skew[replica]);
            if ((ruling.Reserve is null || Reserve(ruling.Reserve, pod.Name)) && (ruling.Patch is null || pod.Patch(ruling.Patch)))
            {
                if (ruling.Patch is null || isEviction)
                {
                    return ruling.Denial;
                }
            }
        }

        return Denial.AskAgain("busy", 1) is var busy && client.User == "admin" ? busy : Denial.Later("busy");
    }

    private PodInView InView(JsonNode pod) => View(pod) with
    {
        Services = pod["metadata"]!["labels"]!["app"] is null ? [] : [_service],
        Budgets = pod["metadata"]!["labels"]!["app"] is null ? [] : [Budget(_budget.Allowed, version: _budget.Version, disrupted: _budget.Disrupted)],
    };

    private bool Reserve(PodDisruptionBudget budget, string pod)
    {
        if (budget.Metadata.ResourceVersion != $"{_budget.Version}")
        {
            return false;
        }

        if (budget.DisruptedPods.Contains(pod))
        {
            return true;
        }

        Require(budget.DisruptionsAllowed > 0, "a disruption is reserved that is not there");
        _budget = (_budget.Version + 1, budget.DisruptionsAllowed - 1, [.. _budget.Disrupted, pod]);
        return true;
    }

    private void Course(int replica)
    {
        foreach (var pod in _pods.Values.ToList())
        {
            var seen = pod.SeenBy(random);
            if (seen["metadata"]!["labels"]![ControllerNames.Draining] is null)
            {
                continue;
            }

            var now = Now + _skew[replica];
            var isWhole = _pods.Values.Count(each => !each.IsTerminating && DrainCourse.IsReplacement("o1", each.Pod)) >= replicas;
            switch (DrainCourse.Next(InView(seen), isWhole, now))
            {
                case DrainStep.TakeOff take when take.Reserve is null || Reserve(take.Reserve, pod.Name):
                    pod.Patch(take.Patch);
                    break;
                case DrainStep.Restore restore when pod.Patch(restore.Patch):
                    Cancelled++;
                    Require(pod.Pod.Labels.Count == 2 && pod.Pod.Labels["app"] == "web" && pod.Pod.Labels["pod-template-hash"] == "5d8c", "labels are lost");
                    break;
                case DrainStep.Delete delete when !pod.IsTerminating && delete.Options.ResourceVersion == pod.Pod.Metadata.ResourceVersion:
                    Require(delete.Options.Uid == pod.Pod.Metadata.Uid, "another pod is deleted");
                    _deletedByUs.Add(pod.Name);
                    Terminate(pod, "ourselves");
                    break;
                default:
                    break;
            }
        }
    }

    private void Terminate(ModelPod pod, string by)
    {
        var drain = DrainState.Of(pod.Pod);
        var isServing = pod.Pod.IsReady && pod.Pod.Labels.ContainsKey("app");
        Require(!isServing || pod.IsTerminating, $"{pod.Name} serves and is ended by {by}");
        Require(drain is null || Now + _skew[1] >= drain.Until, $"{pod.Name} is ended by {by} before {drain?.Until:T}");
        if (!pod.IsTerminating)
        {
            Drained += drain is null ? 0 : 1;
            pod.Terminate(Now.AddSeconds(1 + random.Next(3)));
        }
    }

    private sealed record Client(string Pod, string User, DateTimeOffset At, int Tries = 0);

    private sealed class ModelPod
    {
        private readonly List<JsonNode> _versions = [];

        public ModelPod(string name, DateTimeOffset readyAt)
        {
            var json = OfDeployment();
            json["metadata"]!["name"] = name;
            json["metadata"]!["uid"] = $"uid-of-{name}";
            json["status"]!["conditions"]![0]!["status"] = "False";
            (Name, ReadyAt) = (name, readyAt);
            Keep(json);
        }

        public string Name { get; }

        public DateTimeOffset ReadyAt { get; }

        public DateTimeOffset GoneAt { get; private set; } = DateTimeOffset.MaxValue;

        public bool IsTerminating => GoneAt < DateTimeOffset.MaxValue;

        public JsonNode Json => _versions[^1];

        public Pod Pod { get; private set; } = null!;

        /// <summary>The pod as somebody's copy has it: now, or a change or two ago.</summary>
        public JsonNode SeenBy(Random random) => _versions[^Math.Min(_versions.Count, 1 + (random.Next(4) == 0 ? random.Next(3) : 0))];

        public bool Patch(JsonObject patch)
        {
            if ((string)patch["metadata"]!["resourceVersion"]! != (string)Json["metadata"]!["resourceVersion"]!)
            {
                return false;
            }

            Keep(Patched(Json, patch));
            return true;
        }

        public void Change(Action<JsonNode> change)
        {
            var json = Json.DeepClone();
            change(json);
            Keep(Patched(json, []));
        }

        public void Terminate(DateTimeOffset goneAt)
        {
            GoneAt = goneAt;
            Change(json => json["metadata"]!["deletionTimestamp"] = DrainState.Text(goneAt));
        }

        private void Keep(JsonNode json)
        {
            _versions.Add(json);
            Pod = Views.Pod(json);
        }
    }
}
