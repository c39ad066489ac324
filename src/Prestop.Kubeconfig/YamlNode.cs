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
        var documents = new Reader(text, Deepest);
        var only = documents.Next();
        return only is null || documents.IsAtEnd() ? only : throw documents.At("a second document begins; there must be one");
    }

    /// <summary>All documents of a text.</summary>
    /// <param name="text">YAML, or JSON, which is YAML too.</param>
    /// <param name="deepest">How many levels are read.</param>
    /// <exception cref="KubeconfigException">As for <see cref="Parse"/>.</exception>
    public static List<YamlNode> ParseAll(string text, int deepest)
    {
        var documents = new Reader(text, deepest);
        var all = new List<YamlNode>();
        while (documents.Next() is { } document)
        {
            all.Add(document);
        }

        return all;
    }

    /// <summary>The same as JSON, with YAML's own rules for what is null, true, false or a number.</summary>
    /// <param name="largest">How many values there may be.</param>
    /// <exception cref="KubeconfigException">Aliases make it too large to be written out.</exception>
    public JsonNode? ToJson(int largest = LargestJson)
    {
        var left = largest;
        return ToJson(ref left, largest);
    }

    private JsonNode? ToJson(ref int left, int largest)
    {
        if (left-- == 0)
        {
            throw new KubeconfigException($"more than {largest} values");
        }

        if (Items is not null)
        {
            var array = new JsonArray();
            foreach (var item in Items)
            {
                array.Add(item.ToJson(ref left, largest));
            }

            return array;
        }

        if (Fields is not null)
        {
            var json = new JsonObject();
            foreach (var (name, value) in Fields)
            {
                json[name] = value.ToJson(ref left, largest);
            }

            return json;
        }

        return IsNull ? null
            : IsPlain && Text is "true" or "false" ? JsonValue.Create(Text == "true")
            : IsPlain && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
            : JsonValue.Create(Text);
    }

    private sealed class Reader
    {
        private readonly Parser _parser;
        private readonly int _deepest;
        private readonly Dictionary<AnchorName, YamlNode> _anchors = [];

        public Reader(string text, int deepest)
        {
            (_parser, _deepest) = (new Parser(new StringReader(text)), deepest);
            Guarded(_parser.Consume<StreamStart>);
        }

        /// <summary>The next document; null when there is none.</summary>
        public YamlNode? Next() => IsAtEnd() ? null : Guarded(() =>
        {
            _anchors.Clear();
            _parser.Consume<DocumentStart>();
            var root = Read(0);
            _parser.Consume<DocumentEnd>();
            return root;
        });

        public bool IsAtEnd() => Guarded(() => _parser.Accept<StreamEnd>(out _));

        private YamlNode Read(int depth)
        {
            if (depth > _deepest)
            {
                throw At($"deeper than {_deepest} levels");
            }

            if (_parser.TryConsume<AnchorAlias>(out var alias))
            {
                return _anchors.TryGetValue(alias.Value, out var known)
                    ? known
                    : throw new KubeconfigException($"line {alias.Start.Line}: nothing has this anchor yet");
            }

            var anchor = _parser.Accept<NodeEvent>(out var begin) ? begin.Anchor : AnchorName.Empty;
            var node = _parser.TryConsume<Scalar>(out var scalar) ? new YamlNode { Text = scalar.Value, IsPlain = scalar.Style is ScalarStyle.Plain }
                : _parser.TryConsume<SequenceStart>(out _) ? new YamlNode { Items = ReadItems(depth) }
                : ReadFields(depth);
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = node;
            }

            return node;
        }

        private List<YamlNode> ReadItems(int depth)
        {
            var items = new List<YamlNode>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Read(depth + 1));
            }

            return items;
        }

        private YamlNode ReadFields(int depth)
        {
            _parser.Consume<MappingStart>();
            var fields = new Dictionary<string, YamlNode>();
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                if (!_parser.TryConsume<Scalar>(out var name))
                {
                    throw At("the name of a field must be a word");
                }

                if (name is { Value: "<<", Style: ScalarStyle.Plain })
                {
                    throw new KubeconfigException($"line {name.Start.Line}: merge keys (<<) are not read; write the fields out");
                }

                if (!fields.TryAdd(name.Value, Read(depth + 1)))
                {
                    throw new KubeconfigException($"line {name.Start.Line}: field {name.Value} is there twice");
                }
            }

            return new YamlNode { Fields = fields };
        }

        public KubeconfigException At(string problem) =>
            new($"line {_parser.Current?.Start.Line}: {problem}");

        private static T Guarded<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (YamlException thrown)
            {
                throw new KubeconfigException($"line {thrown.Start.Line}: this is not YAML");
            }
        }
    }
}
