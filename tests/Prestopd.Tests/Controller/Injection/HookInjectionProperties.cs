using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Prestopd.Controller.Injection;
using Xunit;

namespace Prestopd.Tests.Controller.Injection;

/// <summary>
/// Whatever a pod looks like: the patch applies, nothing of the author's is lost, the result is what the API server accepts, and asking again changes
/// nothing. A patch that does not apply would refuse the pod.
/// </summary>
public sealed class HookInjectionProperties
{
    [Theory]
    [InlineData(nameof(HookDelivery.ImageVolume))]
    [InlineData(nameof(HookDelivery.InitContainer))]
    [InlineData(nameof(HookDelivery.NativeSleep))]
    public void Every_shape_of_pod_gets_its_hooks_and_keeps_what_it_has(string delivery)
    {
        var hooks = Pods.ImageVolume with { Delivery = Enum.Parse<HookDelivery>(delivery) };
        Prop.ForAll<byte[]>(bytes =>
        {
            var pod = new PodShape(bytes).Pod();
            var (verdict, result) = Pods.Inject(pod, hooks);
            var (again, _) = Pods.Inject(result, hooks);

            Assert.NotEqual(InjectionVerdict.Injected, again);
            KeepsAll(pod["metadata"], result["metadata"]);
            KeepsAll(pod["spec"]!["containers"], result["spec"]!["containers"]);
            KeepsAll(pod["spec"]!["volumes"], result["spec"]!["volumes"]);
            var inits = List(result, "initContainers");
            KeepsAll(pod["spec"]!["initContainers"], new JsonArray([.. inits.Skip(inits.Count - List(pod, "initContainers").Count).Select(init => init!.DeepClone())]));
            Assert.Equal(
                (int)pod["spec"]!["terminationGracePeriodSeconds"]! + (verdict is InjectionVerdict.Injected ? 45 : 0),
                (int)result["spec"]!["terminationGracePeriodSeconds"]!);
            Accepted(result);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    /// <summary>What the API server refuses with 422.</summary>
    private static void Accepted(JsonNode pod)
    {
        var volumes = List(pod, "volumes").Select(volume => (string)volume!["name"]!).ToList();
        Unique(volumes);
        var containers = List(pod, "containers").Concat(List(pod, "initContainers")).Select(container => container!).ToList();
        Unique(containers.Select(container => (string)container["name"]!));
        foreach (var container in containers)
        {
            var mounts = container["volumeMounts"]?.AsArray() ?? [];
            Unique(mounts.Select(mount => (string)mount!["mountPath"]!));
            Assert.All(mounts, mount => Assert.Contains((string)mount!["name"]!, volumes));
        }

        foreach (var init in List(pod, "initContainers").Where(init => init!["restartPolicy"] is null))
        {
            Assert.Null(init!["lifecycle"]);
        }

        foreach (var container in List(pod, "containers").Concat(List(pod, "initContainers").Where(init => init!["restartPolicy"] is not null)))
        {
            var hook = container!["lifecycle"]!["preStop"]!.AsObject();
            Assert.Single(hook);
            if (hook["exec"] is { } exec && (string)exec["command"]![0]! is var program && program.StartsWith("/prestop", StringComparison.Ordinal))
            {
                Assert.Contains(container["volumeMounts"]!.AsArray(), mount => program.StartsWith((string)mount!["mountPath"]! + "/", StringComparison.Ordinal) && (string)mount["name"]! != "data");
            }
        }
    }

    /// <summary>All that was there is there, in its place.</summary>
    private static void KeepsAll(JsonNode? before, JsonNode? after)
    {
        switch (before)
        {
            case null:
                break;
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    KeepsAll(value, after?[name]);
                }

                break;
            case JsonArray items:
                Assert.True(after is JsonArray list && list.Count >= items.Count);
                foreach (var (index, item) in items.Index())
                {
                    KeepsAll(item, after[index]);
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(before, after), $"{before} became {after}");
                break;
        }
    }

    private static JsonArray List(JsonNode pod, string name) => pod["spec"]![name] as JsonArray ?? [];

    private static void Unique(IEnumerable<string> names) => Assert.Equal(names.Count(), names.Distinct().Count());

    /// <summary>A pod by the bytes of a generator: each list and field there, empty, null or missing.</summary>
    private sealed class PodShape(byte[] bytes)
    {
        private int _at;

        public JsonNode Pod()
        {
            var pod = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "p" }, ["spec"] = new JsonObject { ["terminationGracePeriodSeconds"] = 1 + Next(120) } };
            Maybe(pod["metadata"]!, "annotations", () => new JsonObject { ["a"] = "b" });
            pod["spec"]!["containers"] = new JsonArray([.. Enumerable.Range(0, 1 + Next(3)).Select(index => Container($"c{index}", isInit: false))]);
            Maybe(pod["spec"]!, "initContainers", () => new JsonArray([.. Enumerable.Range(0, 1 + Next(3)).Select(index => Container(index == 0 ? "prestop-install" : $"i{index}", isInit: true))]));
            pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "data" }, new JsonObject { ["name"] = "prestop" });
            if (!pod["spec"]!.ToJsonString().Contains("mountPath", StringComparison.Ordinal))
            {
                pod["spec"]!.AsObject().Remove("volumes");
                Maybe(pod["spec"]!, "volumes", () => new JsonArray(new JsonObject { ["name"] = "prestop-1" }));
            }

            return pod;
        }

        private JsonObject Container(string name, bool isInit)
        {
            var container = new JsonObject { ["name"] = name };
            if (isInit && Next(2) == 0)
            {
                container["restartPolicy"] = "Always";
            }

            if (!isInit || container["restartPolicy"] is not null)
            {
                Maybe(container, "lifecycle", () => Next(3) switch
                {
                    0 => new JsonObject { ["postStart"] = new JsonObject { ["sleep"] = new JsonObject { ["seconds"] = 1 } } },
                    1 => new JsonObject { ["stopSignal"] = "SIGUSR1" },
                    _ => new JsonObject { ["preStop"] = new JsonObject { ["exec"] = new JsonObject { ["command"] = new JsonArray("sleep", "1") } } },
                });
            }

            Maybe(container, "volumeMounts", () => new JsonArray(new JsonObject { ["name"] = "data", ["mountPath"] = Next(2) == 0 ? "/prestop" : "/prestop/x" }));
            Maybe(container, "resources", () => new JsonObject { ["limits"] = new JsonObject { ["cpu"] = "1", ["example.com/gpu"] = "1" } });
            Maybe(container, "ports", () => new JsonArray(new JsonObject { ["containerPort"] = 1 + Next(200) }));
            return container;
        }

        private void Maybe(JsonNode parent, string name, Func<JsonNode> value)
        {
            switch (Next(4))
            {
                case 0:
                    break;
                case 1:
                    parent[name] = null;
                    break;
                default:
                    parent[name] = value();
                    break;
            }
        }

        private int Next(int below) => _at < bytes.Length ? bytes[_at++] % below : 0;
    }
}
