using System.Globalization;
using System.Text.Json.Nodes;
using Prestop.Testing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace BlackBox.Tests.Elb;

/// <summary>The manifests of the repository.</summary>
internal static class Manifests
{
    /// <summary>The documents of a manifest.</summary>
    /// <param name="path">Its path in the repository.</param>
    public static IReadOnlyList<Node> Of(string path) => In(File.ReadAllText(Repository.PathTo(path)));

    /// <summary>The documents of a text.</summary>
    public static IReadOnlyList<Node> In(string text)
    {
        var yaml = new YamlStream();
        using var reader = new StringReader(text);
        yaml.Load(reader);
        return [.. yaml.Documents.Select(document => new Node(document.RootNode))];
    }

    /// <summary>A value in a manifest.</summary>
    internal sealed record Node(YamlNode Yaml)
    {
        public string Text => ((YamlScalarNode)Yaml).Value!;

        public IReadOnlyList<Node> Items => [.. ((YamlSequenceNode)Yaml).Select(item => new Node(item))];

        /// <summary>The same in JSON.</summary>
        public JsonNode? ToJson() => Yaml switch
        {
            YamlMappingNode mapping => new JsonObject(mapping.Children.Select(field => KeyValuePair.Create(((YamlScalarNode)field.Key).Value!, new Node(field.Value).ToJson()))),
            YamlSequenceNode => new JsonArray([.. Items.Select(item => item.ToJson())]),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: var plain } when bool.TryParse(plain, out var flag) => flag,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: var plain } when int.TryParse(plain, CultureInfo.InvariantCulture, out var number) => number,
            _ => Text,
        };

        /// <summary>What lies below fields; null when one of them is not there.</summary>
        public Node? At(params string[] fields)
        {
            var node = Yaml;
            foreach (var field in fields)
            {
                if (node is not YamlMappingNode mapping || !mapping.Children.TryGetValue(new YamlScalarNode(field), out node))
                {
                    return null;
                }
            }

            return new Node(node);
        }
    }
}
