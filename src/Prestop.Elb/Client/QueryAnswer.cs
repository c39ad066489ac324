using System.Xml;

namespace Prestop.Elb.Client;

/// <summary>The leaves of one member of a list, by their path: <c>Target/Id</c>. A leaf that is a list itself may come several times.</summary>
internal sealed class QueryMember
{
    private readonly List<(string Path, string Text)> _leaves = [];

    /// <summary>The text of a leaf; null when it is not there.</summary>
    /// <param name="path">The path below the member.</param>
    public string? Text(string path)
    {
        foreach (var leaf in _leaves)
        {
            if (leaf.Path == path)
            {
                return leaf.Text;
            }
        }

        return null;
    }

    /// <summary>The text of a leaf that the API always sends.</summary>
    /// <param name="path">The path below the member.</param>
    /// <exception cref="XmlException">It is not there.</exception>
    public string Required(string path) => Text(path) is { Length: > 0 } text ? text : throw new XmlException($"an entry without {path}");

    /// <summary>The texts of all leaves with a path, which in lists ends with <c>/member</c>.</summary>
    /// <param name="path">The path below the member.</param>
    public IReadOnlyList<string> All(string path) => [.. _leaves.Where(leaf => leaf.Path == path).Select(leaf => leaf.Text)];

    internal void Add(string path, string text) => _leaves.Add((path, text));

    internal void Clear() => _leaves.Clear();
}

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What its members are made into.</typeparam>
/// <param name="Items">The members.</param>
/// <param name="NextMarker">Where the next page begins; empty after the last one.</param>
internal sealed record QueryPage<T>(IReadOnlyList<T> Items, string NextMarker);

/// <summary>
/// Reads what the Query protocol answers, as it arrives: <c>ActionResponse/ActionResult/List/member</c>, or <c>ErrorResponse/Error</c>. Size
/// and depth are bounded, there are no document types and no entities of one's own.
/// </summary>
internal static class QueryAnswer
{
    /// <summary>The longest answer that is read, in characters: a page of 400 target groups has under 1,000,000.</summary>
    public const long LongestAnswer = 16 * 1024 * 1024;

    /// <summary>How deep elements may lie within each other; the API uses 7.</summary>
    public const int Deepest = 16;

    private static readonly XmlReaderSettings Settings = new()
    {
        Async = true,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = LongestAnswer,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    /// <summary>Reads a page.</summary>
    /// <typeparam name="T">What the members are made into.</typeparam>
    /// <param name="body">The answer.</param>
    /// <param name="action">The action that was called.</param>
    /// <param name="list">The name of the list.</param>
    /// <param name="make">Makes one of a member, which is used again for the next.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="XmlException">It is not such an answer. A list that is missing is no empty list: a target would pass for absent.</exception>
    public static async Task<QueryPage<T>> ReadPageAsync<T>(
        Stream body, string action, string list, Func<QueryMember, T> make, CancellationToken cancellation)
    {
        var listPath = $"{action}Response/{action}Result/{list}";
        var memberPath = $"{listPath}/member";
        var markerPath = $"{action}Response/{action}Result/NextMarker";
        var items = new List<T>();
        var member = new QueryMember();
        var marker = "";
        var hasList = false;
        await ReadAsync(
            body,
            (path, text) =>
            {
                if (path == memberPath)
                {
                    items.Add(make(member));
                    member.Clear();
                }
                else if (path.StartsWith(memberPath, StringComparison.Ordinal))
                {
                    member.Add(path[(memberPath.Length + 1)..], text);
                }
                else if (path == markerPath)
                {
                    marker = text;
                }
                else
                {
                    hasList |= path == listPath;
                }
            },
            cancellation);
        return hasList ? new QueryPage<T>(items, marker) : throw new XmlException($"no {list} in it");
    }

    /// <summary>Reads a refusal.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The API's code and message, both empty when there is nothing of the kind.</returns>
    public static async Task<(string Code, string Message)> ReadRefusalAsync(Stream body, CancellationToken cancellation)
    {
        var (code, message) = ("", "");
        try
        {
            await ReadAsync(
                body,
                (path, text) =>
                {
                    if (path.EndsWith("/Error/Code", StringComparison.Ordinal))
                    {
                        code = text;
                    }
                    else if (path.EndsWith("/Error/Message", StringComparison.Ordinal))
                    {
                        message = text;
                    }
                },
                cancellation);
        }
        catch (XmlException)
        {
            // A proxy's page; the status tells enough.
        }

        return (code, message);
    }

    /// <summary>Tells of every element at its end: its path and the text directly before that end.</summary>
    private static async Task ReadAsync(Stream body, Action<string, string> ended, CancellationToken cancellation)
    {
        using var xml = XmlReader.Create(body, Settings);
        var path = new Stack<string>();
        var text = "";
        while (await xml.ReadAsync().WaitAsync(cancellation))
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    if (path.Count == Deepest)
                    {
                        throw new XmlException($"elements lie deeper than {Deepest}");
                    }

                    path.Push(path.TryPeek(out var parent) ? $"{parent}/{xml.LocalName}" : xml.LocalName);
                    text = "";
                    if (xml.IsEmptyElement)
                    {
                        ended(path.Pop(), "");
                    }

                    break;

                case XmlNodeType.Text or XmlNodeType.CDATA:
                    text += await xml.GetValueAsync().WaitAsync(cancellation);
                    break;

                case XmlNodeType.EndElement:
                    ended(path.Pop(), text);
                    text = "";
                    break;
            }
        }
    }
}
