using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>What webhooks are asked about.</summary>
internal sealed record AdmissionQuestion
{
    /// <summary>CREATE, UPDATE or DELETE.</summary>
    public required string Operation { get; init; }

    /// <summary>The resource.</summary>
    public required ApiKind Kind { get; init; }

    /// <summary>Its subresource; empty for none.</summary>
    public string Subresource { get; init; } = "";

    public required string Namespace { get; init; }

    /// <summary>Null where the request has none: a DELETE of a collection.</summary>
    public required string? Name { get; init; }

    public required ApiRequester Requester { get; init; }

    /// <summary>The object as it is to be; null for a DELETE.</summary>
    public JsonObject? Subject { get; init; }

    /// <summary>The object as it is; null for a CREATE.</summary>
    public JsonObject? Old { get; init; }

    public required JsonObject Options { get; init; }

    private bool IsEviction => Subresource == "eviction";

    /// <summary>The <c>request</c> of an AdmissionReview, with a uid of its own.</summary>
    public JsonObject ToRequest()
    {
        var kind = IsEviction
            ? new JsonObject { ["group"] = "policy", ["version"] = "v1", ["kind"] = "Eviction" }
            : new JsonObject { ["group"] = Kind.Group, ["version"] = Kind.Version, ["kind"] = Kind.Kind };
        var resource = new JsonObject { ["group"] = Kind.Group, ["version"] = Kind.Version, ["resource"] = Kind.Plural };
        var request = new JsonObject { ["uid"] = Guid.NewGuid().ToString(), ["kind"] = kind, ["resource"] = resource };
        Add("subResource", Subresource);
        request["requestKind"] = kind.DeepClone();
        request["requestResource"] = resource.DeepClone();
        Add("requestSubResource", Subresource);
        Add("name", Name);
        Add("namespace", Namespace);
        request["operation"] = Operation;
        request["userInfo"] = new JsonObject
        {
            ["username"] = Requester.User.Name,
            ["groups"] = new JsonArray([.. Requester.User.Groups.Select(group => (JsonNode)group)]),
        };
        request["object"] = Subject?.DeepClone();
        request["oldObject"] = Old?.DeepClone();
        request["dryRun"] = Requester.IsDryRun;
        request["options"] = Options.DeepClone();
        return request;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                request[name] = value;
            }
        }
    }
}

/// <summary>A call of a webhook.</summary>
/// <param name="Configuration">Its <c>clientConfig</c>.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="Body">The AdmissionReview.</param>
internal sealed record WebhookCall(JsonNode Configuration, TimeSpan Timeout, byte[] Body)
{
    /// <summary>Where it goes: a Service's host is <c>NAME.NAMESPACE.svc</c>. The timeout is in the query, as the API server has it.</summary>
    public Uri Address
    {
        get
        {
            var service = Configuration.At("service");
            var url = Configuration.Text("url")
                ?? $"https://{service.Text("name")}.{service.Text("namespace")}.svc:{service.Number("port") ?? 443}{service.Text("path") ?? "/"}";
            return new Uri(string.Create(CultureInfo.InvariantCulture, $"{url}?timeout={Timeout.TotalSeconds:0}s"));
        }
    }
}

/// <summary>A review that was sent, and what came of it.</summary>
/// <param name="Webhook">The webhook's name.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Response">What was answered; null when the call failed.</param>
internal sealed record Review(string Webhook, JsonObject Request, JsonNode? Response)
{
    public string Operation => Request.Text("operation")!;

    public string User => Request.Text("userInfo", "username")!;
}

/// <summary>Asks the webhooks that are configured, as the API server does.</summary>
/// <param name="store">Where their configurations are.</param>
/// <param name="callOut">How a webhook is called; a call that fails throws.</param>
/// <param name="time">The clock.</param>
internal sealed class Admission(ObjectStore store, Func<WebhookCall, CancellationToken, Task<byte[]>> callOut, TimeProvider time)
{
    /// <summary>Every review so far, in order.</summary>
    public ConcurrentQueue<Review> Reviews { get; } = new();

    /// <summary>Asks the mutating webhooks, one after the other.</summary>
    /// <returns>The object as they want it to be.</returns>
    /// <exception cref="Refusal">One of them refuses.</exception>
    public async Task<JsonObject?> MutateAsync(AdmissionQuestion question, CancellationToken cancellation)
    {
        var subject = question.Subject;
        var asked = new List<(JsonNode Webhook, JsonObject? Left)>();
        foreach (var webhook in Webhooks(ApiKind.MutatingWebhooks))
        {
            if (Concerns(webhook, question with { Subject = subject }))
            {
                subject = await MutateAsync(webhook, question with { Subject = subject }, cancellation);
                asked.Add((webhook, subject));
            }
        }

        // A second time only those that want it, and for whom something has changed since.
        foreach (var (webhook, left) in asked.Where(each => each.Webhook.Text("reinvocationPolicy") == "IfNeeded").ToList())
        {
            if (!JsonNode.DeepEquals(left, subject))
            {
                subject = await MutateAsync(webhook, question with { Subject = subject }, cancellation);
            }
        }

        return subject;
    }

    /// <summary>Asks the validating webhooks.</summary>
    /// <exception cref="Refusal">One of them refuses.</exception>
    public async Task ValidateAsync(AdmissionQuestion question, CancellationToken cancellation)
    {
        foreach (var webhook in Webhooks(ApiKind.ValidatingWebhooks).Where(webhook => Concerns(webhook, question)))
        {
            await AskAsync(webhook, question, cancellation);
        }
    }

    /// <summary>Both, one after the other.</summary>
    /// <returns>The object as the mutating ones want it to be.</returns>
    public async Task<JsonObject?> AskAsync(AdmissionQuestion question, CancellationToken cancellation)
    {
        var subject = await MutateAsync(question, cancellation);
        await ValidateAsync(question with { Subject = subject }, cancellation);
        return subject;
    }

    private IEnumerable<JsonNode> Webhooks(ApiKind kind) => store.All(kind).SelectMany(configuration => configuration.Items("webhooks"));

    private async Task<JsonObject?> MutateAsync(JsonNode webhook, AdmissionQuestion question, CancellationToken cancellation)
    {
        if (await AskAsync(webhook, question, cancellation) is not { } response || response.Text("patch") is not { } text)
        {
            return question.Subject;
        }

        if (JsonNode.Parse(Convert.FromBase64String(text)) is not JsonArray patch)
        {
            Failed(webhook, "the patch is no list");
            return question.Subject;
        }

        try
        {
            var patched = PatchedJson.Apply(question.Subject!, patch).AsObject();
            if (question is { Operation: "CREATE", Subresource: "" } && question.Kind == ApiKind.Pod)
            {
                KindRules.MountToken(patched);
            }

            return patched;
        }
        catch (InvalidOperationException)
        {
            // The pod is refused whatever the failurePolicy.
            var path = patch.First(operation => operation.Text("op") != "test").Text("path");
            throw Refusal.Internal($"add operation does not apply: doc is missing path: \"{path}\": missing value");
        }
    }

    /// <summary>Asks one webhook.</summary>
    /// <returns>Its response; null when the call failed, and that does not matter.</returns>
    private async Task<JsonNode?> AskAsync(JsonNode webhook, AdmissionQuestion question, CancellationToken cancellation)
    {
        var request = question.ToRequest();
        var review = new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = request.DeepClone() };
        var name = webhook.Text("name")!;
        JsonNode? response = null;
        string? problem = null;
        var timeout = TimeSpan.FromSeconds(webhook.Number("timeoutSeconds") ?? 10);
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var answer = await callOut(new WebhookCall(webhook.At("clientConfig")!, timeout, Encoding.UTF8.GetBytes(review.ToJsonString())), both.Token);
            response = JsonNode.Parse(answer).At("response");
            problem = response is null ? "the answer holds no response"
                : response.Text("uid") != request.Text("uid") ? "the answer is to another request"
                : null;
        }
        catch (Exception thrown) when (thrown is HttpRequestException or JsonException or IOException || limit.IsCancellationRequested)
        {
            problem = limit.IsCancellationRequested ? "failed to call webhook: context deadline exceeded" : thrown.Message;
        }

        response = problem is null ? response : null;
        Reviews.Enqueue(new Review(name, request, response));
        if (problem is not null)
        {
            Failed(webhook, problem);
            return null;
        }

        question.Requester.Warnings.AddRange(response.Items("warnings").Select(warning => warning.Text()!));
        return response.IsTrue("allowed") ? response : throw Denied(name, response.At("status"));
    }

    private static void Failed(JsonNode webhook, string problem)
    {
        if (webhook.Text("failurePolicy") != "Ignore")
        {
            throw Refusal.Internal($"failed calling webhook \"{webhook.Text("name")}\": {problem}");
        }
    }

    private static Refusal Denied(string webhook, JsonNode? status)
    {
        // A denial without a code, or with that of a success, is sent on as 400.
        var code = (int)(status.Number("code") ?? 400) is var given && given < 400 ? 400 : given;
        var message = status.Text("message") is { } why ? $"denied the request: {why}" : "denied the request without explanation";
        var seconds = status.Number("details", "retryAfterSeconds");
        return new Refusal(code, status.Text("reason"), $"admission webhook \"{webhook}\" {message}", status.At("details")?.DeepClone().AsObject())
        {
            Headers = seconds > 0 ? [("Retry-After", seconds.Value.ToString(CultureInfo.InvariantCulture))] : [],
        };
    }

    private bool Concerns(JsonNode webhook, AdmissionQuestion question)
    {
        var resource = question.Subresource.Length == 0 ? question.Kind.Plural : $"{question.Kind.Plural}/{question.Subresource}";
        var isAsked = webhook.Items("rules").Any(rule =>
            Has(rule, "operations", question.Operation) && Has(rule, "apiGroups", question.Kind.Group) && Has(rule, "apiVersions", question.Kind.Version)
            && (Has(rule, "resources", resource) || rule.Items("resources").Any(item => item.Text() == "*/*")));
        return isAsked
            && (webhook.At("namespaceSelector") is not { } namespaces || question.Namespace.Length == 0
                || Selectors.Fits(namespaces, store.Find(ApiKind.Namespace, "", question.Namespace)?.Labels()))
            && (webhook.At("objectSelector") is not { } objects
                || new[] { question.Subject, question.Old }.Any(each => each is not null && Selectors.Fits(objects, each.Labels())))
            && Matches(webhook, question);
    }

    private static bool Matches(JsonNode webhook, AdmissionQuestion question)
    {
        var conditions = webhook.Items("matchConditions").Select(condition => condition.Text("expression")!).ToList();
        if (conditions.Count == 0)
        {
            return true;
        }

        var results = MatchConditions.Evaluate(conditions, question.ToRequest());
        if (results.Contains(false))
        {
            return false;
        }

        // One that cannot be evaluated: under Ignore the webhook is skipped without a word.
        return !results.Contains(null) || (webhook.Text("failurePolicy") == "Ignore" ? false
            : throw new Refusal(403, "Forbidden", $"{question.Kind.FullName} \"{question.Name}\" is forbidden: a match condition of \"{webhook.Text("name")}\" cannot be evaluated"));
    }

    private static bool Has(JsonNode rule, string field, string value) => rule.Items(field).Any(item => item.Text() == value || item.Text() == "*");
}
