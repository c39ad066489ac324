using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Prestop.Kubeconfig;

/// <summary>A value of a YAML document: text, a list, or fields. No reflection, and none of YAML's types: whoever reads a field knows its own.</summary>
internal sealed class YamlNode
{
    private const int Deepest = 32;
    private const int LargestJson = 10_000;

    /// <summary>The text of a scalar; null for a list or fields.</summary>
    public string? Text { get; private init; }

    /// <summary>Whether the text is without quotes, so that it may stand for null, true or a number.</summary>
    public bool IsPlain { get; private init; }

    /// <summary>The items of a list; null for anything else.</summary>
    public IReadOnlyList<YamlNode>? Items { get; private init; }

    /// <summary>The fields; null for anything else.</summary>
    public IReadOnlyDictionary<string, YamlNode>? Fields { get; private init; }

    /// <summary>Whether nothing is said: <c>null</c>, <c>~</c>, or nothing at all.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>The one document of a text; null when there is none, as in an empty file.</summary>
    /// <param name="text">YAML, or JSON, which is YAML too.</param>
    /// <exception cref="KubeconfigException">It is not YAML, or more than is read here. The message names the line and quotes nothing.</exception>
    public static YamlNode? Parse(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return null;
            }

            parser.Consume<DocumentStart>();
            var root = Read(parser, new Dictionary<AnchorName, YamlNode>(), 0);
            parser.Consume<DocumentEnd>();
            return parser.Accept<StreamEnd>(out _) ? root : throw At(parser, "a second document begins; there must be one");
        }
        catch (YamlException thrown)
        {
            throw new KubeconfigException($"line {thrown.Start.Line}: this is not YAML");
        }
    }

    /// <summary>The same as JSON, with YAML's own rules for what is null, true, false or a number.</summary>
    /// <exception cref="KubeconfigException">Aliases make it too large to be written out.</exception>
    public JsonNode? ToJson()
    {
        var left = LargestJson;
        return ToJson(ref left);
    }

    private JsonNode? ToJson(ref int left)
    {
        if (left-- == 0)
        {
            throw new KubeconfigException($"more than {LargestJson} values");
        }

        if (Items is not null)
        {
            var array = new JsonArray();
            foreach (var item in Items)
            {
                array.Add(item.ToJson(ref left));
            }

            return array;
        }

        if (Fields is not null)
        {
            var json = new JsonObject();
            foreach (var (name, value) in Fields)
            {
                json[name] = value.ToJson(ref left);
            }

            return json;
        }

        return IsNull ? null
            : IsPlain && Text is "true" or "false" ? JsonValue.Create(Text == "true")
            : IsPlain && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
            : JsonValue.Create(Text);
    }

    private static YamlNode Read(Parser parser, Dictionary<AnchorName, YamlNode> anchors, int depth)
    {
        if (depth > Deepest)
        {
            throw At(parser, $"deeper than {Deepest} levels");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new KubeconfigException($"line {alias.Start.Line}: nothing has this anchor yet");
        }

        var anchor = parser.Accept<NodeEvent>(out var begin) ? begin.Anchor : AnchorName.Empty;
        var node = parser.TryConsume<Scalar>(out var scalar) ? new YamlNode { Text = scalar.Value, IsPlain = scalar.Style is ScalarStyle.Plain }
            : parser.TryConsume<SequenceStart>(out _) ? new YamlNode { Items = ReadItems(parser, anchors, depth) }
            : ReadFields(parser, anchors, depth);
        if (!anchor.IsEmpty)
        {
            anchors[anchor] = node;
        }

        return node;
    }

    private static List<YamlNode> ReadItems(Parser parser, Dictionary<AnchorName, YamlNode> anchors, int depth)
    {
        var items = new List<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Read(parser, anchors, depth + 1));
        }

        return items;
    }

    private static YamlNode ReadFields(Parser parser, Dictionary<AnchorName, YamlNode> anchors, int depth)
    {
        parser.Consume<MappingStart>();
        var fields = new Dictionary<string, YamlNode>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var name))
            {
                throw At(parser, "the name of a field must be a word");
            }

            if (name is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw new KubeconfigException($"line {name.Start.Line}: merge keys (<<) are not read; write the fields out");
            }

            if (!fields.TryAdd(name.Value, Read(parser, anchors, depth + 1)))
            {
                throw new KubeconfigException($"line {name.Start.Line}: field {name.Value} is there twice");
            }
        }

        return new YamlNode { Fields = fields };
    }

    private static KubeconfigException At(Parser parser, string problem) =>
        new($"line {parser.Current?.Start.Line}: {problem}");
}
