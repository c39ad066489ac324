using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>From requests to verbs, and back to answers.</summary>
/// <param name="store">What is kept.</param>
/// <param name="verbs">How it is written.</param>
/// <param name="users">Who has which bearer token.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ApiServer(ObjectStore store, ApiVerbs verbs, ConcurrentDictionary<string, ApiUser> users, TimeProvider time)
{
    private static readonly string[] PatchTypes = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];

    private readonly long _startedAt = time.GetTimestamp();

    /// <summary>What is served.</summary>
    public HashSet<ApiKind> Kinds { get; } = [.. ApiKind.BuiltIn];

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>Answers a request.</summary>
    /// <param name="call">The request.</param>
    /// <param name="user">Who asks; null: whose bearer token it carries.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<HttpReply> AnswerAsync(HttpCall call, ApiUser? user, CancellationToken cancellation)
    {
        HttpReply reply;
        var warnings = new List<string>();
        try
        {
            user = Impersonated(user ?? Authenticated(call), call);
            reply = await AnswerAsync(call, user, warnings, cancellation);
        }
        catch (Refusal refusal)
        {
            reply = refusal.ToReply();
        }

        Requests.Enqueue(new SeenRequest(user, call, reply.Status, time.GetElapsedTime(_startedAt)));
        return warnings.Count == 0 ? reply : reply with { Headers = [.. reply.Headers, .. warnings.Select(each => ("Warning", $"299 - \"{each}\""))] };
    }

    private ApiUser Authenticated(HttpCall call) =>
        call.Headers.GetValueOrDefault("authorization") is { } header && header.Split(' ') is ["Bearer", var token] && users.TryGetValue(token, out var user)
            ? user
            : throw Refusal.Unauthorized;

    private static ApiUser Impersonated(ApiUser user, HttpCall call) =>
        call.Headers.GetValueOrDefault("impersonate-user") is { } name && user.Grants is null
            ? new ApiUser(name, [.. (call.Headers.GetValueOrDefault("impersonate-group") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), "system:authenticated"])
            : user;

    private async Task<HttpReply> AnswerAsync(HttpCall call, ApiUser user, List<string> warnings, CancellationToken cancellation)
    {
        if (Discovery.Answer(call.Path, Kinds) is { } document)
        {
            return Json(200, document);
        }

        var target = ApiTarget.Of(call.Path, Kinds) ?? throw Refusal.NoSuchPath;
        var query = call.Query;
        var verb = (call.Method, target.Name) switch
        {
            ("GET", null) => query.GetValueOrDefault("watch") is "true" or "1" ? "watch" : "list",
            ("GET", _) => "get",
            ("POST", null) => "create",
            ("POST", _) when target.Subresource == "eviction" => "create",
            ("PUT", not null) => "update",
            ("PATCH", not null) => "patch",
            ("DELETE", null) => "deletecollection",
            ("DELETE", _) => "delete",
            _ => throw Refusal.NotAllowed,
        };
        if (!user.May(verb, target.Kind, target.Subresource, target.Namespace, target.Name))
        {
            throw Refusal.Forbidden(target.Kind, target.Name, verb, target.Subresource, target.Namespace, user.Name);
        }

        if (call.Headers.GetValueOrDefault("accept") is { } accept && !accept.Contains("json", StringComparison.Ordinal) && !accept.Contains('*', StringComparison.Ordinal))
        {
            throw new Refusal(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf", []);
        }

        var requester = new ApiRequester(user, query.GetValueOrDefault("dryRun") == "All");
        try
        {
            return await AnswerAsync(call, verb, target, requester, cancellation);
        }
        finally
        {
            warnings.AddRange(requester.Warnings);
        }
    }

    private async Task<HttpReply> AnswerAsync(HttpCall call, string verb, ApiTarget target, ApiRequester requester, CancellationToken cancellation)
    {
        var (kind, @namespace, name) = (target.Kind, target.Namespace, target.Name);
        switch (verb)
        {
            case "list":
                return await ListAsync(kind, @namespace, call.Query, cancellation);
            case "watch":
                return Watch(kind, @namespace, call.Query);
            case "get":
                var found = store.Find(kind, @namespace, name!) ?? throw Refusal.NotFound(kind, name!);
                return Json(200, target.Subresource == "scale" ? Scale.Of(found) : found);
            case "create" when target.Subresource == "eviction":
                await verbs.EvictAsync(requester, target, Body(call), cancellation);
                return Json(201, ApiVerbs.Success(201));
            case "create":
                return Json(201, await verbs.CreateAsync(requester, target, Body(call), cancellation));
            case "update" or "patch" when target.Subresource == "scale":
                var whole = target with { Subresource = "" };
                var scaled = await verbs.ChangeAsync(requester, whole, before => Scale.Apply(before, Change(call, Scale.Of(before))), cancellation);
                return Json(200, Scale.Of(scaled));
            case "update" or "patch":
                return Json(200, await verbs.ChangeAsync(requester, target, before => Change(call, before), cancellation));
            case "delete":
                return Json(200, await verbs.DeleteAsync(requester, target, DeleteOptions(call), isOneOfMany: false, cancellation));
            default:
                return await DeleteAllAsync(call, kind, @namespace, requester, cancellation);
        }
    }

    private async Task<HttpReply> DeleteAllAsync(HttpCall call, ApiKind kind, string @namespace, ApiRequester requester, CancellationToken cancellation)
    {
        var selectors = Selectors.Of(kind, call.Query.GetValueOrDefault("labelSelector"), call.Query.GetValueOrDefault("fieldSelector"));
        var deleted = new JsonArray();
        foreach (var each in store.All(kind, @namespace).Where(selectors.Fit))
        {
            var target = new ApiTarget(kind, each.Namespace(), each.Name());
            deleted.Add((await verbs.DeleteAsync(requester, target, DeleteOptions(call), isOneOfMany: true, cancellation)).DeepClone());
        }

        return Json(200, new JsonObject { ["kind"] = $"{kind.Kind}List", ["apiVersion"] = kind.ApiVersion, ["metadata"] = new JsonObject(), ["items"] = deleted });
    }

    /// <summary>What the body makes of an object.</summary>
    private static JsonObject Change(HttpCall call, JsonObject before)
    {
        if (call.Method == "PUT")
        {
            return Body(call);
        }

        var type = call.Headers.GetValueOrDefault("content-type");
        if (!PatchTypes.Contains(type))
        {
            throw Refusal.UnsupportedType;
        }

        JsonNode? patch;
        try
        {
            patch = JsonNode.Parse(call.Body);
        }
        catch (JsonException)
        {
            throw Refusal.BadRequest("error decoding patch: unexpected end of JSON input");
        }

        if (type != PatchTypes[0])
        {
            return (type == PatchTypes[1] ? PatchedJson.Merge(before, patch) : PatchedJson.MergeStrategic(before, patch))!.AsObject();
        }

        try
        {
            return PatchedJson.Apply(before, patch as JsonArray
                ?? throw Refusal.BadRequest("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")).AsObject();
        }
        catch (InvalidOperationException)
        {
            throw Refusal.PatchDoesNotApply;
        }
    }

    private static JsonObject Body(HttpCall call)
    {
        try
        {
            return JsonNode.Parse(call.Body) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw Refusal.BadRequest("the body is no object");
        }
    }

    /// <summary>The options of a delete; kubectl of old has the dry run and more in the query instead.</summary>
    private static JsonObject DeleteOptions(HttpCall call)
    {
        var options = call.Body.Length == 0 ? [] : ProtobufBody.Is(call.Body) ? ProtobufBody.DeleteOptions(call.Body) : Body(call);
        if (call.Query.GetValueOrDefault("gracePeriodSeconds") is { } seconds)
        {
            options["gracePeriodSeconds"] = int.Parse(seconds, CultureInfo.InvariantCulture);
        }

        return options;
    }

    private static HttpReply Json(int status, JsonNode body) => new(status, body.ToJsonString()) { ContentType = "application/json" };
}
