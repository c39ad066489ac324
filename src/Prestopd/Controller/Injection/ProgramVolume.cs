using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;

namespace Prestopd.Controller.Injection;

/// <summary>The volume of a pod that holds the hook's program.</summary>
internal sealed class ProgramVolume
{
    private const string Root = "/prestop";

    private readonly HookSettings _hooks;
    private readonly bool _isThere;

    private ProgramVolume(HookSettings hooks, string name, bool isThere) => (_hooks, Name, _isThere) = (hooks, name, isThere);

    /// <summary>Its name in the pod.</summary>
    public string Name { get; }

    /// <summary>The program's path in it.</summary>
    public string Program => _hooks.Delivery is HookDelivery.ImageVolume ? "/bin/prestop" : "/prestop";

    /// <summary>The pod's own, if we were asked before; else one that is to be added under a name that is free.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="hooks">The hooks.</param>
    public static ProgramVolume Of(JsonElement pod, HookSettings hooks)
    {
        var known = hooks.Delivery is HookDelivery.ImageVolume
            ? pod.Items("spec", "volumes").Where(volume => volume.Text("image", "reference") == hooks.Image).Select(volume => volume.Text("name"))
            : pod.Items("spec", "initContainers")
                .Where(container => container.Text("image") == hooks.Image && container.Items("command").Select(word => word.Text()).SequenceEqual(Install))
                .SelectMany(container => container.Items("volumeMounts"))
                .Where(mount => mount.Text("mountPath") == Root)
                .Select(mount => mount.Text("name"));
        if (known.FirstOrDefault() is { } name)
        {
            return new ProgramVolume(hooks, name, isThere: true);
        }

        var taken = pod.Items("spec", "volumes").Select(volume => volume.Text("name")).ToHashSet();
        return new ProgramVolume(hooks, FreeName.Like("prestop", taken.Contains), isThere: false);
    }

    /// <summary>Adds it where it is not there yet.</summary>
    /// <param name="patch">Gets the operations.</param>
    /// <param name="pod">The pod.</param>
    public void AddTo(JsonPatch patch, JsonElement pod)
    {
        if (_isThere)
        {
            return;
        }

        var volume = new JsonObject { ["name"] = Name };
        if (_hooks.Delivery is HookDelivery.ImageVolume)
        {
            volume["image"] = WithPullPolicy(new JsonObject { ["reference"] = _hooks.Image }, "pullPolicy");
        }
        else
        {
            volume["emptyDir"] = new JsonObject();

            // First, so that it has run when a sidecar among the others is told to stop.
            ListItem.Add(patch, pod.At("spec", "initContainers"), "/spec/initContainers", Installer(pod), place: "0");
        }

        ListItem.Add(patch, pod.At("spec", "volumes"), "/spec/volumes", volume);
    }

    private static string[] Install => ["/bin/prestop", "install", Root];

    /// <summary>What a namespace that enforces <c>restricted</c> asks of a container, and resources with which the pod keeps its QoS class.</summary>
    private JsonObject Installer(JsonElement pod)
    {
        var taken = PodContainer.All(pod, "containers").Concat(PodContainer.All(pod, "initContainers"))
            .Select(container => container.Content.Text("name"))
            .ToHashSet();
        var installer = WithPullPolicy(
            new JsonObject
            {
                ["name"] = FreeName.Like("prestop-install", taken.Contains),
                ["image"] = _hooks.Image,
                ["command"] = HookInjection.Texts(Install),
                ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = Name, ["mountPath"] = Root }),
                ["securityContext"] = new JsonObject
                {
                    ["allowPrivilegeEscalation"] = false,
                    ["runAsNonRoot"] = true,
                    ["runAsUser"] = 65532,
                    ["readOnlyRootFilesystem"] = true,
                    ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
                    ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
                },
            },
            "imagePullPolicy");
        if (Resources(pod) is { } resources)
        {
            installer["resources"] = resources;
        }

        return installer;
    }

    /// <summary>
    /// Those of the first container: they are within the namespace's limits, and a pod counts the larger of its init containers and the sum of the others,
    /// so that no quota grows. None where it has none: a BestEffort pod stays one.
    /// </summary>
    private static JsonObject? Resources(JsonElement pod)
    {
        var resources = new JsonObject();
        foreach (var first in pod.Items("spec", "containers").Take(1))
        {
            foreach (var side in (string[])["requests", "limits"])
            {
                var amounts = new JsonObject();
                foreach (var name in (string[])["cpu", "memory", "ephemeral-storage"])
                {
                    if (first.At("resources", side, name) is { } amount)
                    {
                        amounts[name] = JsonNode.Parse(amount.GetRawText());
                    }
                }

                if (amounts.Count > 0)
                {
                    resources[side] = amounts;
                }
            }
        }

        return resources.Count > 0 ? resources : null;
    }

    private JsonObject WithPullPolicy(JsonObject image, string field)
    {
        if (_hooks.PullPolicy is not null)
        {
            image[field] = _hooks.PullPolicy;
        }

        return image;
    }
}
