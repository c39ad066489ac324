using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Injection;

/// <summary>What becomes of a pod that is created.</summary>
internal enum InjectionVerdict
{
    /// <summary>Every container without a hook gets one.</summary>
    Injected,

    /// <summary>Every container has one already: its author's, or ours, when a later webhook changed the pod and we are asked again.</summary>
    HooksEverywhere,

    /// <summary>The pod, its namespace or the cluster wants another mode.</summary>
    OptedOut,

    /// <summary>It ends by itself (<c>restartPolicy</c> Never or OnFailure): nobody sends it requests until it is deleted.</summary>
    RunsToCompletion,

    /// <summary>Our program is one for Linux.</summary>
    Windows,

    /// <summary>The kubelet made it from a file on its node; the API server's object is an image of it, and changes nothing.</summary>
    StaticPod,

    /// <summary>Its author wants it killed at once (<c>terminationGracePeriodSeconds: 0</c>).</summary>
    NoGrace,
}

/// <summary>The answer to the creation of a pod.</summary>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Patch">Its change; null unless <see cref="InjectionVerdict.Injected"/>.</param>
internal sealed record Injected(InjectionVerdict Verdict, JsonPatch? Patch);

/// <summary>
/// Adds the preStop hooks that a pod's author forgot. A function of the pod, the policy and the Services, and of nothing else: it can be asked
/// again with what it made.
/// </summary>
internal static class HookInjection
{
    /// <summary>The API server's own default of <c>terminationGracePeriodSeconds</c>.</summary>
    public const long DefaultGrace = 30;

    /// <summary>Decides.</summary>
    /// <param name="pod">The pod as the API server is about to create it, defaults filled in.</param>
    /// <param name="policy">What is wanted for it.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="services">The Services that will select it.</param>
    public static Injected Decide(JsonElement pod, DrainPolicy policy, HookSettings hooks, IReadOnlyList<Service> services)
    {
        var grace = pod.Number("spec", "terminationGracePeriodSeconds") ?? DefaultGrace;
        var bare = PodContainer.WithoutHook(pod);
        InjectionVerdict? skipped =
            policy.Mode is not DrainMode.Inject ? InjectionVerdict.OptedOut
            : pod.Text("spec", "os", "name") == "windows" || pod.Text("spec", "nodeSelector", "kubernetes.io/os") == "windows" ? InjectionVerdict.Windows
            : pod.Text("metadata", "annotations", "kubernetes.io/config.mirror") is not null ? InjectionVerdict.StaticPod
            : pod.Text("spec", "restartPolicy") is not (null or "Always") ? InjectionVerdict.RunsToCompletion
            : grace == 0 ? InjectionVerdict.NoGrace
            : bare.Count == 0 ? InjectionVerdict.HooksEverywhere
            : null;
        if (skipped is { } verdict)
        {
            return new Injected(verdict, null);
        }

        // All hooks run at the same time, and what the app needs to end comes after them.
        var seconds = (long)Math.Ceiling(policy.Drain.TotalSeconds);
        var patch = new JsonPatch();
        if (hooks.Delivery is HookDelivery.NativeSleep)
        {
            bare.ForEach(container => container.AddHook(patch, new JsonObject { ["sleep"] = new JsonObject { ["seconds"] = seconds } }));
        }
        else
        {
            AddProgram(patch, pod, bare, hooks, HookCommand.Arguments(policy.Drain, HookCommand.Ports(pod, services)));
        }

        RaiseGrace(patch, pod, grace, seconds);
        return new Injected(InjectionVerdict.Injected, patch);
    }

    private static void AddProgram(JsonPatch patch, JsonElement pod, List<PodContainer> bare, HookSettings hooks, string[] arguments)
    {
        var volume = ProgramVolume.Of(pod, hooks);
        foreach (var container in bare)
        {
            var (folder, isMounted) = container.FolderOf(volume.Name);
            if (!isMounted)
            {
                container.AddMount(patch, volume.Name, folder);
            }

            container.AddHook(
                patch,
                new JsonObject { ["exec"] = new JsonObject { ["command"] = Texts([folder + volume.Program, .. arguments]) } });
        }

        // Last, for a container that goes first moves the others.
        volume.AddTo(patch, pod);
    }

    /// <summary>
    /// The author's grace period and the drain. The author's is written down: when we are asked again about the same pod, it is not raised twice.
    /// </summary>
    private static void RaiseGrace(JsonPatch patch, JsonElement pod, long grace, long seconds)
    {
        var before = pod.Text("metadata", "annotations", ControllerNames.GraceBefore);
        var isKnown = long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var authors) && authors <= grace;
        var raised = (isKnown ? authors : grace) + seconds;
        if (raised > grace)
        {
            patch.Add("/spec/terminationGracePeriodSeconds", raised);
        }

        if (!isKnown)
        {
            var text = grace.ToString(CultureInfo.InvariantCulture);
            _ = pod.At("metadata", "annotations") is { ValueKind: JsonValueKind.Object }
                ? patch.Add(JsonPatch.Path("metadata", "annotations", ControllerNames.GraceBefore), text)
                : patch.Add("/metadata/annotations", new JsonObject { [ControllerNames.GraceBefore] = text });
        }
    }

    internal static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
