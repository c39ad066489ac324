using System.Text.Json.Nodes;

namespace Prestop.Testing;

/// <summary>Patches as the API server applies them: RFC 6902 without its moves and copies, RFC 7386, and Kubernetes' own merge of lists.</summary>
internal static class PatchedJson
{
    /// <summary>By what the items of a list are known, as the fields' <c>patchMergeKey</c> in k8s.io/api says.</summary>
    private static readonly Dictionary<string, string> MergeKeys = new()
    {
        ["conditions"] = "type",
        ["containers"] = "name",
        ["env"] = "name",
        ["initContainers"] = "name",
        ["ownerReferences"] = "uid",
        ["volumeMounts"] = "mountPath",
        ["volumes"] = "name",
        ["webhooks"] = "name",
    };

    /// <summary>The document after a JSON patch; one that does not apply is an <see cref="InvalidOperationException"/>, as it is a refused pod there.</summary>
    public static JsonNode Apply(JsonNode document, JsonArray patch)
    {
        var result = document.DeepClone();
        foreach (var operation in patch)
        {
            var path = (string)operation!["path"]!;
            var names = path.Split('/').Skip(1).Select(name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
            var parent = result;
            foreach (var name in names[..^1])
            {
                parent = Child(parent, name) ?? throw Missing(path);
            }

            Change(parent!, names[^1], operation.AsObject(), path);
        }

        return JsonNode.Parse(result.ToJsonString())!;
    }

    /// <summary>The document after a merge patch.</summary>
    public static JsonNode? Merge(JsonNode? document, JsonNode? patch) => Merge(document, patch, key: null, isStrategic: false);

    /// <summary>The document after a strategic merge patch: as after a merge patch, but the items of lists are merged by their names.</summary>
    public static JsonNode? MergeStrategic(JsonNode? document, JsonNode? patch) => Merge(document, patch, key: null, isStrategic: true);

    private static JsonNode? Merge(JsonNode? document, JsonNode? patch, string? key, bool isStrategic)
    {
        switch (document, patch)
        {
            case (_, JsonObject fields):
                var result = document is JsonObject ? (JsonObject)document.DeepClone() : [];
                foreach (var (name, value) in fields.Where(each => !isStrategic || !each.Key.StartsWith('$')))
                {
                    if (value is null)
                    {
                        result.Remove(name);
                    }
                    else
                    {
                        result[name] = Merge(result[name], value, isStrategic ? MergeKeys.GetValueOrDefault(name) : null, isStrategic);
                    }
                }

                return result;
            case (JsonArray items, JsonArray changes) when key is not null:
                return MergeItems(items, changes, key);
            default:
                return patch?.DeepClone();
        }
    }

    private static JsonArray MergeItems(JsonArray items, JsonArray changes, string key)
    {
        var merged = items.Select(item => item?.DeepClone()).ToList();
        foreach (var change in changes)
        {
            var at = merged.FindIndex(item => (string?)item![key] == (string?)change![key]);
            if ((string?)change!["$patch"] == "delete")
            {
                merged.RemoveAt(at);
            }
            else if (at < 0)
            {
                merged.Add(change.DeepClone());
            }
            else
            {
                merged[at] = Merge(merged[at], change, key: null, isStrategic: true);
            }
        }

        return new JsonArray([.. merged]);
    }

    private static void Change(JsonNode parent, string name, JsonObject operation, string path)
    {
        var value = operation["value"]?.DeepClone();
        switch ((string)operation["op"]!, parent)
        {
            case ("add", JsonArray list) when name == "-":
                list.Add(value);
                break;
            case ("add", JsonArray list) when int.Parse(name) <= list.Count:
                list.Insert(int.Parse(name), value);
                break;
            case ("add", JsonObject fields):
                fields[name] = value;
                break;
            case ("test", _) when JsonNode.DeepEquals(Child(parent, name), value):
                break;
            case ("replace", JsonObject fields) when fields.ContainsKey(name):
                fields[name] = value;
                break;
            case ("replace", JsonArray list) when Child(list, name) is not null:
                list[int.Parse(name)] = value;
                break;
            case ("remove", JsonArray list) when Child(list, name) is not null:
                list.RemoveAt(int.Parse(name));
                break;
            case ("remove", JsonObject fields) when fields.Remove(name):
                break;
            default:
                throw Missing(path);
        }
    }

    private static JsonNode? Child(JsonNode? parent, string name) => parent switch
    {
        JsonObject fields => fields[name],
        JsonArray list when int.TryParse(name, out var index) && index < list.Count => list[index],
        _ => null,
    };

    private static InvalidOperationException Missing(string path) => new($"the patch does not apply: {path} is missing");
}
