using System.Collections.Concurrent;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller.Indexes;

/// <summary>What of the cluster decisions are made from, as informers tell it.</summary>
/// <param name="policy">What is wanted where no namespace and no pod says otherwise.</param>
/// <param name="exposure">Which pods are drained.</param>
internal sealed class ClusterIndexes(DrainPolicy policy, Exposure exposure = Exposure.Service)
{
    private readonly ConcurrentDictionary<string, Namespace> _namespaces = [];

    /// <summary>The Services.</summary>
    public SelectorIndex<Service> Services { get; } = new(service => service.Selector);

    /// <summary>The budgets.</summary>
    public SelectorIndex<PodDisruptionBudget> Budgets { get; } = new(budget => budget.Selector);

    /// <summary>The bindings of Services to target groups; none unless they are followed.</summary>
    public BackendIndex<TargetGroupBinding> Bindings { get; } = new(binding => [new(binding.Metadata.Namespace, binding.Service)]);

    /// <summary>What leads requests from outside to Services, one index for each of <see cref="TrafficRoute.Resources"/>; nothing unless it is followed.</summary>
    public IReadOnlyList<BackendIndex<TrafficRoute>> Routes { get; } =
        [.. TrafficRoute.Resources.Select(_ => new BackendIndex<TrafficRoute>(route => route.Services))];

    /// <summary>Which pods are drained.</summary>
    public Exposure Exposure => exposure;

    /// <summary>Follows a change of a namespace.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<Namespace> change)
    {
        if (change.Type is ChangeType.Deleted)
        {
            _namespaces.TryRemove(change.Subject.Metadata.Name, out _);
        }
        else
        {
            _namespaces[change.Subject.Metadata.Name] = change.Subject;
        }
    }

    /// <summary>What is wanted for a pod.</summary>
    /// <param name="namespace">The pod's namespace.</param>
    /// <param name="annotations">The pod's annotations.</param>
    /// <param name="problems">Gets one line for each annotation that cannot be read.</param>
    public DrainPolicy PolicyOf(string @namespace, IReadOnlyDictionary<string, string> annotations, ICollection<string> problems)
    {
        var there = _namespaces.TryGetValue(@namespace, out var found) ? policy.With(found.Annotations, problems) : policy;
        return there.With(annotations, problems);
    }

    /// <summary>What is known of a pod that somebody wants gone.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="ownerSelector">What its owner selects pods by; null when that is not known.</param>
    /// <param name="drainedSince">Since when there is evidence that nothing is sent to it; null for none.</param>
    public PodInView View(Pod pod, LabelSelector? ownerSelector, DateTimeOffset? drainedSince)
    {
        var @namespace = pod.Metadata.Namespace;
        var services = Services.Selecting(@namespace, pod.Labels);
        return new PodInView(
            pod,
            PolicyOf(@namespace, pod.Annotations, []),
            _namespaces.TryGetValue(@namespace, out var found) && found.IsTerminating,
            services,
            Budgets.Selecting(@namespace, pod.Labels),
            ownerSelector,
            drainedSince)
        {
            IsExposed = exposure is Exposure.Service || services.Any(IsBehindLoadBalancer),
        };
    }

    private bool IsBehindLoadBalancer(Service service)
    {
        var backend = new ServiceReference(service.Metadata.Namespace, service.Metadata.Name);
        return service.IsLoadBalancer || Bindings.Naming(backend).Count > 0 || Routes.Any(routes => routes.Naming(backend).Count > 0);
    }
}
