using System.Text.Json.Nodes;
using Prestop.Kubeconfig;

namespace Manifests.Tests.Charts;

/// <summary>The chart in <c>deploy/charts/prestop</c>.</summary>
internal static class Chart
{
    /// <summary>Its folder, from the repository's root.</summary>
    public const string Folder = "deploy/charts/prestop";

    /// <summary>The namespace that it is installed into here.</summary>
    public const string Namespace = "prestop";

    /// <summary>Chart.yaml.</summary>
    public static JsonObject About => Yaml(Repository.Read(Folder, "Chart.yaml"));

    /// <summary>The files that make manifests, in order.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Repository.PathTo(Folder, "templates"), "*.yaml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    /// <summary>The default values with others over them, as Helm lays them: fields one by one, anything else whole.</summary>
    /// <param name="over">YAML; empty for the defaults.</param>
    public static JsonObject Values(string over = "")
    {
        var values = Yaml(Repository.Read(Folder, "values.yaml"));
        if (over.Length > 0)
        {
            Lay(values, Yaml(over));
        }

        return values;
    }

    /// <summary>What a file of the chart becomes; empty where the values leave it out.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="values">The values.</param>
    public static string Render(string file, JsonObject values)
    {
        var helpers = new Dictionary<string, ChartTemplate>();
        ChartTemplate.Read(Repository.Read(Folder, "templates", "_helpers.tpl"), helpers);
        return ChartTemplate.Read(Repository.Read(Folder, "templates", file), helpers).Render(new JsonObject
        {
            ["Values"] = values.DeepClone(),
            ["Release"] = new JsonObject { ["Namespace"] = Namespace, ["Name"] = "prestop" },
            ["Chart"] = new JsonObject { ["AppVersion"] = (string?)About["appVersion"] },
        }).TrimStart('\n');
    }

    private static void Lay(JsonObject under, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            if (value is JsonObject fields && under[name] is JsonObject there)
            {
                Lay(there, fields);
            }
            else
            {
                under[name] = value?.DeepClone();
            }
        }
    }

    private static JsonObject Yaml(string text) => (JsonObject)(YamlDocuments.Read(text, out var problem) ?? throw new FormatException(problem))[0];
}
