using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cel;

namespace Prestop.Testing.Cluster;

/// <summary>
/// The matchConditions of webhooks, which are CEL. A field that is not there is null in comparisons, where the API server's CEL reports an error; what
/// is optional (<c>.?</c>) is not known.
/// </summary>
internal static class MatchConditions
{
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
            ["object"] = Value(request["object"]),
            ["oldObject"] = Value(request["oldObject"]),
            ["namespaceObject"] = null,
        };
        return [.. expressions.Select(expression => Evaluate(expression, variables))];
    }

    private static bool? Evaluate(string expression, Dictionary<string, object?> variables)
    {
        try
        {
            return Programs.GetOrAdd(expression, text => new CelEnvironment(null, "").Compile(text))(variables) as bool?;
        }
        catch (CelException)
        {
            return null;
        }
    }

    private static object? Value(JsonNode? node) => node switch
    {
        null => null,
        JsonObject fields => fields.ToDictionary(field => field.Key, field => Value(field.Value)),
        JsonArray items => items.Select(Value).ToList(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => node.GetValue<bool>(),
            JsonValueKind.Number => (node as JsonNode).Number() ?? (object)double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
            _ => node.GetValue<string>(),
        },
    };
}
