using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestop.Testing.Cluster.ControlPlane;

namespace Prestopd.Tests.Controller.Model;

/// <summary>
/// A cluster on fake time: an API server that keeps the real one's rules, the controllers, the scheduler and the kubelets as they were recorded, people with kubectl, and two whole replicas
/// of the controller.
/// </summary>
internal sealed class ClusterModel : IAsyncDisposable
{
    private const string Namespace = "rec";
    private const int Replicas = 2;

    /// <summary>When the workloads are there.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(12);

    /// <summary>How long a replica tries to begin what a taint wants.</summary>
    private static readonly TimeSpan LongestTaint = TimeSpan.FromMinutes(2);

    private static readonly ApiUser Person = new("alice", "system:authenticated");

    private readonly CancellationTokenSource _stop = new();
    private readonly FakeClock _clock = new();
    private readonly Schedule _schedule;
    private readonly Random _random;
    private readonly Faults _faults;
    private readonly LoopbackCluster _cluster;
    private readonly List<ModelReplica> _replicas = [];

    /// <param name="schedule">What happens.</param>
    /// <param name="trace">Is told all that happens; null: nobody.</param>
    public ClusterModel(Schedule schedule, Action<string>? trace = null)
    {
        _schedule = schedule;
        _random = new Random(schedule.Seed);
        _faults = new Faults(_clock, _random);
        _cluster = new LoopbackCluster(_clock, CallAsync);
        Invariants = new Invariants(_cluster, _clock, schedule, _faults) { Trace = trace };
    }

    public Invariants Invariants { get; }

    /// <summary>Lets it all happen.</summary>
    /// <returns>What was wrong; null for nothing.</returns>
    public string? Run() => _clock.Run(async () =>
    {
        Prepare();
        var controllers = new Controllers(_cluster, new NodeSettings { EndsAfter = TimeSpan.FromSeconds(0.1 + (_random.NextDouble() * 2)) });
        for (var each = 0; each < Replicas; each++)
        {
            Start();
        }

        _cluster.Store.Changed += Invariants.Look;
        await Task.Delay(Settled, _clock);
        Invariants.Begin();
        foreach (var step in _schedule.Steps)
        {
            _ = TakeAsync(step);
        }

        var end = _clock.Now + TimeSpan.FromSeconds(_schedule.Steps[^1].At + 10);
        while (Invariants.Violation is null && (_clock.Now < end || Invariants.AnyDraining || (Invariants.AnyLeft && _clock.Now < end + LongestTaint)))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _clock);
            if (!_replicas.Exists(replica => replica.IsReady))
            {
                _faults.Happened();
            }

            Invariants.Tick();
        }

        Invariants.End();

        // On this thread: the clock knows no other.
#pragma warning disable CA1849
        _stop.Cancel();
#pragma warning restore CA1849
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await controllers.DisposeAsync();
        return Invariants.Violation;
    });

    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return _cluster.DisposeAsync();
    }

    private void Prepare()
    {
        _cluster.Put($$"""{"kind": "Namespace", "metadata": {"name": "rec", "annotations": {"prestop/drain": "{{_schedule.Drain}}s"} } }""");
        foreach (var node in (string[])["node-1", "node-2", "node-3"])
        {
            _cluster.Put($$"""{"kind": "Node", "metadata": {"name": "{{node}}"} }""");
        }

        _cluster.Put("""
            {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "prestop"}, "webhooks": [{"name": "remove.pods.prestop.example", "failurePolicy": "Ignore", "timeoutSeconds": 5,
              "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "/validate/pods"} },
              "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/eviction"]},
                        {"operations": ["DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}] }]}
            """);
        foreach (var (index, workload) in _schedule.Workloads.Index())
        {
            Put($"w{index}", workload);
        }
    }

    private void Put(string name, ModelWorkload workload)
    {
        var selector = workload.Selects == "role" && workload.Kind == "Job" ? $$"""{"job-name": "{{name}}"}""" : $$"""{"{{workload.Selects}}": "{{name}}"}""";
        _cluster.Put($$"""{"kind": "Service", "metadata": {"name": "{{name}}", "namespace": "rec"}, "spec": {"selector": {{selector}} } }""");
        foreach (var (index, limit) in workload.Budgets.Index())
        {
            _cluster.Put($$"""{"kind": "PodDisruptionBudget", "metadata": {"name": "{{name}}-{{index}}", "namespace": "rec"}, "spec": {"selector": {"matchLabels": {"app": "{{name}}"} }, {{limit}} } }""");
        }

        var metadata = $$"""{"labels": {"app": "{{name}}", "role": "{{name}}"}, "annotations": {{workload.Annotations}} }""";
        if (workload.Kind == "Pod")
        {
            for (var each = 0; each < workload.Replicas; each++)
            {
                _cluster.Put(PatchedJson.Merge(
                    JsonNode.Parse($$"""{"kind": "Pod", "metadata": {{metadata}}, "spec": {"containers": [{"name": "app"}]} }"""),
                    JsonNode.Parse($$"""{"metadata": {"name": "{{name}}-{{each}}", "namespace": "rec"} }"""))!.ToJsonString());
            }

            return;
        }

        var own = workload.Kind == "Job" ? $"\"parallelism\": {workload.Replicas}, \"completions\": {workload.Replicas}"
            : $"\"replicas\": {workload.Replicas}, \"selector\": {{\"matchLabels\": {{\"app\": \"{name}\"}} }}";
        _cluster.Put($$"""
            {"kind": "{{workload.Kind}}", "metadata": {"name": "{{name}}", "namespace": "rec"}, "spec": { {{own}}, "template": {"metadata": {{metadata}}, "spec": {"containers": [{"name": "app"}]} } } }
            """);
    }

    private void Start()
    {
        var replica = new ModelReplica(_clock, _cluster, _faults, _random);
        replica.Handler.Seen = Invariants.Sent;
        _replicas.Add(replica);
    }

    /// <summary>The API server's call of the webhook.</summary>
    private async Task<byte[]> CallAsync(WebhookCall call, CancellationToken cancellation)
    {
        var request = JsonNode.Parse(call.Body).At("request")!;
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1 + _random.Next(40)), _clock, cancellation);
            var ready = _replicas.Where(replica => replica.IsReady).ToList();
            var answer = ready.Count > 0 ? await ready[_random.Next(ready.Count)].ReviewAsync(call, cancellation) : throw new HttpRequestException("connection refused");
            Invariants.Answered(request, JsonNode.Parse(answer).At("response"));
            return answer;
        }
        catch (Exception thrown) when (thrown is HttpRequestException or OperationCanceledException)
        {
            Invariants.Failed(request);
            throw;
        }
    }

    private async Task TakeAsync(Step step)
    {
        await Task.Delay(TimeSpan.FromSeconds(step.At), _clock);
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        Invariants.Trace?.Invoke($"{_clock.Now.TotalSeconds:0.000} {step}");
        try
        {
            await DoAsync(step);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private Task DoAsync(Step step) => step.Kind switch
    {
        StepKind.Delete => ForPod(step, pod => DeleteAsync(pod, """{"propagationPolicy": "Background"}""")),
        StepKind.Force => ForPod(step, pod => DeleteAsync(pod, """{"gracePeriodSeconds": 0}""")),
        StepKind.DryRun => ForPod(step, AskAsync),
        StepKind.Evict => ForPod(step, EvictAsync),
        StepKind.Drain => DrainAsync(NodeOf(step)),
        StepKind.Taint => Now(() => Taint(NodeOf(step))),
        StepKind.Rollout => ForWorkload(step, new JsonObject { ["spec"] = new JsonObject { ["template"] = JsonNode.Parse($$"""{"metadata": {"annotations": {"restarted": "{{step.At}}"} } }""") } }),
        StepKind.Scale => ForWorkload(step, JsonFields.Object($$"""{"spec": {"replicas": {{(int)(step.Amount * 4)}}, "suspend": true} }""")),
        StepKind.DeleteOwner => ForWorkload(step, null),
        StepKind.Preempt => Now(Preempt),
        StepKind.Unready => ForPod(step, pod => UnreadyAsync(pod, step.Amount * 10)),
        StepKind.Cancel => Now(() => Cancel(step.Which)),
        StepKind.DeleteNamespace => _cluster.SendAsync(ApiUser.Admin, "DELETE", "/api/v1/namespaces/rec"),
        StepKind.Kill => _replicas.Count == 0 ? Task.CompletedTask : KillAsync(step.Which),
        StepKind.Start => Now(StartMissing),
        StepKind.SetClock => Now(() => SetClock(step)),
        _ => Now(() => _faults.Begin(step.Fault, 0.2 + (step.Which / 125.0), TimeSpan.FromSeconds(step.Amount))),
    };

    private static Task Now(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private Task ForPod(Step step, Func<JsonObject, Task> act)
    {
        var pods = _cluster.Store.All(ApiKind.Pod, Namespace).Where(pod => !pod.IsTerminating()).ToList();
        return pods.Count == 0 ? Task.CompletedTask : act(pods[step.Which % pods.Count]);
    }

    private async Task ForWorkload(Step step, JsonObject? patch)
    {
        var (index, workload) = _schedule.Workloads.Index().ElementAt(step.Which % _schedule.Workloads.Count);
        if (ApiKind.BuiltIn.FirstOrDefault(kind => kind.Kind == workload.Kind && kind != ApiKind.Pod) is not { } kind || (kind == ApiKind.Job && step.Kind is StepKind.Rollout))
        {
            return;
        }

        await new ClusterClient(_cluster, ApiUser.Admin).SendAsync(patch is null ? "DELETE" : "PATCH", kind.Path(Namespace, $"w{index}"), patch, _stop.Token);
    }

    /// <summary>Never the third one: some node always takes pods.</summary>
    private static string NodeOf(Step step) => $"node-{1 + (step.Which % 2)}";

    private async Task DeleteAsync(JsonObject pod, string options)
    {
        var answer = await new ClusterClient(_cluster, Person).SendAsync("DELETE", ApiKind.Pod.Path(Namespace, pod.Name()), JsonFields.Object(options), _stop.Token);
        Invariants.Ended(pod, answer.Status);
    }

    private async Task AskAsync(JsonObject pod)
    {
        var client = new ClusterClient(_cluster, Person);
        await client.SendAsync("DELETE", ApiKind.Pod.Path(Namespace, pod.Name()) + "?dryRun=All", null, _stop.Token);
        await client.SendAsync("POST", ApiKind.Pod.Path(Namespace, pod.Name()) + "/eviction", Eviction(pod, """{"dryRun": ["All"]}"""), _stop.Token);
    }

    private async Task EvictAsync(JsonObject pod)
    {
        var client = new ClusterClient(_cluster, Person);
        while ((await client.SendAsync("POST", ApiKind.Pod.Path(Namespace, pod.Name()) + "/eviction", Eviction(pod, "{}"), _stop.Token)).Status == 429)
        {
            await Task.Delay(TimeSpan.FromSeconds(5), _clock, _stop.Token);
            if (_cluster.Store.Find(ApiKind.Pod, Namespace, pod.Name())?.Uid() != pod.Uid())
            {
                return;
            }
        }
    }

    private static JsonObject Eviction(JsonObject pod, string options) => JsonFields.Object(
        $$"""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "{{pod.Name()}}"}, "deleteOptions": {{options}} }""");

    private async Task DrainAsync(string node)
    {
        _cluster.Change(ApiKind.Node, "", node, each => each.Child("spec")["unschedulable"] = true);
        var evictions = _cluster.Store.All(ApiKind.Pod, Namespace).Where(pod => pod.Text("spec", "nodeName") == node && pod.Controller().Text("kind") != "DaemonSet").Select(EvictAsync).ToList();
        foreach (var eviction in evictions)
        {
            await eviction;
        }
    }

    private void Taint(string node)
    {
        _cluster.Change(ApiKind.Node, "", node, each => each.Child("spec")["taints"] = new JsonArray(JsonFields.Object("""{"key": "a", "effect": "NoExecute"}""")));
        Invariants.Tainted(node);
    }

    private void Preempt()
    {
        foreach (var node in _cluster.Store.All(ApiKind.Node))
        {
            _cluster.Change(ApiKind.Node, "", node.Name(), each => each.Child("status", "allocatable")["pods"] = Nodes.Count(_cluster, node));
        }

        _cluster.Put("""{"kind": "Pod", "metadata": {"generateName": "urgent-", "namespace": "default"}, "spec": {"priority": 100000, "containers": [{"name": "app"}]} }""");
    }

    private async Task UnreadyAsync(JsonObject pod, double seconds)
    {
        Set("False");
        await Task.Delay(TimeSpan.FromSeconds(seconds), _clock, _stop.Token);
        Set("True");

        void Set(string ready)
        {
            if (_cluster.Store.Find(ApiKind.Pod, Namespace, pod.Name()) is { } found && found.Uid() == pod.Uid() && found.Text("status", "phase") == "Running" && !found.IsTerminating())
            {
                _cluster.Change(ApiKind.Pod, Namespace, pod.Name(), each => _cluster.Verbs.Set(each, "Ready", ready, ""));
            }
        }
    }

    private void Cancel(int which)
    {
        var draining = _cluster.Store.All(ApiKind.Pod, Namespace).Where(pod => pod.Labels().Text("prestop/draining") is not null && !pod.IsTerminating()).ToList();
        if (draining.Count > 0)
        {
            _cluster.Change(ApiKind.Pod, Namespace, draining[which % draining.Count].Name(), pod => pod.Child("metadata", "annotations")["prestop/cancel"] = "true");
        }
    }

    private async Task KillAsync(int which)
    {
        var replica = _replicas[which % _replicas.Count];
        _replicas.Remove(replica);
        _faults.Happened();
        await replica.DisposeAsync();
    }

    private void StartMissing()
    {
        _faults.Happened();
        if (_replicas.Count < Replicas)
        {
            Start();
        }
    }

    private void SetClock(Step step)
    {
        if (_replicas.Count > 0)
        {
            _replicas[step.Which % _replicas.Count].Clock.Offset = TimeSpan.FromSeconds(step.Amount);
        }
    }
}
