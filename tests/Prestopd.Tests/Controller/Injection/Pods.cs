using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Injection;

namespace Prestopd.Tests.Controller.Injection;

/// <summary>Pods before and after their hooks were added.</summary>
internal static class Pods
{
    public static readonly DrainPolicy Policy = new(DrainMode.Inject, TimeSpan.FromSeconds(45), SurgeWish.Unsaid);
    public static readonly HookSettings ImageVolume = new(HookDelivery.ImageVolume, "localhost/busybox:1", "Never");
    public static readonly HookSettings InitContainer = ImageVolume with { Delivery = HookDelivery.InitContainer };
    public static readonly HookSettings NativeSleep = ImageVolume with { Delivery = HookDelivery.NativeSleep };

    /// <summary>The pod as the API server showed it to the webhook, of which a recording kept what it became.</summary>
    /// <param name="recording">A recording of an injection that the API server accepted.</param>
    public static (JsonNode Before, JsonNode After) Of(string recording)
    {
        var recorded = Recorded.Json($"inject/{recording}");
        var after = new JsonObject { ["metadata"] = new JsonObject { ["name"] = recording }, ["spec"] = recorded["result"]!.DeepClone() };
        var before = after.DeepClone();
        var spec = before["spec"]!.AsObject();
        var volumes = spec["volumes"]!.AsArray();
        foreach (var operation in recorded["patch"]!.AsArray())
        {
            switch (((string)operation!["path"]!).Split('/')[1..])
            {
                case [_, "volumes", "-"]:
                    volumes.RemoveAt(volumes.Count - 1);
                    break;
                case [_, "initContainers"]:
                    spec.Remove("initContainers");
                    break;
                case [_, "terminationGracePeriodSeconds"]:
                    spec["terminationGracePeriodSeconds"] = 30;
                    break;
                case [_, var list, var index, "volumeMounts", "-"]:
                    var mounts = Container(list, index)["volumeMounts"]!.AsArray();
                    mounts.RemoveAt(mounts.Count - 1);
                    break;
                case [_, var list, var index, .. var rest] when rest is ["lifecycle"] or ["lifecycle", "preStop"]:
                    (rest.Length == 1 ? Container(list, index) : Container(list, index)["lifecycle"]!.AsObject()).Remove(rest[^1]);
                    break;
                default:
                    throw new InvalidOperationException(operation.ToJsonString());
            }
        }

        return (before, after);

        JsonObject Container(string list, string index) => spec[list]![int.Parse(index)]!.AsObject();
    }

    /// <summary>What becomes of a pod.</summary>
    public static (InjectionVerdict Verdict, JsonNode Pod) Inject(JsonNode pod, HookSettings hooks, DrainPolicy? policy = null)
    {
        var injected = HookInjection.Decide(Recorded.Element(pod), policy ?? Policy, hooks, []);
        return (injected.Verdict, injected.Patch is { } patch ? PatchedJson.Apply(pod, patch.ToArray()) : pod);
    }
}
