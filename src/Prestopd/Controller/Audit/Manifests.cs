using System.Text;
using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Indexes;

namespace Prestopd.Controller.Audit;

/// <summary>What is audited: workloads with the Services, budgets and namespaces that are about them, from files or from a cluster.</summary>
/// <param name="mode">What the cluster's controller does for pods and namespaces that say nothing.</param>
internal sealed class Manifests(DrainMode mode)
{
    private readonly List<Workload> _workloads = [];
    private readonly Dictionary<(string Namespace, string Name), Service> _services = [];
    private readonly ClusterIndexes _indexes = new(new DrainPolicy(mode, TimeSpan.FromSeconds(1), SurgeWish.Unsaid));

    /// <summary>All workloads, those included whose pods end by themselves.</summary>
    public IReadOnlyList<Workload> All => _workloads;

    /// <summary>The workloads whose pods are meant to go on for ever.</summary>
    public IEnumerable<Workload> Workloads => _workloads.Where(workload => workload.IsEndless);

    /// <summary>The Services.</summary>
    public IReadOnlyCollection<Service> Services => _services.Values;

    /// <summary>Adds an object, or those of a list. A kind that nothing is known of is passed over.</summary>
    /// <param name="document">The object.</param>
    /// <exception cref="JsonException">It is of a kind that is known, and not made like one.</exception>
    public void Add(JsonElement document)
    {
        switch (document.Text("kind") ?? "")
        {
            case "List":
                foreach (var item in document.Items("items"))
                {
                    Add(item);
                }

                break;
            case "Service":
                Add(Parsed(Service.Resource, document));
                break;
            case "PodDisruptionBudget":
                Add(Parsed(PodDisruptionBudget.Resource, document));
                break;
            case "Namespace":
                Add(Parsed(Namespace.Resource, document));
                break;
            case var kind when Workload.IsKind(kind) && Workload.Read(kind, document) is { } workload:
                Add(workload);
                break;
            default:
                break;
        }
    }

    /// <summary>Adds a workload.</summary>
    /// <param name="workload">The workload.</param>
    public void Add(Workload workload) => _workloads.Add(workload);

    /// <summary>Adds a Service; of two with the same name the last one counts.</summary>
    /// <param name="service">The Service.</param>
    public void Add(Service service)
    {
        _services[(service.Metadata.Namespace, service.Metadata.Name)] = service;
        _indexes.Services.Follow(new Change<Service>(ChangeType.Added, service, null));
    }

    /// <summary>Adds a budget.</summary>
    /// <param name="budget">The budget.</param>
    public void Add(PodDisruptionBudget budget) => _indexes.Budgets.Follow(new Change<PodDisruptionBudget>(ChangeType.Added, budget, null));

    /// <summary>Adds a namespace, whose annotations count for its pods.</summary>
    /// <param name="namespace">The namespace.</param>
    public void Add(Namespace @namespace) => _indexes.Follow(new Change<Namespace>(ChangeType.Added, @namespace, null));

    /// <summary>The Services that send to a workload's pods.</summary>
    /// <param name="workload">The workload.</param>
    public IReadOnlyList<Service> ServicesOf(Workload workload) => _indexes.Services.Selecting(workload.Namespace, workload.Labels);

    /// <summary>The budgets that cover a workload's pods.</summary>
    /// <param name="workload">The workload.</param>
    public IReadOnlyList<PodDisruptionBudget> BudgetsOf(Workload workload) => _indexes.Budgets.Selecting(workload.Namespace, workload.Labels);

    /// <summary>Whether the drain of a workload's pods is seen to without a hook: by the controller, or, as their author says, by the app itself.</summary>
    /// <param name="workload">The workload.</param>
    public bool DrainsWithoutHook(Workload workload)
    {
        var annotations = workload.Pod.Texts("metadata", "annotations");
        return annotations.GetValueOrDefault(ControllerNames.Wishes.Mode) == "off"
            || _indexes.PolicyOf(workload.Namespace, annotations, []).Mode is not DrainMode.Off;
    }

    private static T Parsed<T>(Resource<T> resource, JsonElement document)
        where T : class, IApiObject => resource.Parse(Encoding.UTF8.GetBytes(document.GetRawText()));
}
