using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Manifests.Tests.Charts;

/// <summary>
/// A template as Helm renders it, for the small part of its language that our chart keeps to: fields, <c>if</c>, <c>if not</c>, <c>if eq</c>, <c>with</c>, <c>else</c>,
/// <c>include</c>, <c>define</c>, <c>quote</c>, <c>toYaml</c>, <c>nindent</c> and the trim marks of text/template. Whatever else stands in one is an error.
/// </summary>
internal sealed partial class ChartTemplate
{
    private readonly Dictionary<string, ChartTemplate> _helpers;
    private readonly List<Node> _nodes;

    private ChartTemplate(List<Node> nodes, Dictionary<string, ChartTemplate> helpers) => (_nodes, _helpers) = (nodes, helpers);

    /// <summary>Reads a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="helpers">What may be included, by name; gets what the template defines.</param>
    public static ChartTemplate Read(string text, Dictionary<string, ChartTemplate> helpers)
    {
        var tokens = new Queue<(bool IsAction, string Text)>(Tokens(text));
        var template = new ChartTemplate(ReadNodes(tokens, helpers, out var end), helpers);
        return end.Length == 0 ? template : throw new FormatException($"{{{{ {end} }}}} ends nothing");
    }

    /// <summary>Renders it.</summary>
    /// <param name="root">What <c>.</c> and the fields below it stand for.</param>
    public string Render(JsonNode root)
    {
        var text = new StringBuilder();
        Render(text, _nodes, root);
        return text.ToString();
    }

    /// <summary>Text and actions in turn; a dash inside the braces takes the white space off on its side.</summary>
    private static IEnumerable<(bool IsAction, string Text)> Tokens(string text)
    {
        var place = 0;
        var trims = false;
        foreach (Match action in Action().Matches(text))
        {
            var before = text[place..action.Index];
            before = trims ? before.TrimStart() : before;
            yield return (false, action.Groups[1].Length > 0 ? before.TrimEnd() : before);
            yield return (true, action.Groups[2].Value.Trim());
            (place, trims) = (action.Index + action.Length, action.Groups[3].Length > 0);
        }

        yield return (false, trims ? text[place..].TrimStart() : text[place..]);
    }

    /// <summary>Reads up to the <c>else</c> or <c>end</c> that belongs to whoever called, which is handed out; empty at the end of the text.</summary>
    private static List<Node> ReadNodes(Queue<(bool IsAction, string Text)> tokens, Dictionary<string, ChartTemplate> helpers, out string end)
    {
        var nodes = new List<Node>();
        while (tokens.TryDequeue(out var token))
        {
            if (!token.IsAction)
            {
                nodes.Add(new Node.Literal(token.Text));
                continue;
            }

            var words = Word().Matches(token.Text).Select(word => word.Value).ToArray();
            switch (words)
            {
                case ["else"] or ["end"]:
                    end = words[0];
                    return nodes;
                case ["define", var name]:
                    helpers[name.Trim('"')] = new ChartTemplate(Body(), helpers);
                    break;
                case ["if" or "with", .. var condition]:
                    var then = ReadNodes(tokens, helpers, out var middle);
                    var otherwise = middle switch { "else" => Body(), "end" => new List<Node>(), _ => throw new FormatException($"{{{{ {token.Text} }}}} has no {{{{ end }}}}") };
                    nodes.Add(new Node.Choice(words[0] == "with", condition, then, otherwise));
                    break;
                default:
                    nodes.Add(new Node.Output(words));
                    break;
            }
        }

        end = "";
        return nodes;

        List<Node> Body()
        {
            var body = ReadNodes(tokens, helpers, out var last);
            return last == "end" ? body : throw new FormatException($"{{{{ {last} }}}} where {{{{ end }}}} should be");
        }
    }

    private void Render(StringBuilder text, List<Node> nodes, JsonNode? dot)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case Node.Literal literal:
                    text.Append(literal.Text);
                    break;
                case Node.Output output:
                    text.Append(Text(Pipe(output.Words, dot)));
                    break;
                case Node.Choice choice:
                    var (value, holds) = choice.Condition switch
                    {
                        [var field] when Value(field, dot) is var found => (found, IsTrue(found)),
                        ["not", var field] when !choice.Rebinds => (null, !IsTrue(Value(field, dot))),
                        ["eq", var field, ['"', .., '"'] quoted] when !choice.Rebinds => (null, Text(Value(field, dot)) == quoted[1..^1]),
                        _ => throw Unknown(choice.Condition),
                    };
                    Render(text, holds ? choice.Then : choice.Else, holds && choice.Rebinds ? value : dot);
                    break;
                default:
                    throw new InvalidOperationException();
            }
        }
    }

    private JsonNode? Pipe(string[] words, JsonNode? dot)
    {
        var value = words switch
        {
            ["include", var name, ".", ..] => JsonValue.Create(_helpers[name.Trim('"')].Render(dot!)),
            ["toYaml", var field, ..] => JsonValue.Create(PlainYaml.Of(Value(field, dot))),
            _ => Value(words[0], dot),
        };
        var rest = words.AsSpan(words[0] switch { "include" => 3, "toYaml" => 2, _ => 1 });
        while (rest.Length > 0)
        {
            switch (rest)
            {
                case ["|", "quote", ..]:
                    value = JsonValue.Create($"\"{Text(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
                    rest = rest[2..];
                    break;
                case ["|", "nindent", var count, ..]:
                    value = JsonValue.Create("\n" + Indented(Text(value), int.Parse(count, CultureInfo.InvariantCulture)));
                    rest = rest[3..];
                    break;
                default:
                    throw Unknown(words);
            }
        }

        return value;
    }

    private static JsonNode? Value(string word, JsonNode? dot)
    {
        if (word == ".")
        {
            return dot;
        }

        if (!Field().IsMatch(word))
        {
            throw Unknown([word]);
        }

        // Fields are those of the dot, also inside of a with.
        var value = dot;
        foreach (var name in word[1..].Split('.'))
        {
            value = value is JsonObject fields && fields.ContainsKey(name) ? fields[name] : throw new FormatException($"{word}: there is no {name}");
        }

        return value;
    }

    private static bool IsTrue(JsonNode? value) => value switch
    {
        null => false,
        JsonObject fields => fields.Count > 0,
        JsonArray items => items.Count > 0,
        _ => value.ToString() is not ("" or "false" or "0"),
    };

    private static string Text(JsonNode? value) => value is JsonValue ? value.ToString() : throw new FormatException("a list or fields as text; write toYaml");

    private static string Indented(string text, int count) => string.Join('\n', text.Split('\n').Select(line => new string(' ', count) + line));

    private static FormatException Unknown(string[] words) => new($"not a part of the template language that is kept to here: {string.Join(' ', words)}");

    private abstract record Node
    {
        public sealed record Literal(string Text) : Node;

        public sealed record Output(string[] Words) : Node;

        public sealed record Choice(bool Rebinds, string[] Condition, List<Node> Then, List<Node> Else) : Node;
    }

    [GeneratedRegex(@"\{\{(-(?=\s))?(.*?)((?<=\s)-)?\}\}", RegexOptions.Singleline)]
    private static partial Regex Action();

    [GeneratedRegex("\"[^\"]*\"|[^\\s\"]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^(\.[A-Za-z]+)+$")]
    private static partial Regex Field();
}
