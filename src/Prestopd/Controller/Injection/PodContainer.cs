using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;

namespace Prestopd.Controller.Injection;

/// <summary>A container of a pod that is about to be created, and where it stands in it.</summary>
/// <param name="Content">The container.</param>
/// <param name="Path">The way to it: <c>/spec/containers/0</c>.</param>
internal sealed record PodContainer(JsonElement Content, string Path)
{
    /// <summary>The containers that run until the pod ends: sidecars among the init containers included.</summary>
    /// <param name="pod">The pod.</param>
    public static IEnumerable<PodContainer> Lasting(JsonElement pod) =>
        All(pod, "containers").Concat(All(pod, "initContainers").Where(container => container.Content.Text("restartPolicy") == "Always"));

    /// <summary>Those of them that have no preStop hook. One on another init container would be refused.</summary>
    /// <param name="pod">The pod.</param>
    public static List<PodContainer> WithoutHook(JsonElement pod) =>
        [.. Lasting(pod).Where(container => container.Content.At("lifecycle", "preStop") is null)];

    /// <summary>The containers of one list.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="list">The list's name.</param>
    public static IEnumerable<PodContainer> All(JsonElement pod, string list) =>
        pod.Items("spec", list).Select((container, index) => new PodContainer(container, JsonPatch.Path("spec", list, index.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Adds a preStop hook; what else the author does in the container's life stays.</summary>
    /// <param name="patch">Gets the operation.</param>
    /// <param name="hook">The hook.</param>
    public void AddHook(JsonPatch patch, JsonObject hook) =>
        _ = Content.At("lifecycle") is null
            ? patch.Add($"{Path}/lifecycle", new JsonObject { ["preStop"] = hook })
            : patch.Add($"{Path}/lifecycle/preStop", hook);

    /// <summary>Where a volume is in the container.</summary>
    /// <param name="volume">The volume's name.</param>
    /// <returns>The folder where it is mounted; else one where nothing is yet.</returns>
    public (string Folder, bool IsMounted) FolderOf(string volume)
    {
        foreach (var mount in Content.Items("volumeMounts"))
        {
            if (mount.Text("name") == volume && mount.Text("mountPath") is { } folder)
            {
                return (folder.TrimEnd('/'), true);
            }
        }

        var taken = Content.Items("volumeMounts").Select(mount => mount.Text("mountPath"))
            .Concat(Content.Items("volumeDevices").Select(device => device.Text("devicePath")))
            .Select(path => $"{path}/")
            .ToList();
        return (FreeName.Like("/prestop", folder => taken.Exists(path => path.StartsWith($"{folder}/", StringComparison.Ordinal))), false);
    }

    /// <summary>Mounts a volume, for reading.</summary>
    /// <param name="patch">Gets the operation.</param>
    /// <param name="volume">The volume's name.</param>
    /// <param name="folder">Where.</param>
    public void AddMount(JsonPatch patch, string volume, string folder) =>
        ListItem.Add(
            patch,
            Content.At("volumeMounts"),
            $"{Path}/volumeMounts",
            new JsonObject { ["name"] = volume, ["mountPath"] = folder, ["readOnly"] = true });
}

/// <summary>Names beside those that others gave.</summary>
internal static class FreeName
{
    /// <summary>The name, or the same with the first number that makes it free.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isTaken">Whether another has it.</param>
    public static string Like(string name, Func<string, bool> isTaken)
    {
        var free = name;
        for (var number = 1; isTaken(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        }

        return free;
    }
}

/// <summary>Items of lists that may not be there: an empty list is left out of a pod.</summary>
internal static class ListItem
{
    /// <summary>Adds an item.</summary>
    /// <param name="patch">Gets the operation.</param>
    /// <param name="list">The list; null when it is not there.</param>
    /// <param name="path">The way to it.</param>
    /// <param name="item">The item.</param>
    /// <param name="place">Where in the list; <c>-</c> behind its last one.</param>
    public static void Add(JsonPatch patch, JsonElement? list, string path, JsonObject item, string place = "-") =>
        _ = list is { ValueKind: JsonValueKind.Array } ? patch.Add($"{path}/{place}", item) : patch.Add(path, new JsonArray(item));
}
