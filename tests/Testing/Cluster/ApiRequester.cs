using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>One request's author and manner.</summary>
/// <param name="User">Who asks.</param>
/// <param name="IsDryRun">Whether nothing is to come of it.</param>
internal sealed record ApiRequester(ApiUser User, bool IsDryRun = false)
{
    /// <summary>What webhooks said besides; the answer has them as Warning fields.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The options of a create or an update, as webhooks see them.</summary>
    public JsonObject Options(string kind)
    {
        var options = new JsonObject { ["kind"] = kind, ["apiVersion"] = "meta.k8s.io/v1" };
        if (IsDryRun)
        {
            options["dryRun"] = new JsonArray("All");
        }

        return options;
    }
}
