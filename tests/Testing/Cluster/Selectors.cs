using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Prestop.Testing.Cluster;

/// <summary>Which objects a list or a watch is about.</summary>
/// <param name="label">Whether an object's labels fit.</param>
/// <param name="field">Whether its fields fit.</param>
internal sealed partial class Selectors(Predicate<JsonNode> label, Predicate<JsonNode> field)
{
    private static readonly string[] FieldsOfAll = ["metadata.name", "metadata.namespace"];
    private static readonly string[] FieldsOfPods = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"];

    public bool Fit(JsonNode subject) => label(subject) && field(subject);

    /// <summary>Reads the parameters of a request.</summary>
    /// <exception cref="Refusal">They cannot be read.</exception>
    public static Selectors Of(ApiKind kind, string? labels, string? fields) => new(ByLabels(labels ?? ""), ByFields(kind, fields ?? ""));

    /// <summary>Whether labels fit a LabelSelector, as it stands in a workload or a budget. One that is null fits nothing, an empty one everything.</summary>
    public static bool Fits(JsonNode? selector, JsonNode? labels) =>
        selector is not null
        && (selector.At("matchLabels") as JsonObject ?? []).All(label => labels.Text(label.Key) == label.Value.Text())
        && selector.Items("matchExpressions").All(each => Fits(labels, each.Text("key")!, each.Text("operator")!, [.. each.Items("values").Select(value => value.Text()!)]));

    private static bool Fits(JsonNode? labels, string key, string test, string[] values) => test switch
    {
        "In" => labels.Text(key) is { } value && values.Contains(value),
        "NotIn" => labels.Text(key) is not { } value || !values.Contains(value),
        "Exists" => labels.Text(key) is not null,
        "DoesNotExist" => labels.Text(key) is null,
        _ => throw Refusal.BadRequest($"\"{test}\" is not a valid label selector operator"),
    };

    private static Predicate<JsonNode> ByLabels(string selector)
    {
        var requirements = new List<Predicate<JsonNode>>();
        foreach (var part in Comma().Split(selector).Where(part => part.Length > 0))
        {
            var match = Requirement().Match(part.Trim());
            if (!match.Success)
            {
                throw Refusal.BadRequest(part.Contains("===", StringComparison.Ordinal)
                    ? "unable to parse requirement: found '=', expected: identifier"
                    : $"unable to parse requirement: {part}");
            }

            var (key, values) = (match.Groups["key"].Value, match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries));
            var test = match.Groups["op"].Value switch
            {
                "" => match.Groups["not"].Length > 0 ? "DoesNotExist" : "Exists",
                "=" or "==" or "in" => "In",
                _ => "NotIn",
            };
            requirements.Add(subject => Fits(subject.Labels(), key, test, values));
        }

        return subject => requirements.TrueForAll(fits => fits(subject));
    }

    private static Predicate<JsonNode> ByFields(ApiKind kind, string selector)
    {
        var requirements = new List<Predicate<JsonNode>>();
        foreach (var part in selector.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var match = FieldRequirement().Match(part);
            var path = match.Groups["path"].Value;
            if (!FieldsOfAll.Contains(path) && !(kind == ApiKind.Pod && FieldsOfPods.Contains(path)) && kind != ApiKind.Event)
            {
                throw Refusal.BadRequest($"field label not supported: {path}");
            }

            requirements.Add(subject => (subject.Text(path.Split('.')) ?? "") == match.Groups["value"].Value == (match.Groups["op"].Value != "!="));
        }

        return subject => requirements.TrueForAll(fits => fits(subject));
    }

    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex Comma();

    [GeneratedRegex(@"^(?<not>!?)(?<key>[A-Za-z0-9][-A-Za-z0-9_./]*)(?:\s*(?<op>==|=|!=)\s*(?<values>[-A-Za-z0-9_.]*)|\s+(?<op>in|notin)\s+\((?<values>[^)]*)\))?$")]
    private static partial Regex Requirement();

    [GeneratedRegex("^(?<path>[^=!]+)(?<op>==|=|!=)(?<value>.*)$")]
    private static partial Regex FieldRequirement();
}
