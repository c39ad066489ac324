using System.Text.Json.Nodes;
using Prestop.Kubernetes.Objects;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Injection;
using Xunit;
using static Prestopd.Tests.Controller.Injection.Pods;

namespace Prestopd.Tests.Controller.Injection;

public sealed class HookInjectionTests
{
    [Theory]
    [InlineData("native-sleep-and-grace")]
    [InlineData("native-sidecar")]
    [InlineData("quota-native-sleep")]
    [InlineData("restricted-native-sleep")]
    public void A_native_sleep_makes_the_pod_that_the_API_server_accepted(string recording)
    {
        var (before, after) = Of(recording);

        var (verdict, pod) = Inject(before, NativeSleep);

        Assert.Equal(InjectionVerdict.Injected, verdict);
        Same(after["spec"], pod["spec"]);
    }

    [Theory]
    [InlineData("image-volume")]
    [InlineData("quota-image-volume")]
    [InlineData("restricted-image-volume")]
    public void An_image_volume_makes_the_pod_that_the_API_server_accepted_but_for_its_command_and_grace_period(string recording)
    {
        var (before, after) = Of(recording);

        var (verdict, pod) = Inject(before, ImageVolume);

        Assert.Equal(InjectionVerdict.Injected, verdict);
        Assert.Equal(75, (int)pod["spec"]!["terminationGracePeriodSeconds"]!);
        Assert.Equal("/prestop/bin/prestop", (string)Command(pod, 0)[0]!);
        SetCommand(pod, after);
        pod["spec"]!["terminationGracePeriodSeconds"] = 30;
        Same(after["spec"], pod["spec"]);
    }

    /// <summary>
    /// In the recordings the init container has what the namespace at hand asks for: a security context, resources, neither. Ours has all that any of
    /// them asked for.
    /// </summary>
    [Theory]
    [InlineData("init-container")]
    [InlineData("restricted-init-with-context")]
    [InlineData("qos-guaranteed-init-with-resources")]
    [InlineData("quota-init-with-resources")]
    [InlineData("host-network")]
    [InlineData("ephemeral-volume")]
    public void An_init_container_makes_the_pod_that_the_API_server_accepted_but_for_its_own_command_and_needs(string recording)
    {
        var (before, after) = Of(recording);

        var (verdict, pod) = Inject(before, InitContainer);

        Assert.Equal(InjectionVerdict.Injected, verdict);
        var ours = pod["spec"]!["initContainers"]!.AsArray().Single()!.AsObject();
        var theirs = after["spec"]!["initContainers"]!.AsArray().Single()!;
        Assert.Equal("prestop-install", (string)ours["name"]!);
        Same(JsonNode.Parse("""["/bin/prestop", "install", "/prestop"]"""), ours["command"]);
        Same(theirs["volumeMounts"]![0], ours["volumeMounts"]![0]);
        Same(Recorded.Json("inject/restricted-init-with-context")["result"]!["initContainers"]![0]!["securityContext"], ours["securityContext"]);

        // The API server fills in what is missing after the patch: an empty list of resources, a mount of the service account.
        Same(before["spec"]!["containers"]![0]!["resources"] is JsonObject { Count: > 0 } resources ? resources : null, ours["resources"]);
        Assert.Equal("/prestop/prestop", (string)Command(pod, 0)[0]!);
        SetCommand(pod, after);
        foreach (var spec in (JsonNode[])[pod["spec"]!, after["spec"]!])
        {
            spec.AsObject().Remove("initContainers");
        }

        Same(after["spec"], pod["spec"]);
    }

    [Fact]
    public void A_guaranteed_pod_stays_guaranteed()
    {
        var (before, after) = Of("qos-guaranteed-init-with-resources");

        var (_, pod) = Inject(before, InitContainer);

        Same(after["spec"]!["initContainers"]![0]!["resources"], pod["spec"]!["initContainers"]![0]!["resources"]);
    }

    [Fact]
    public void What_else_happens_in_a_containers_life_stays()
    {
        var (before, after) = Of("existing-lifecycle-kept");

        var (_, pod) = Inject(before, NativeSleep, Policy with { Drain = TimeSpan.FromSeconds(5) });

        Same(after["spec"]!["containers"], pod["spec"]!["containers"]);
    }

    [Fact]
    public void The_answer_that_the_API_server_took_adds_the_same_hook()
    {
        var review = Recorded.Review("inject/native-sleep-and-grace.review");
        var accepted = JsonNode.Parse(Convert.FromBase64String((string)Recorded.Json("inject/native-sleep-and-grace.answer")["patch"]!))!.AsArray();
        var pod = JsonNode.Parse(review.Pod.GetRawText())!;

        var (_, ours) = Inject(pod, NativeSleep);

        Same(PatchedJson.Apply(pod, accepted)["spec"], ours["spec"]);
    }

    /// <summary>The three shapes without lists, all of which refused the pod where an item was added to a list that is not there.</summary>
    [Theory]
    [InlineData(nameof(HookDelivery.ImageVolume))]
    [InlineData(nameof(HookDelivery.InitContainer))]
    [InlineData(nameof(HookDelivery.NativeSleep))]
    public void A_pod_without_a_token_has_no_lists_of_volumes_and_gets_them(string delivery)
    {
        var pod = Bare();

        var (verdict, result) = Inject(pod, ImageVolume with { Delivery = Enum.Parse<HookDelivery>(delivery) });

        Assert.Equal(InjectionVerdict.Injected, verdict);
        Assert.NotNull(result["spec"]!["containers"]![0]!["lifecycle"]!["preStop"]);
        Assert.Equal(delivery != nameof(HookDelivery.NativeSleep), result["spec"]!["volumes"] is JsonArray { Count: 1 });
        Assert.Equal(delivery != nameof(HookDelivery.NativeSleep), result["spec"]!["containers"]![0]!["volumeMounts"] is JsonArray { Count: 1 });
    }

    [Fact]
    public void Names_and_folders_that_are_taken_are_left_to_their_owners()
    {
        var pod = Bare();
        pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "prestop", "emptyDir": {}}, {"name": "prestop-1", "emptyDir": {}}]""");
        pod["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "prestop", "mountPath": "/prestop/data"}]""");
        pod["spec"]!["containers"]![0]!["name"] = "prestop-install";

        var (_, result) = Inject(pod, InitContainer);

        Assert.Equal("prestop-2", (string)result["spec"]!["volumes"]![2]!["name"]!);
        Assert.Equal("prestop-install-1", (string)result["spec"]!["initContainers"]![0]!["name"]!);
        Assert.Equal("/prestop-1/prestop", (string)Command(result, 0)[0]!);
    }

    [Fact]
    public void The_installer_goes_before_the_init_containers_whose_sidecars_need_it()
    {
        var pod = Bare();
        pod["spec"]!["initContainers"] = JsonNode.Parse("""[{"name": "setup", "image": "i"}, {"name": "proxy", "image": "i", "restartPolicy": "Always"}]""");

        var (_, result) = Inject(pod, InitContainer);

        var names = result["spec"]!["initContainers"]!.AsArray().Select(container => (string)container!["name"]!);
        Assert.Equal(["prestop-install", "setup", "proxy"], names);
        Assert.Equal(
            [false, false, true],
            result["spec"]!["initContainers"]!.AsArray().Select(container => container!["lifecycle"] is not null));
    }

    [Theory]
    [InlineData(nameof(HookDelivery.ImageVolume))]
    [InlineData(nameof(HookDelivery.InitContainer))]
    [InlineData(nameof(HookDelivery.NativeSleep))]
    public void Asked_again_after_another_webhook_added_a_sidecar_only_the_sidecar_gets_a_hook(string delivery)
    {
        var hooks = ImageVolume with { Delivery = Enum.Parse<HookDelivery>(delivery) };
        var (_, first) = Inject(JsonNode.Parse(Recorded.Review("inject/reinvocation-2-mutate-two-a.review").Pod.GetRawText())!, hooks);
        var sidecar = JsonNode.Parse(Recorded.Review("inject/reinvocation-4-mutate-two-a.review").Pod.GetRawText())!["spec"]!["containers"]![1]!;
        first["spec"]!["containers"]!.AsArray().Add(sidecar.DeepClone());

        var (verdict, second) = Inject(first, hooks);
        var (last, _) = Inject(second, hooks);

        Assert.Equal((InjectionVerdict.Injected, InjectionVerdict.HooksEverywhere), (verdict, last));
        Assert.Equal(75, (int)second["spec"]!["terminationGracePeriodSeconds"]!);
        Same(first["spec"]!["volumes"], second["spec"]!["volumes"]);
        Same(first["spec"]!["initContainers"], second["spec"]!["initContainers"]);
        Same(first["spec"]!["containers"]![0], second["spec"]!["containers"]![0]);
        Same(first["spec"]!["containers"]![0]!["lifecycle"], second["spec"]!["containers"]![1]!["lifecycle"]);
    }

    [Fact]
    public void The_grace_period_is_the_authors_and_the_drain()
    {
        var pod = Bare();
        pod["spec"]!["terminationGracePeriodSeconds"] = 120;

        var (_, result) = Inject(pod, NativeSleep, Policy with { Drain = TimeSpan.FromSeconds(10.5) });

        Assert.Equal(131, (int)result["spec"]!["terminationGracePeriodSeconds"]!);
        Assert.Equal(11, (int)result["spec"]!["containers"]![0]!["lifecycle"]!["preStop"]!["sleep"]!["seconds"]!);
        Assert.Equal("120", (string)result["metadata"]!["annotations"]![ControllerNames.GraceBefore]!);
    }

    [Fact]
    public void The_annotations_of_others_stay()
    {
        var pod = Bare();
        pod["metadata"]!["annotations"] = new JsonObject { ["a"] = "b" };

        var (_, result) = Inject(pod, NativeSleep);

        Same(new JsonObject { ["a"] = "b", [ControllerNames.GraceBefore] = "30" }, result["metadata"]!["annotations"]);
    }

    public static TheoryData<string, string, string, string> Skipped => new()
    {
        { "spec", """{"os": {"name": "windows"}}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.Windows) },
        { "spec", """{"nodeSelector": {"kubernetes.io/os": "windows"}}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.Windows) },
        { "spec", """{"restartPolicy": "Never"}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.RunsToCompletion) },
        { "spec", """{"restartPolicy": "OnFailure"}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.RunsToCompletion) },
        { "spec", """{"terminationGracePeriodSeconds": 0}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.NoGrace) },
        { "spec", """{"containers": [{"name": "app", "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}}]}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.HooksEverywhere) },
        { "metadata", """{"annotations": {"kubernetes.io/config.mirror": "6d2f"}}""", nameof(DrainMode.Inject), nameof(InjectionVerdict.StaticPod) },
        { "spec", "{}", nameof(DrainMode.Intercept), nameof(InjectionVerdict.OptedOut) },
        { "spec", "{}", nameof(DrainMode.Off), nameof(InjectionVerdict.OptedOut) },
    };

    [Theory]
    [MemberData(nameof(Skipped))]
    public void Pods_that_are_left_alone(string part, string content, string mode, string expected)
    {
        var pod = Bare();
        foreach (var (name, value) in JsonNode.Parse(content)!.AsObject())
        {
            pod[part]![name] = value?.DeepClone();
        }

        var (verdict, result) = Inject(pod, ImageVolume, Policy with { Mode = Enum.Parse<DrainMode>(mode) });

        Assert.Equal(expected, verdict.ToString());
        Same(pod, result);
    }

    [Fact]
    public void The_hook_waits_for_silence_on_the_ports_that_the_containers_name()
    {
        var pod = Bare();
        pod["spec"]!["containers"] = JsonNode.Parse("""
            [{"name": "app", "ports": [{"containerPort": 9090}, {"containerPort": 53, "protocol": "UDP"}]}, {"name": "web", "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9090}]}]
            """);

        var (_, result) = Inject(pod, ImageVolume);

        string[] expected = ["/prestop/bin/prestop", "--log-to", "pid1", "--max", "45s", "--fallback", "45s", "--on-failure", "continue", "idle://:8080,9090"];
        Assert.Equal(expected, Command(result, 0).Select(word => (string)word!));
        Assert.Equal(expected, Command(result, 1).Select(word => (string)word!));
    }

    [Fact]
    public void Where_Services_say_which_ports_they_send_to_only_those_count()
    {
        var pod = Bare();
        pod["spec"]!["containers"]![0]!["ports"] = JsonNode.Parse("""[{"containerPort": 8080, "name": "http"}, {"containerPort": 9090, "name": "metrics"}]""");
        var service = Service.Resource.Parse("""
            {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}, {"port": 443, "targetPort": 8443}, {"port": 53, "protocol": "UDP"}, {"port": 81, "targetPort": "nowhere"}]}}
            """u8);

        Assert.Equal([8080, 8443], HookCommand.Ports(Recorded.Element(pod), [service]));
    }

    [Fact]
    public void Where_nobody_says_a_port_the_hook_sleeps()
    {
        var (_, result) = Inject(Bare(), ImageVolume, Policy with { Drain = TimeSpan.FromSeconds(90) });

        Assert.Equal(["/prestop/bin/prestop", "--log-to", "pid1", "1m30s"], Command(result, 0).Select(word => (string)word!));
    }

    private static JsonNode Bare() => JsonNode.Parse("""
        {"metadata": {"generateName": "web-"}, "spec": {"containers": [{"name": "app", "image": "app:1"}], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30}}
        """)!;

    private static JsonArray Command(JsonNode pod, int container) =>
        pod["spec"]!["containers"]![container]!["lifecycle"]!["preStop"]!["exec"]!["command"]!.AsArray();

    private static void SetCommand(JsonNode pod, JsonNode like) =>
        pod["spec"]!["containers"]![0]!["lifecycle"]!["preStop"]!["exec"]!["command"] = Command(like, 0).DeepClone();

    private static void Same(JsonNode? expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"expected {expected?.ToJsonString()}\nbut was {actual?.ToJsonString()}");
}
