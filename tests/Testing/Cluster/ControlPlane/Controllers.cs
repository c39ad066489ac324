namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>
/// What runs a cluster beside its API server: the controllers of workloads, budgets, endpoints, namespaces and nodes, the garbage collectors, the scheduler and the
/// kubelets, as far as the recordings show how they react.
/// </summary>
internal sealed class Controllers : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _loops;

    /// <summary>Begins to work.</summary>
    public Controllers(LoopbackCluster cluster, NodeSettings? nodes = null)
    {
        // Recorded from a pod's change to theirs: the owner lets go after 0.22 to 0.24 s, the endpoint is gone after 0.13 to 0.20 s, a budget follows after 0.07 to 0.1 s.
        (IReconciler Reconciler, double Reaction)[] all =
        [
            (new ReplicaSets(cluster), 0.15),
            (new StatefulSets(cluster), 0.15),
            (new DaemonSets(cluster), 0.1),
            (new Deployments(cluster), 0.05),
            (new Budgets(cluster), 0.05),
            (new EndpointSlices(cluster), 0.1),
            (new GarbageCollector(cluster), 0.1),
            (new Kubelets(cluster, nodes ?? new NodeSettings()), 0.02),
            (new Taints(cluster), 0.02),
            (new NodeLifecycle(cluster), 0.02),
            (new Preemption(cluster), 0.2),
            (new PodCollector(cluster), 0.02),

            // It collects what changes for a second; a namespace is left alone for the first five.
            (new Jobs(cluster), 1),
            (new Namespaces(cluster), 5),
        ];
        _loops = [.. all.Select(each => new ControlLoop(cluster, each.Reconciler, TimeSpan.FromSeconds(each.Reaction)).RunAsync(_stop.Token))];
    }

    public async ValueTask DisposeAsync()
    {
        // On this thread: a clock that stands still knows no other.
#pragma warning disable CA1849
        _stop.Cancel();
#pragma warning restore CA1849
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }
}
