namespace Prestop.Kubeconfig;

/// <summary>A cluster, user or context of a kubeconfig, with the file that it is from: paths are relative to that one.</summary>
/// <param name="file">The file.</param>
/// <param name="kind"><c>cluster</c>, <c>user</c> or <c>context</c>.</param>
/// <param name="name">Its name.</param>
/// <param name="fields">Its fields.</param>
internal sealed class KubeconfigEntry(string file, string kind, string name, IReadOnlyDictionary<string, YamlNode> fields)
{
    public string Name => name;

    /// <summary>The context that asks for it, for messages.</summary>
    public string Context { get; set; } = "";

    /// <summary>A part of the entry that has fields of its own; null when it is not there.</summary>
    /// <param name="field">The field that holds it.</param>
    public KubeconfigEntry? Part(string field) => Node(field) switch
    {
        null => null,
        { Fields: { } inner } => new KubeconfigEntry(file, kind, name, inner) { Context = Context, Prefix = $"{Prefix}{field}." },
        _ => throw Problem(field, "must hold fields"),
    };

    /// <summary>A field as it is; null when it is not there.</summary>
    /// <param name="field">The field.</param>
    public YamlNode? Node(string field) => fields.TryGetValue(field, out var node) && !node.IsNull ? node : null;

    /// <summary>The text of a field; null when it is not there or empty.</summary>
    /// <param name="field">The field.</param>
    public string? Text(string field) => Node(field) switch
    {
        null => null,
        { Text: { } text } => text.Length > 0 ? text : null,
        _ => throw Problem(field, "must be text"),
    };

    /// <summary>A field that is true or false; false when it is not there.</summary>
    /// <param name="field">The field.</param>
    public bool Flag(string field) => Node(field) switch
    {
        null or { IsPlain: true, Text: "false" or "False" or "FALSE" } => false,
        { IsPlain: true, Text: "true" or "True" or "TRUE" } => true,
        _ => throw Problem(field, "must be true or false"),
    };

    /// <summary>The items of a list; none when it is not there.</summary>
    /// <param name="field">The field.</param>
    public IReadOnlyList<YamlNode> Items(string field) => Node(field) switch
    {
        null => [],
        { Items: { } items } => items,
        _ => throw Problem(field, "must be a list"),
    };

    /// <summary>
    /// What stands in the file itself (<c>FIELD-data</c>, base64) or in the file that <c>FIELD</c> names; null when neither is there. As with
    /// kubectl, the data counts when both are.
    /// </summary>
    /// <param name="field">The field that names a file.</param>
    /// <param name="source">Which of the two fields it is from, for messages.</param>
    public byte[]? Content(string field, out string source)
    {
        source = $"{field}-data";
        if (Text(source) is { } data)
        {
            try
            {
                return Convert.FromBase64String(data);
            }
            catch (FormatException)
            {
                throw Problem(source, "is not base64");
            }
        }

        source = field;
        return Text(field) is { } path ? Read(field, Absolute(path)) : null;
    }

    /// <summary>A path as seen from the file that names it.</summary>
    /// <param name="path">An absolute path, or one relative to the kubeconfig file.</param>
    public string Absolute(string path) => Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <summary>A mistake in a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="problem">What is wrong with it: the rest of a sentence that begins with its name.</param>
    public KubeconfigException Problem(string field, string problem) =>
        new($"{file}: {(Context.Length > 0 && kind != "context" ? $"context '{Context}': " : "")}{kind} '{name}': {Prefix}{field} {problem}");

    private string Prefix { get; init; } = "";

    private byte[] Read(string field, string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            throw Problem(field, $"names {path}, which {KubeconfigFile.Reason(thrown)}");
        }
    }
}
