using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>A budget of voluntary disruptions (<c>policy/v1 PodDisruptionBudget</c>), as its controller has last worked it out.</summary>
public sealed class PodDisruptionBudget : IApiObject
{
    /// <summary>The resource.</summary>
    public static readonly Resource<PodDisruptionBudget> Resource = new("policy", "v1", "poddisruptionbudgets", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The pods that it covers; null for none. An empty one covers all of the namespace.</summary>
    public required LabelSelector? Selector { get; init; }

    /// <summary>
    /// Whether the author wants no voluntary disruption ever, however many replicas there are: <c>maxUnavailable: 0</c> or
    /// <c>minAvailable: 100%</c>.
    /// </summary>
    public required bool AllowsNone { get; init; }

    /// <summary>How many of its pods must stay, a number or a percentage (<c>minAvailable</c>); null when it says so otherwise.</summary>
    public string? MinAvailable { get; init; }

    /// <summary>Whether the status is about the present rule, and not about an earlier one.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>How many more pods may be disrupted now; never negative.</summary>
    public required int DisruptionsAllowed { get; init; }

    /// <summary>Healthy pods that there are, and that there must be.</summary>
    public required (int Current, int Desired) Healthy { get; init; }

    /// <summary>The pods whose disruption was granted, and that the controller has not seen go yet.</summary>
    public required IReadOnlySet<string> DisruptedPods { get; init; }

    private static PodDisruptionBudget Read(ref Utf8JsonReader json)
    {
        var (metadata, budget) = WholeObject.Read(
            ref json,
            root => new
            {
                Selector = LabelSelector.Read(root.At("spec", "selector")),
                AllowsNone = Limit(root, "maxUnavailable") is "0" or "0%" || Limit(root, "minAvailable") is "100%",
                MinAvailable = Limit(root, "minAvailable"),
                IsCurrent = root.Number("status", "observedGeneration") is { } observed && observed >= (root.Number("metadata", "generation") ?? 0),
                Allowed = Count(root, "disruptionsAllowed"),
                Healthy = (Count(root, "currentHealthy"), Count(root, "desiredHealthy")),
                Disrupted = root.Texts("status", "disruptedPods").Keys.ToHashSet(),
            });
        return new PodDisruptionBudget
        {
            Metadata = metadata,
            Selector = budget.Selector,
            AllowsNone = budget.AllowsNone,
            MinAvailable = budget.MinAvailable,
            IsCurrent = budget.IsCurrent,
            DisruptionsAllowed = budget.Allowed,
            Healthy = budget.Healthy,
            DisruptedPods = budget.Disrupted,
        };
    }

    /// <summary>A number or a percentage.</summary>
    private static string? Limit(JsonElement root, string name) => root.Text("spec", name) ?? root.At("spec", name)?.GetRawText();

    private static int Count(JsonElement root, string name) => (int)Math.Clamp(root.Number("status", name) ?? 0, 0, int.MaxValue);
}
