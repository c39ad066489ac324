using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>What the API server says of itself.</summary>
internal static class Discovery
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>The document at a path; null when it is none of these.</summary>
    public static JsonObject? Answer(string path, IReadOnlySet<ApiKind> kinds) => path switch
    {
        "/version" => JsonFields.Object("""{"major": "1", "minor": "36", "gitVersion": "v1.36.2", "platform": "linux/amd64"}"""),
        "/api" => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
        "/apis" => new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. kinds.Where(kind => kind.Group.Length > 0).GroupBy(kind => kind.Group).Select(group => Group(group.First()))]),
        },
        _ => kinds.Where(kind => kind.Root == path).ToList() is { Count: > 0 } served ? Resources(served) : null,
    };

    private static JsonObject Group(ApiKind kind)
    {
        var version = new JsonObject { ["groupVersion"] = kind.ApiVersion, ["version"] = kind.Version };
        return new JsonObject { ["name"] = kind.Group, ["versions"] = new JsonArray(version), ["preferredVersion"] = version.DeepClone() };
    }

    private static JsonObject Resources(List<ApiKind> kinds)
    {
        var resources = new JsonArray();
        foreach (var kind in kinds)
        {
            resources.Add(Resource(kind.Plural, kind.Kind, kind, Verbs));
            foreach (var name in kind.Subresources)
            {
                var resource = name switch
                {
                    "eviction" => Resource($"{kind.Plural}/{name}", "Eviction", kind, "create"),
                    "scale" => Resource($"{kind.Plural}/{name}", "Scale", kind, "get", "patch", "update"),
                    _ => Resource($"{kind.Plural}/{name}", kind.Kind, kind, "get", "patch", "update"),
                };
                if (name is "eviction" or "scale")
                {
                    (resource["group"], resource["version"]) = name == "eviction" ? ("policy", "v1") : ("autoscaling", "v1");
                }

                resources.Add(resource);
            }
        }

        return new JsonObject { ["kind"] = "APIResourceList", ["apiVersion"] = "v1", ["groupVersion"] = kinds[0].ApiVersion, ["resources"] = resources };
    }

    private static JsonObject Resource(string name, string kindName, ApiKind kind, params string[] verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = "",
        ["namespaced"] = kind.IsNamespaced,
        ["kind"] = kindName,
        ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]),
    };
}
