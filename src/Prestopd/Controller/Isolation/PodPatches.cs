using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Isolation;

/// <summary>
/// The changes of a pod in the course of its drain. Each is a merge patch that holds for this pod in this version only: another one is
/// <see cref="ApiFault.Conflict"/> or <see cref="ApiFault.Rejected"/>, and then the decision is made anew.
/// </summary>
internal static class PodPatches
{
    private static readonly (string Name, string? Value)[] Marks = [(ControllerNames.SafeToEvict, "true"), (ControllerNames.State.MadeEvictable, "true")];
    private static readonly (string Name, string? Value)[] Unmarks = [(ControllerNames.SafeToEvict, null)];
    private static readonly (string Name, string? Value)[] NoMarks = [];

    /// <summary>The drain begins, or comes to its second step: labels go from the pod into an annotation.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="labels">The names of the labels.</param>
    /// <param name="state">What else is kept.</param>
    public static JsonObject TakeOff(Pod pod, IEnumerable<string> labels, DrainState state)
    {
        var off = labels.Where(pod.Labels.ContainsKey).ToList();
        var kept = new JsonObject();
        foreach (var (name, value) in state.Labels.Concat(off.Select(name => KeyValuePair.Create(name, pod.Labels[name]))))
        {
            kept[name] = value;
        }

        return Of(
            pod,
            [.. off.Select(name => (name, (string?)null)), (ControllerNames.Draining, "true")],
            [
                (ControllerNames.State.Labels, DrainState.Text(kept)),
                (ControllerNames.State.DrainUntil, DrainState.Text(state.Until)),
                (ControllerNames.State.SurgeUntil, state.SurgeUntil is { } surge ? DrainState.Text(surge) : null),
                (ControllerNames.State.AskedBy, Text(state.Beginning)),
                (ControllerNames.State.DeleteOptions, DrainState.Text((state.Options with { Uid = null, ResourceVersion = null, DryRun = false }).ToBody())),
                (ControllerNames.State.Owner, state.Owner is { } owner ? $"{owner.Kind}/{owner.Name}/{owner.Uid}" : null),
                (ControllerNames.Wishes.Cancel, null),
                .. pod.Annotations.ContainsKey(ControllerNames.SafeToEvict) ? NoMarks : Marks,
            ]);
    }

    /// <summary>A person has joined those who wait for the end.</summary>
    /// <param name="pod">The pod.</param>
    public static JsonObject Expect(Pod pod) => Of(pod, [], [(ControllerNames.State.AskedBy, Text(Beginning.Delete))]);

    /// <summary>
    /// The drain is called off: the labels come back, but for those that the pod has by now from somebody else. The Services send again, and a ReplicaSet
    /// takes the pod back and deletes its youngest one. Whose pod it was stays on it: for a moment nothing else says so.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="state">Its drain.</param>
    /// <param name="surgeFailed">When the budget refused although there was a replacement; null when that is not why.</param>
    public static JsonObject Restore(Pod pod, DrainState state, DateTimeOffset? surgeFailed) => Of(
        pod,
        [.. state.Labels.Where(label => !pod.Labels.ContainsKey(label.Key)).Select(label => (label.Key, (string?)label.Value)), (ControllerNames.Draining, null)],
        [
            .. ControllerNames.State.OfDrain.Where(name => name != ControllerNames.State.Owner).Append(ControllerNames.Wishes.Cancel).Select(name => (name, (string?)null)),
            (ControllerNames.State.SurgeFailed, surgeFailed is { } time ? DrainState.Text(time) : null),
            .. IsMarkedByUs(pod) ? Unmarks : NoMarks,
        ]);

    /// <summary>Whether the mark for the cluster autoscaler is ours, and nobody has changed it since.</summary>
    private static bool IsMarkedByUs(Pod pod) =>
        pod.Annotations.ContainsKey(ControllerNames.State.MadeEvictable) && pod.Annotations.GetValueOrDefault(ControllerNames.SafeToEvict) == "true";

    private static string Text(Beginning beginning) => beginning switch
    {
        Beginning.Delete => "delete",
        Beginning.Eviction => "eviction",
        _ => "controller",
    };

    private static JsonObject Of(Pod pod, IEnumerable<(string Name, string? Value)> labels, IEnumerable<(string Name, string? Value)> annotations) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["uid"] = pod.Metadata.Uid,
            ["resourceVersion"] = pod.Metadata.ResourceVersion,
            ["labels"] = Fields(labels),
            ["annotations"] = Fields(annotations),
        },
    };

    private static JsonObject Fields(IEnumerable<(string Name, string? Value)> fields)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields)
        {
            json[name] = value;
        }

        return json;
    }
}
