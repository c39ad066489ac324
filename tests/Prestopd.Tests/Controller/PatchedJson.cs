using System.Text.Json.Nodes;

namespace Prestopd.Tests.Controller;

/// <summary>Patches as the API server applies them: RFC 6902, as far as it is used here, and RFC 7386.</summary>
internal static class PatchedJson
{
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
    public static JsonNode? Merge(JsonNode? document, JsonNode? patch)
    {
        if (patch is not JsonObject fields)
        {
            return patch?.DeepClone();
        }

        var result = document is JsonObject ? (JsonObject)document.DeepClone() : [];
        foreach (var (name, value) in fields)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = Merge(result[name], value);
            }
        }

        return result;
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
            case ("replace", JsonObject fields) when fields.ContainsKey(name):
                fields[name] = value;
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
