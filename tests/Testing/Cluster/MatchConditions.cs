using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cel;

namespace Prestop.Testing.Cluster;

/// <summary>
/// The matchConditions of webhooks, which are CEL. Of what is optional only a field at the end of a path with a default is known: <c>a.?b.?c["d"].orValue("")</c>.
/// </summary>
internal static partial class MatchConditions
{
    /// <summary>An object that is not there: to look into it is an error, as in the API server.</summary>
    private static readonly object Nothing = new();

    private static readonly ConcurrentDictionary<string, CelProgramDelegate> Programs = new();

    /// <summary>What each expression says; null when it cannot be evaluated.</summary>
    /// <param name="expressions">The expressions.</param>
    /// <param name="request">The request of an AdmissionReview.</param>
    public static IReadOnlyList<bool?> Evaluate(IEnumerable<string> expressions, JsonObject request)
    {
        var variables = new Dictionary<string, object?>
        {
            ["request"] = Value(request.With(each =>
            {
                each.Remove("object");
                each.Remove("oldObject");
            })),
        };
        foreach (var (name, node) in new[] { ("object", request["object"]), ("oldObject", request["oldObject"]), ("namespaceObject", null) })
        {
            variables[name] = node is null ? Nothing : Value(node);
            variables[$"{name}IsNull"] = node is null;
        }

        return [.. expressions.Select(expression => Evaluate(expression, variables))];
    }

    private static bool? Evaluate(string expression, Dictionary<string, object?> variables)
    {
        try
        {
            return Programs.GetOrAdd(expression, text => new CelEnvironment(null, "").Compile(InOtherWords(text)))(variables) as bool?;
        }
        catch (CelException)
        {
            return null;
        }
    }

    /// <summary>
    /// The same in what the library knows. It takes an entry that is not there for null, which a field that is not there is not: so entries are asked for as fields, under names
    /// that fields can have.
    /// </summary>
    private static string InOtherWords(string expression)
    {
        expression = Optional().Replace(expression, found =>
        {
            var names = found.Groups["path"].Value.Split(".?");
            var paths = Enumerable.Range(2, names.Length - 1).Select(count => string.Join('.', names[..count])).ToList();
            return $"({string.Join(" && ", paths.Select(path => $"has({path})"))} && {found.Groups["key"].Value} in {paths[^1]} ? {paths[^1]}[{found.Groups["key"].Value}] : {found.Groups["default"].Value})";
        });
        expression = Null().Replace(expression, found => $"{(found.Groups["not"].Length > 0 ? "!" : "")}{found.Groups["name"].Value}IsNull");
        return Entry().Replace(expression, found => $".{FieldName(found.Groups["key"].Value)}");
    }

    private static string FieldName(string key) => NotOfNames().Replace(key, letter => $"_{(int)letter.Value[0]:x}_");

    private static object? Value(JsonNode? node) => node switch
    {
        null => null,
        JsonObject fields => fields.SelectMany(field => new[] { field.Key, FieldName(field.Key) }.Distinct().Select(name => (name, field.Value))).ToDictionary(field => field.name, field => Value(field.Value)),
        JsonArray items => items.Select(Value).ToList(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => node.GetValue<bool>(),
            JsonValueKind.Number => (node as JsonNode).Number() ?? (object)double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
            _ => node.GetValue<string>(),
        },
    };

    [GeneratedRegex("""(?<path>\w+(?:\.\?\w+)+)\[(?<key>"[^"]*")\]\.orValue\((?<default>"[^"]*")\)""")]
    private static partial Regex Optional();

    [GeneratedRegex(@"\b(?<name>object|oldObject|namespaceObject) (?:(?<not>!)=|==) null")]
    private static partial Regex Null();

    [GeneratedRegex("""\["(?<key>[^"]*)"\]""")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\W")]
    private static partial Regex NotOfNames();
}
