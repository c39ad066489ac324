using System.Text;
using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Audit;

/// <summary>A workload and the pods that it makes.</summary>
/// <param name="Kind">Deployment, StatefulSet, DaemonSet, ReplicaSet or Pod.</param>
/// <param name="Namespace">Its namespace; empty where the manifest leaves it to whoever applies it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Replicas">How many pods it wants; null where that depends on the nodes.</param>
/// <param name="Pod">A pod of its: metadata and spec.</param>
internal sealed record Workload(string Kind, string Namespace, string Name, long? Replicas, JsonElement Pod)
{
    /// <summary>The labels of its pods.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; } = Pod.Texts("metadata", "labels");

    /// <summary>How it is named in a finding.</summary>
    public string Title => Manifests.Title(Kind, Namespace, Name);

    /// <summary>Whether an object, which selects in its own namespace only, selects its pods.</summary>
    /// <param name="by">The object.</param>
    /// <param name="selector">Its selector; null selects nothing.</param>
    public bool IsSelected(IApiObject by, LabelSelector? selector) => by.Metadata.Namespace == Namespace && selector?.Selects(Labels) is true;
}

/// <summary>What is audited: the workloads with the Services and budgets that are about them.</summary>
internal sealed class Manifests
{
    private readonly List<Workload> _workloads = [];
    private readonly List<Service> _services = [];
    private readonly List<(PodDisruptionBudget Budget, JsonElement Document)> _budgets = [];

    /// <summary>The workloads whose pods are meant to go on for ever.</summary>
    public IReadOnlyList<Workload> Workloads => _workloads;

    /// <summary>The Services.</summary>
    public IReadOnlyList<Service> Services => _services;

    /// <summary>The budgets, each with the manifest that it is from.</summary>
    public IReadOnlyList<(PodDisruptionBudget Budget, JsonElement Document)> Budgets => _budgets;

    /// <summary>Adds an object, or those of a list. A kind that nothing is known of is passed over.</summary>
    /// <param name="document">The object.</param>
    /// <exception cref="JsonException">It is of a kind that is known, and not made like one.</exception>
    public void Add(JsonElement document)
    {
        var kind = document.Text("kind") ?? "";
        switch (kind)
        {
            case "List":
                foreach (var item in document.Items("items"))
                {
                    Add(item);
                }

                break;
            case "Deployment" or "StatefulSet" or "ReplicaSet" or "DaemonSet":
                AddWorkload(kind, document, document.At("spec", "template"), kind == "DaemonSet" ? null : document.Number("spec", "replicas") ?? 1);
                break;
            case "Pod":
                AddWorkload(kind, document, document, 1);
                break;
            case "Service":
                _services.Add(Read(Service.Resource, document));
                break;
            case "PodDisruptionBudget":
                _budgets.Add((Read(PodDisruptionBudget.Resource, document), document));
                break;
            default:
                break;
        }
    }

    /// <summary>The Services that send to a workload's pods.</summary>
    /// <param name="workload">The workload.</param>
    public IReadOnlyList<Service> ServicesOf(Workload workload) =>
        [.. _services.Where(service => workload.IsSelected(service, service.Selector))];

    /// <summary>The budgets that cover a workload's pods.</summary>
    /// <param name="workload">The workload.</param>
    public IReadOnlyList<(PodDisruptionBudget Budget, JsonElement Document)> BudgetsOf(Workload workload) =>
        [.. _budgets.Where(each => workload.IsSelected(each.Budget, each.Budget.Selector))];

    /// <summary>How an object is named in a finding: <c>Deployment shop/web</c>.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="namespace">Its namespace; empty for none.</param>
    /// <param name="name">Its name.</param>
    public static string Title(string kind, string @namespace, string name) => @namespace.Length == 0 ? $"{kind} {name}" : $"{kind} {@namespace}/{name}";

    private void AddWorkload(string kind, JsonElement document, JsonElement? pod, long? replicas)
    {
        if (document.Text("metadata", "name") is not { } name || pod?.At("spec", "containers") is null)
        {
            throw new JsonException();
        }

        if (pod.Value.Text("spec", "restartPolicy") is null or "Always")
        {
            _workloads.Add(new Workload(kind, document.Text("metadata", "namespace") ?? "", name, replicas, pod.Value));
        }
    }

    private static T Read<T>(Resource<T> resource, JsonElement document)
        where T : class, IApiObject => resource.Parse(Encoding.UTF8.GetBytes(document.GetRawText()));
}
