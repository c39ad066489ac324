using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.ApiServer;

/// <summary>The objects of an API server that is only read from: lists in pages, single objects, and refusals. Answers calls of a <see cref="LoopbackHttp"/>.</summary>
public sealed class ObjectLists
{
    private readonly ConcurrentDictionary<string, JsonArray> _lists = new();
    private readonly ConcurrentQueue<HttpCall> _calls = new();

    /// <summary>Answers by path, in place of what is there.</summary>
    public ConcurrentDictionary<string, HttpReply> Replies { get; } = new();

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<HttpCall> Calls => [.. _calls];

    /// <summary>Adds an object to a list.</summary>
    /// <param name="list">The list's path: <c>/api/v1/namespaces/shop/pods</c>.</param>
    /// <param name="item">The object as JSON.</param>
    public void Add(string list, string item) => _lists.GetOrAdd(list, _ => []).Add(JsonNode.Parse(item));

    /// <summary>A refusal as the API server words it.</summary>
    public static HttpReply Refusal(int code, string message = "no") =>
        new(code, $$"""{"kind": "Status", "message": "{{message}}", "code": {{code}}}""") { ContentType = "application/json" };

    /// <summary>The answer to a call: a list, or the object of a list whose name the path ends with.</summary>
    public HttpReply Answer(HttpCall call)
    {
        _calls.Enqueue(call);
        return Replies.TryGetValue(call.Path, out var reply) ? reply
            : new HttpReply(200, (Named(call.Path) ?? Page(call)).ToJsonString()) { ContentType = "application/json" };
    }

    private JsonNode? Named(string path)
    {
        var slash = path.LastIndexOf('/');
        return _lists.GetValueOrDefault(path[..slash])?.FirstOrDefault(item => (string?)item!["metadata"]!["name"] == path[(slash + 1)..]);
    }

    private JsonObject Page(HttpCall call)
    {
        var all = _lists.GetValueOrDefault(call.Path) ?? [];
        var from = int.Parse(call.Query.GetValueOrDefault("continue", "0"), CultureInfo.InvariantCulture);
        var to = Math.Min(all.Count, from + int.Parse(call.Query.GetValueOrDefault("limit", "500"), CultureInfo.InvariantCulture));
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = "7", ["continue"] = to < all.Count ? $"{to}" : "" },
            ["items"] = new JsonArray([.. all.Skip(from).Take(to - from).Select(item => item!.DeepClone())]),
        };
    }
}
