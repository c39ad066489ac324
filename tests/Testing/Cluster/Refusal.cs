using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>A request that is not done: the Status that says why, in the words that were recorded.</summary>
internal sealed class Refusal(int code, string? reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code => code;

    public string? Reason => reason;

    /// <summary>More header fields of the answer.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>A part of the Status's metadata; null for none.</summary>
    public JsonObject? Metadata { get; init; }

    /// <summary>An answer without a Status: what the server's own router says of a path that leads nowhere.</summary>
    public static Refusal NoSuchPath => new(404, null, "404 page not found\n") { IsPlain = true };

    public static Refusal NotAllowed => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static Refusal Unauthorized => new(401, "Unauthorized", "Unauthorized");

    /// <summary>Any operation of a JSON patch that does not apply, a test that fails included.</summary>
    public static Refusal PatchDoesNotApply => new(422, "Invalid", "the server rejected our request due to an error in our request", []);

    public static Refusal UnsupportedType => new(415, "UnsupportedMediaType", "415: Unsupported Media Type", []);

    /// <summary>Whether the message is the whole body.</summary>
    public bool IsPlain { get; private init; }

    public static Refusal NotFound(ApiKind kind, string name) => new(404, "NotFound", $"{kind.FullName} \"{name}\" not found", Details(kind, name));

    public static Refusal AlreadyExists(ApiKind kind, string name) => new(409, "AlreadyExists", $"{kind.FullName} \"{name}\" already exists", Details(kind, name));

    public static Refusal Modified(ApiKind kind, string name) => new(
        409,
        "Conflict",
        $"Operation cannot be fulfilled on {kind.FullName} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
        Details(kind, name));

    /// <summary>A precondition of a delete or an eviction. The details name the kind, not the resource.</summary>
    public static Refusal Precondition(ApiKind kind, JsonObject current, string what, string wanted, string has) => new(
        409,
        "Conflict",
        $"Operation cannot be fulfilled on {kind.FullKind} \"{current.Name()}\": the {what} in the precondition ({wanted}) does not match the {what} in record ({has}). "
            + (what == "UID" ? "The object might have been deleted and then recreated" : "The object might have been modified"),
        new JsonObject { ["name"] = current.Name(), ["kind"] = kind.Kind });

    public static Refusal Invalid(ApiKind kind, string name, string field, string cause, string message) =>
        Invalid(kind.FullKind, name, kind == ApiKind.Event ? "" : kind.Group, kind.Kind, field, cause, message);

    /// <summary>Options that cannot be.</summary>
    public static Refusal InvalidOptions(string kind, string field, string cause, string message) =>
        Invalid($"{kind}.meta.k8s.io", "", "meta.k8s.io", kind, field, cause, message);

    public static Refusal BadRequest(string message) => new(400, "BadRequest", message);

    public static Refusal Expired(string message) => new(410, "Expired", message);

    public static Refusal Internal(string message) => new(500, "InternalError", $"Internal error occurred: {message}", Causes("", message));

    public static Refusal Forbidden(ApiKind kind, string? name, string verb, string subresource, string @namespace, string user)
    {
        var resource = subresource.Length == 0 ? kind.Plural : $"{kind.Plural}/{subresource}";
        var place = @namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{@namespace}\"";
        return new Refusal(
            403,
            "Forbidden",
            $"{kind.FullName} {(name is null ? "" : $"\"{name}\" ")}is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{kind.Group}\" {place}",
            Details(kind, name));
    }

    /// <summary>A budget's refusal of an eviction. There is no Retry-After.</summary>
    public static Refusal Budget(string message) => new(
        429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", Causes("DisruptionBudget", message));

    /// <summary>The Status.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = Metadata?.DeepClone() ?? new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (reason is not null)
        {
            status["reason"] = reason;
        }

        if (details is not null)
        {
            status["details"] = details.DeepClone();
        }

        status["code"] = code;
        return status;
    }

    /// <summary>The answer.</summary>
    public HttpReply ToReply() => new(code, IsPlain ? Message : ToStatus().ToJsonString())
    {
        Headers = [("Content-Type", IsPlain ? "text/plain; charset=utf-8" : "application/json"), .. Headers],
    };

    private static Refusal Invalid(string fullKind, string name, string group, string kind, string field, string cause, string message)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        details["kind"] = kind;
        details["causes"] = new JsonArray(new JsonObject { ["reason"] = cause, ["message"] = message, ["field"] = field });
        return new Refusal(422, "Invalid", $"{fullKind} \"{name}\" is invalid: {field}: {message}", details);
    }

    private static JsonObject Details(ApiKind kind, string? name)
    {
        var details = new JsonObject();
        if (name is not null)
        {
            details["name"] = name;
        }

        if (kind.Group.Length > 0)
        {
            details["group"] = kind.Group;
        }

        details["kind"] = kind.Plural;
        return details;
    }

    private static JsonObject Causes(string reason, string message)
    {
        var cause = new JsonObject { ["message"] = message };
        if (reason.Length > 0)
        {
            cause.Insert(0, "reason", reason);
        }

        return new JsonObject { ["causes"] = new JsonArray(cause) };
    }
}
