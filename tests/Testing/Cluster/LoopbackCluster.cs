using System.Collections.Concurrent;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>
/// An API server for tests that keeps the real one's semantics, as <c>Recordings</c> has them: versions and conflicts, preconditions, patches, watches, webhooks
/// over TLS, evictions under budgets, pods that terminate. It listens on loopback, with and without TLS; <see cref="SendAsync(ApiUser, string, string, JsonNode?)"/> needs no socket, for tests on
/// a clock that stands still.
/// </summary>
internal sealed class LoopbackCluster : IAsyncDisposable
{
    private readonly ApiServer _server;
    private readonly Lazy<LoopbackHttp> _https;
    private readonly Lazy<LoopbackHttp> _http;
    private readonly TlsCallOut _callOut;

    /// <summary>Makes one. It listens from when its address is asked for.</summary>
    /// <param name="time">The clock of timestamps, timeouts and watches.</param>
    /// <param name="webhooks">Who answers for the webhooks; null: they are called over TLS.</param>
    public LoopbackCluster(TimeProvider time, Func<WebhookCall, CancellationToken, Task<byte[]>>? webhooks = null)
    {
        Time = time;
        Store = new ObjectStore();
        _callOut = new TlsCallOut(time);
        Admission = new Admission(Store, webhooks ?? _callOut.CallAsync, time);
        Verbs = new ApiVerbs(Store, Admission, time);
        _server = new ApiServer(Store, Verbs, Users, time);
        _https = new(() => new LoopbackHttp(AnswerAsync, tls: new SslServerAuthenticationOptions { ServerCertificate = ServerIdentity.Good.Certificate }));
        _http = new(() => new LoopbackHttp(AnswerAsync));
        Put("""{"kind": "Namespace", "metadata": {"name": "default"} }""");
    }

    public TimeProvider Time { get; }

    /// <summary>What is kept.</summary>
    public ObjectStore Store { get; }

    /// <summary>Who is asked before something is written, and what was asked so far.</summary>
    public Admission Admission { get; }

    /// <summary>Writes, with all that the API server does on the way.</summary>
    public ApiVerbs Verbs { get; }

    /// <summary>Who has which bearer token. <c>admin-token</c> is there from the start.</summary>
    public ConcurrentDictionary<string, ApiUser> Users { get; } = new(new Dictionary<string, ApiUser> { ["admin-token"] = ApiUser.Admin });

    /// <summary>Where the webhooks of a Service are, by host name: <c>prestopd.prestop.svc</c>.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<System.Net.IPEndPoint>> Backends => _callOut.Backends;

    /// <summary>Its address with TLS.</summary>
    public Uri Https => _https.Value.Address;

    /// <summary>Its address without.</summary>
    public Uri Http => _http.Value.Address;

    /// <summary>Who vouches for its certificate.</summary>
    public static string AuthorityPem => ServerIdentity.Good.AuthorityPem;

    /// <summary>Every request so far, in order.</summary>
    public ConcurrentQueue<SeenRequest> Requests => _server.Requests;

    /// <summary>Serves one more kind: its CRD is there now.</summary>
    public void Install(ApiKind kind) => _server.Kinds.Add(kind);

    /// <summary>Serves a kind no more.</summary>
    public void Uninstall(ApiKind kind) => _server.Kinds.Remove(kind);

    /// <summary>Puts objects in as they are, past all webhooks: what was there before the test. Only defaults, uids and versions are added.</summary>
    /// <param name="manifest">An object in JSON.</param>
    public JsonObject Put(string manifest)
    {
        var subject = JsonFields.Object(manifest);
        var kind = _server.Kinds.Single(each => each.Kind == subject.Text("kind"));
        if (kind.IsNamespaced && Store.Find(ApiKind.Namespace, "", subject.Namespace()) is null)
        {
            Put($$"""{"kind": "Namespace", "metadata": {"name": "{{subject.Namespace()}}"} }""");
        }

        return Verbs.Put(kind, subject);
    }

    /// <summary>Changes an object past everything, as somebody unseen does.</summary>
    public void Change(ApiKind kind, string @namespace, string name, Action<JsonObject> change)
    {
        while (Store.Find(kind, @namespace, name) is { } before && !Store.Replace(kind, before, before.With(change)))
        {
        }
    }

    /// <summary>Tells of something in an event.</summary>
    public void Record(JsonObject regarding, string reason, string note) => Verbs.Put(ApiKind.Event, new JsonObject
    {
        ["kind"] = "Event",
        ["metadata"] = new JsonObject { ["generateName"] = $"{regarding.Name()}.", ["namespace"] = regarding.Namespace() },
        ["eventTime"] = Time.GetUtcNow().Rfc3339(),
        ["reason"] = reason,
        ["note"] = note,
        ["regarding"] = new JsonObject { ["kind"] = regarding.Text("kind"), ["namespace"] = regarding.Namespace(), ["name"] = regarding.Name(), ["uid"] = regarding.Uid() },
    });

    /// <summary>A request, without a socket.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="method">GET, for example.</param>
    /// <param name="target">The path, with its query.</param>
    /// <param name="body">The body; null for none.</param>
    public Task<ApiAnswer> SendAsync(ApiUser user, string method, string target, JsonNode? body = null) =>
        SendAsync(user, method, target, body?.ToJsonString(), method == "PATCH" ? "application/merge-patch+json" : "application/json", accept: null);

    /// <summary>A request, without a socket.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="method">GET, for example.</param>
    /// <param name="target">The path, with its query.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="contentType">What the body is.</param>
    /// <param name="accept">What the answer may be; null: anything.</param>
    public async Task<ApiAnswer> SendAsync(ApiUser user, string method, string target, string? body, string? contentType, string? accept)
    {
        var headers = new Dictionary<string, string> { ["content-type"] = contentType ?? "", ["accept"] = accept ?? "*/*" };
        var reply = await _server.AnswerAsync(new HttpCall(method, target, headers, Encoding.UTF8.GetBytes(body ?? "")), user, CancellationToken.None);
        return new ApiAnswer(reply.Status, reply.Headers, reply.Headers[0].Value == "application/json" ? JsonNode.Parse(reply.Body) : reply.Body);
    }

    /// <summary>A request, without a socket, and what is sent for an answer: a watch's is a stream.</summary>
    /// <param name="call">The request.</param>
    /// <param name="user">Who asks.</param>
    public Task<HttpReply> AnswerAsync(HttpCall call, ApiUser user) => _server.AnswerAsync(call, user, CancellationToken.None);

    /// <summary>Deletes a pod as <c>kubectl delete</c> does.</summary>
    public Task<ApiAnswer> DeletePodAsync(string @namespace, string name, ApiUser? user = null) =>
        SendAsync(user ?? ApiUser.Admin, "DELETE", $"/api/v1/namespaces/{@namespace}/pods/{name}", JsonFields.Object("""{"propagationPolicy": "Background"}"""));

    /// <summary>Evicts a pod as <c>kubectl drain</c> does.</summary>
    public Task<ApiAnswer> EvictPodAsync(string @namespace, string name) => SendAsync(
        ApiUser.Admin,
        "POST",
        $"/api/v1/namespaces/{@namespace}/pods/{name}/eviction",
        JsonFields.Object($$"""{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "{{name}}"} }"""));

    /// <summary>Waits until something holds, looking again with each change.</summary>
    public async Task UntilAsync(Func<bool> holds, CancellationToken cancellation)
    {
        using var wakeup = new Wakeup(Store, Time, cancellation);
        while (!holds())
        {
            await wakeup.NextAsync(longest: null);
        }
    }

    /// <summary>A watch, without a socket: tells its lines until it is over.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="target">The path, with its query.</param>
    /// <param name="seen">Is told each line.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task WatchAsync(ApiUser user, string target, Action<JsonNode> seen, CancellationToken cancellation)
    {
        var reply = await _server.AnswerAsync(new HttpCall("GET", target, new Dictionary<string, string>(), []), user, cancellation);
        await reply.SendPieces!(
            line =>
            {
                seen(JsonNode.Parse(line)!);
                return Task.CompletedTask;
            },
            cancellation);
    }

    /// <summary>A kubeconfig for a user's token, in JSON, which is YAML as well.</summary>
    public string Kubeconfig(string token = "admin-token")
    {
        var cluster = new JsonObject
        {
            ["server"] = Https.ToString().TrimEnd('/'),
            ["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(AuthorityPem)),
        };
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["clusters"] = new JsonArray(new JsonObject { ["name"] = "test", ["cluster"] = cluster }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = "test", ["user"] = new JsonObject { ["token"] = token } }),
            ["contexts"] = new JsonArray(new JsonObject { ["name"] = "test", ["context"] = new JsonObject { ["cluster"] = "test", ["user"] = "test" } }),
            ["current-context"] = "test",
        }.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in new[] { _https, _http }.Where(each => each.IsValueCreated))
        {
            await listener.Value.DisposeAsync();
        }

        _callOut.Dispose();
    }

    private Task<HttpReply> AnswerAsync(HttpCall call, CancellationToken cancellation) => _server.AnswerAsync(call, user: null, cancellation);
}

/// <summary>A request that was seen, and how it was answered.</summary>
/// <param name="User">Who asked; null for nobody that is known.</param>
/// <param name="Call">The request.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="At">How long after the cluster's start it was answered.</param>
internal sealed record SeenRequest(ApiUser? User, HttpCall Call, int Status, TimeSpan At);

/// <summary>An answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The header fields.</param>
/// <param name="Body">The body; text when it is not JSON.</param>
internal sealed record ApiAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, JsonNode? Body)
{
    public string? Header(string name) => Headers.FirstOrDefault(header => header.Name == name).Value;
}
