using System.Text;
using System.Text.Json.Nodes;
using Prestop.Elb.Tests.ElbService;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller;

namespace Prestopd.Tests.Controller;

/// <summary>
/// A cluster on fake time whose webhooks replicas of the controller answer in turn. They follow it at once, but for those that are told not to.
/// </summary>
internal sealed class ControlledCluster : IAsyncDisposable
{
    private const string Namespace = "rec";

    private readonly List<Replica> _replicas = [];
    private readonly int _count;
    private readonly int _mostSearches;
    private readonly Exposure _exposure;
    private int _asked;

    /// <param name="replicas">How many replicas there are.</param>
    /// <param name="hasBalancers">Whether AWS is asked, as with <c>--elb</c>.</param>
    /// <param name="mostSearches">About how many pods at a time.</param>
    /// <param name="exposure">Which pods are drained.</param>
    public ControlledCluster(int replicas = 1, bool hasBalancers = false, int mostSearches = 100, Exposure exposure = Exposure.Service)
    {
        (_count, _mostSearches, _exposure) = (replicas, mostSearches, exposure);
        Api = new LoopbackCluster(Clock, CallAsync);
        Put("""{"kind": "Namespace", "metadata": {"name": "rec"} }""");
        Put("""{"kind": "Service", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]} }""");
        Put("""{"kind": "Namespace", "metadata": {"name": "prestop"} }""");
        Put("""
            {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "prestop"}, "webhooks": [{"name": "create.pods.prestop.example", "failurePolicy": "Ignore", "timeoutSeconds": 5,
              "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "/mutate/pods"} },
              "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}] }]}
            """);
        Put("""
            {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "prestop"}, "webhooks": [{"name": "remove.pods.prestop.example", "failurePolicy": "Ignore", "timeoutSeconds": 5,
              "clientConfig": {"service": {"namespace": "prestop", "name": "prestop-controller", "path": "/validate/pods"} },
              "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/eviction"]},
                        {"operations": ["DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}] }]}
            """);
        if (hasBalancers)
        {
            Api.Install(ApiKind.TargetGroupBinding);
            Aws = new ElbModel(Clock);
            Registrar = new TargetRegistrar(this);
        }

        Api.Store.Changed += () => _replicas.ForEach(replica => replica.Follow());
    }

    public FakeClock Clock { get; } = new();

    public LoopbackCluster Api { get; }

    /// <summary>The AWS account; null where nobody asks it.</summary>
    public ElbModel? Aws { get; }

    /// <summary>What keeps the account's target groups up to date; null where there are none.</summary>
    public TargetRegistrar? Registrar { get; }

    public IReadOnlyList<Replica> Replicas => _replicas;

    public Replica First => _replicas[0];

    /// <summary>Runs a test on the clock.</summary>
    public void Run(Func<ControlledCluster, Task> test) => Clock.Run(async () =>
    {
        for (var each = 0; each < _count; each++)
        {
            Start();
        }

        await test(this);
        foreach (var replica in _replicas.ToList())
        {
            await StopAsync(replica);
        }

        return true;
    });

    /// <summary>One more replica.</summary>
    public Replica Start()
    {
        var replica = new Replica(this);
        _replicas.Add(replica);
        replica.Follow();
        return replica;
    }

    /// <summary>A replica is killed.</summary>
    public async Task StopAsync(Replica replica)
    {
        _replicas.Remove(replica);
        await replica.DisposeAsync();
    }

    public Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Clock);

    public JsonObject Put(string manifest) => Api.Put(manifest);

    /// <summary>A pod that runs and is ready.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="patch">What else it is.</param>
    public JsonObject PutPod(string name, string patch = "{}") => Put(PatchedJson.Merge(
        JsonNode.Parse($$"""
            {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "rec", "labels": {"app": "web"} }, "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
             "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} }
            """),
        JsonNode.Parse(patch))!.ToJsonString());

    /// <summary>A budget with so many disruptions left.</summary>
    public JsonObject PutBudget(int allowed, string limit = "\"minAvailable\": 1") => Put($$"""
        {"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"selector": {"matchLabels": {"app": "web"} }, {{limit}} },
         "status": {"observedGeneration": 1, "disruptionsAllowed": {{allowed}}, "currentHealthy": {{allowed + 1}}, "desiredHealthy": 1, "expectedPods": {{allowed + 1}} } }
        """);

    public JsonObject? Pod(string name) => Api.Store.Find(ApiKind.Pod, Namespace, name);

    public string? Annotation(string pod, string name) => Pod(pod)?.At("metadata", "annotations").Text(name);

    public void ChangePod(string name, Action<JsonObject> change) => Api.Change(ApiKind.Pod, Namespace, name, change);

    /// <summary>The kubelet has ended a pod.</summary>
    public void RemovePod(string name) => Api.Store.Replace(ApiKind.Pod, Pod(name)!, null);

    public Task<ApiAnswer> DeleteAsync(string pod, ApiUser? user = null) => Api.DeletePodAsync(Namespace, pod, user);

    public Task<ApiAnswer> EvictAsync(string pod) => Api.EvictPodAsync(Namespace, pod);

    /// <summary>The reasons of the events so far.</summary>
    public IEnumerable<string?> Events => Api.Store.All(ApiKind.Event).OrderBy(each => long.Parse(each.Version())).Select(each => each.Text("reason"));

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    private async Task<byte[]> CallAsync(WebhookCall call, CancellationToken cancellation)
    {
        var replica = _replicas.Count == 0 ? throw new HttpRequestException("connection refused") : _replicas[_asked++ % _replicas.Count];
        return await replica.Rig.ReviewAsync(call);
    }

    /// <summary>One replica.</summary>
    internal sealed class Replica : IAsyncDisposable
    {
        private readonly ControlledCluster _cluster;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _calls;
        private long _followed;

        public Replica(ControlledCluster cluster)
        {
            _cluster = cluster;
            Handler = new ClusterHandler(cluster.Api, ApiUser.ServiceAccount("prestop", "prestopd"));
            Elb = cluster.Aws is null ? null : new ModelElb(cluster.Aws);
            Rig = new ControllerRig(cluster.Clock, Handler, Elb, cluster._mostSearches, exposure: cluster._exposure);
            _calls = Rig.Later.RunAsync(_stop.Token);
        }

        public ControllerRig Rig { get; }

        public ClusterHandler Handler { get; }

        /// <summary>AWS as this replica has it.</summary>
        public ModelElb? Elb { get; }

        /// <summary>Whether it hears of changes. What it missed it hears of later.</summary>
        public bool IsBlind { get; set; }

        /// <summary>Hears of what has changed.</summary>
        public void Follow()
        {
            if (IsBlind || _stop.IsCancellationRequested)
            {
                return;
            }

            var (changes, upTo) = _cluster.Api.Store.Since(Math.Max(_followed, _cluster.Api.Store.Oldest));
            _followed = upTo;
            foreach (var change in changes!)
            {
                Tell(change, ApiKind.Namespace, Prestop.Kubernetes.Objects.Namespace.Resource, Rig.Indexes.Follow);
                Tell(change, ApiKind.Service, Service.Resource, Rig.Indexes.Services.Follow);
                Tell(change, ApiKind.Budget, PodDisruptionBudget.Resource, Rig.Indexes.Budgets.Follow);
                Tell(change, ApiKind.TargetGroupBinding, TargetGroupBinding.Resource, Rig.Indexes.Bindings.Follow);
                for (var kind = 0; kind < TrafficRoute.Resources.Count; kind++)
                {
                    if (TrafficRoute.Resources[kind].FullName == change.Kind.FullName)
                    {
                        Tell(change, change.Kind, TrafficRoute.Resources[kind], Rig.Indexes.Routes[kind].Follow);
                    }
                }

                Tell(change, ApiKind.Pod, Prestop.Kubernetes.Objects.Pod.Resource, Rig.Drains.Follow, pod => pod.Labels()?[ControllerNames.Draining] is not null);
            }
        }

        public async ValueTask DisposeAsync()
        {
            // On this thread: the clock knows no other.
#pragma warning disable CA1849
            _stop.Cancel();
#pragma warning restore CA1849
            await _calls;
            await Rig.DisposeAsync();
        }

        private static void Tell<T>(ObjectChange change, ApiKind kind, Resource<T> resource, Action<Change<T>> follow, Func<JsonObject, bool>? fits = null)
            where T : class, IApiObject
        {
            fits ??= _ => true;
            if (change.Kind != kind)
            {
                return;
            }

            var (was, isThere) = (change.Before is { } before && fits(before), change.After is { } after && fits(after));
            if (was || isThere)
            {
                // A watch by label tells of what leaves it with the labels from before.
                var subject = resource.Parse(Encoding.UTF8.GetBytes((isThere ? change.After! : change.Before!).ToJsonString()));
                follow(new Change<T>(!isThere ? ChangeType.Deleted : was ? ChangeType.Modified : ChangeType.Added, subject, null));
            }
        }
    }
}
