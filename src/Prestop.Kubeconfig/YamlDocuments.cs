using System.Text.Json.Nodes;

namespace Prestop.Kubeconfig;

/// <summary>The documents of a YAML stream, as manifests come in it.</summary>
public static class YamlDocuments
{
    /// <summary>The schema of a CustomResourceDefinition, which may stand among manifests, goes deeper than anything else.</summary>
    private const int Deepest = 128;

    private const int LargestDocument = 200_000;

    /// <summary>Reads all of them.</summary>
    /// <param name="text">YAML, or JSON, which is YAML too.</param>
    /// <param name="problem">Why it cannot be read, with the line; empty when it can.</param>
    /// <returns>The documents as JSON, with YAML's own rules for what is null, true, false or a number, without those that say nothing; null for a problem.</returns>
    public static IReadOnlyList<JsonNode>? Read(string text, out string problem)
    {
        try
        {
            problem = "";
            return [.. YamlNode.ParseAll(text, Deepest).Select(node => node.ToJson(LargestDocument)).OfType<JsonNode>()];
        }
        catch (KubeconfigException thrown)
        {
            problem = thrown.Message;
            return null;
        }
    }
}
