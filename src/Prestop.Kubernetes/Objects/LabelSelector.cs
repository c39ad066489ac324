using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Objects;

/// <summary>Which labels an object must have (<c>meta/v1 LabelSelector</c>): all of it has to hold. One that asks for nothing selects everything.</summary>
public sealed class LabelSelector
{
    private readonly KeyValuePair<string, string>[] _labels;
    private readonly Expression[] _expressions;

    private LabelSelector(KeyValuePair<string, string>[] labels, Expression[] expressions) => (_labels, _expressions) = (labels, expressions);

    /// <summary>The labels that must be there with exactly these values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels => _labels;

    /// <summary>A selector of labels alone, as a Service has it.</summary>
    /// <param name="labels">The labels.</param>
    public static LabelSelector Of(IReadOnlyDictionary<string, string> labels) => new([.. labels], []);

    /// <summary>Whether an object with these labels is selected.</summary>
    /// <param name="labels">The object's labels.</param>
    public bool Selects(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (name, value) in _labels)
        {
            if (!labels.TryGetValue(name, out var found) || found != value)
            {
                return false;
            }
        }

        foreach (var expression in _expressions)
        {
            if (!expression.Holds(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the selector looks at this label at all.</summary>
    /// <param name="name">The label's name.</param>
    public bool LooksAt(string name) =>
        Array.Exists(_labels, label => label.Key == name) || Array.Exists(_expressions, expression => expression.Name == name);

    /// <summary>Reads the value of a <c>selector</c> field.</summary>
    /// <param name="selector">The value; null when there is none.</param>
    /// <returns>The selector; null when there is none, which selects nothing.</returns>
    /// <exception cref="JsonException">It asks in a way that is not known.</exception>
    public static LabelSelector? Read(JsonElement? selector) =>
        selector is { ValueKind: JsonValueKind.Object } found
            ? new LabelSelector([.. found.Texts("matchLabels")], [.. found.Items("matchExpressions").Select(Expression.Read)])
            : null;

    private sealed record Expression(string Name, string Operator, string[] Values)
    {
        public bool Holds(IReadOnlyDictionary<string, string> labels) => Operator switch
        {
            "In" => labels.TryGetValue(Name, out var value) && Values.Contains(value),
            "NotIn" => !labels.TryGetValue(Name, out var value) || !Values.Contains(value),
            "Exists" => labels.ContainsKey(Name),
            _ => !labels.ContainsKey(Name),
        };

        public static Expression Read(JsonElement expression) =>
            expression.Text("key") is { } name && expression.Text("operator") is ("In" or "NotIn" or "Exists" or "DoesNotExist") and var how
                ? new Expression(name, how, [.. expression.Items("values").Select(value => value.Text() ?? "")])
                : throw new JsonException();
    }
}
