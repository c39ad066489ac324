using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>The subresource <c>scale</c> (autoscaling/v1).</summary>
internal static class Scale
{
    public static JsonObject Of(JsonObject workload) => new()
    {
        ["kind"] = "Scale",
        ["apiVersion"] = "autoscaling/v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = workload.Name(),
            ["namespace"] = workload.Namespace(),
            ["uid"] = workload.Uid(),
            ["resourceVersion"] = workload.Version(),
        },
        ["spec"] = new JsonObject { ["replicas"] = workload.Number("spec", "replicas") ?? 0 },
        ["status"] = new JsonObject { ["replicas"] = workload.Number("status", "replicas") ?? 0 },
    };

    /// <summary>The workload with as many replicas as the scale says.</summary>
    public static JsonObject Apply(JsonObject workload, JsonObject scale) => workload.With(copy =>
    {
        copy["metadata"]!["resourceVersion"] = scale.Version();
        copy["spec"]!["replicas"] = scale.Number("spec", "replicas");
    });
}
