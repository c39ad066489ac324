using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Indexes;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller.Cluster;

/// <summary>
/// Follows what decisions are made from: namespaces, Services and what leads to them, budgets, and the pods that drain. Of all other pods nothing is kept, so
/// that memory does not grow with them.
/// </summary>
/// <param name="api">The client.</param>
/// <param name="indexes">Gets all but the pods.</param>
/// <param name="recorder">Where failures are recorded.</param>
/// <param name="hasBindings">Whether bindings to target groups are followed.</param>
internal sealed class ClusterWatch(ApiClient api, ClusterIndexes indexes, Recorder recorder, bool hasBindings)
{
    /// <summary>How often to look whether the indexes are complete: on a fake clock, what waits for their tasks would go on outside of its turns.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly Informer<Namespace> _namespaces = new(api, Namespace.Resource, new Selection());
    private readonly Informer<Service> _services = new(api, Service.Resource, new Selection());
    private readonly Informer<PodDisruptionBudget> _budgets = new(api, PodDisruptionBudget.Resource, new Selection());
    private readonly IReadOnlyList<Informer<TargetGroupBinding>> _bindings =
        hasBindings ? [new Informer<TargetGroupBinding>(api, TargetGroupBinding.Resource, new Selection())] : [];

    private readonly IReadOnlyList<Informer<TrafficRoute>> _routes =
        indexes.Exposure is Exposure.LoadBalancer ? [.. TrafficRoute.Resources.Select(resource => new Informer<TrafficRoute>(api, resource, new Selection()))] : [];

    private readonly Informer<Pod> _draining = new(api, Pod.Resource, new Selection { LabelSelector = ControllerNames.Draining });

    /// <summary>Whether everything is known that decisions are made from.</summary>
    public bool IsSynced => Indexes.Append(_draining.Listed).All(listed => listed.IsCompleted);

    /// <summary>Ends when the indexes are complete for the first time.</summary>
    public Task Listed => Task.WhenAll(Indexes);

    /// <summary>How many pods drain now.</summary>
    public int Draining => _draining.Count;

    /// <summary>Follows until it is cancelled. To be run once.</summary>
    /// <param name="drains">Gets the pods that drain.</param>
    /// <param name="settings">How often what is done.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(Drains drains, InformerSettings settings, CancellationToken cancellation) => Task.WhenAll(
    [
        _namespaces.RunAsync(new Follower<Namespace>(indexes.Follow, recorder), settings, cancellation),
        _services.RunAsync(new Follower<Service>(indexes.Services.Follow, recorder), settings, cancellation),
        _budgets.RunAsync(new Follower<PodDisruptionBudget>(indexes.Budgets.Follow, recorder), settings, cancellation),
        .. _bindings.Select(bindings => bindings.RunAsync(new Follower<TargetGroupBinding>(indexes.Bindings.Follow, recorder), settings, cancellation)),
        .. _routes.Select((routes, kind) => routes.RunAsync(new Follower<TrafficRoute>(indexes.Routes[kind].Follow, recorder), settings, cancellation)),
        FollowDrainsAsync(drains, settings, cancellation),
    ]);

    /// <summary>What the steps of a drain are decided from.</summary>
    private IEnumerable<Task> Steps => [_namespaces.Listed, _services.Listed, _budgets.Listed];

    private IEnumerable<Task> Indexes => [.. Steps, .. _bindings.Select(bindings => bindings.Listed), .. _routes.Select(routes => routes.Listed)];

    /// <summary>A pod whose next step is decided with half of the Services stays in the other half until it is deleted.</summary>
    private async Task FollowDrainsAsync(Drains drains, InformerSettings settings, CancellationToken cancellation)
    {
        while (!Steps.All(listed => listed.IsCompleted))
        {
            if (!await Pause.UntilAsync(Glance, settings.Time.GetTimestamp(), settings.Time, cancellation))
            {
                return;
            }
        }

        await _draining.RunAsync(new Follower<Pod>(drains.Follow, recorder), settings, cancellation);
    }

    private sealed class Follower<T>(Action<Change<T>> follow, Recorder recorder) : IInformerObserver<T>
        where T : class, IApiObject
    {
        public void OnChange(Change<T> change) => follow(change);

        public void OnFailure(ApiError error, TimeSpan again) => recorder.Failed(error);

        public void OnUnserved(ApiError error, TimeSpan again) => recorder.Unserved(error, again);
    }
}
