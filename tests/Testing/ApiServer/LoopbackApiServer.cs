using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Prestop.Testing.ApiServer;

/// <summary>Answers one request in its own way; afterwards the connection is closed.</summary>
internal delegate Task Reply(Stream stream, ApiRequest request, CancellationToken cancellation);

/// <summary>
/// An API server that keeps EndpointSlices only, but speaks the real protocol: HTTP/1.1 over TLS on loopback, lists in parts,
/// chunked watches with bookmarks, bearer tokens, RBAC, and every way to fail that a test asks for. It knows nothing of the
/// client that it tests.
/// </summary>
internal sealed class LoopbackApiServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly ServerIdentity _identity;
    private readonly Task _accepting;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentQueue<(string Verb, Reply Reply)> _replies = new();
    private readonly ConcurrentQueue<ApiRequest> _requests = new();
    private TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<WatchEnding> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _accepted;

    public LoopbackApiServer(IPAddress? address = null, ServerIdentity? identity = null)
    {
        _identity = identity ?? ServerIdentity.Good;
        _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public string AuthorityPem => _identity.AuthorityPem;

    public SliceStore Slices { get; } = new();

    /// <summary>The only token that is accepted.</summary>
    public string Token { get; set; } = "first-token";

    /// <summary>The verbs that RBAC does not allow.</summary>
    public ConcurrentDictionary<string, bool> Forbidden { get; } = new();

    /// <summary>How watches end once they have told what there is.</summary>
    public WatchEnding WatchEnding { get; set; }

    /// <summary>The version that the last list showed.</summary>
    public int LastListed { get; private set; }

    public IReadOnlyList<ApiRequest> Requests => [.. _requests];

    public IReadOnlyList<ApiRequest> RequestsOf(string verb) => [.. _requests.Where(request => request.Verb == verb)];

    /// <summary>The next request with this verb is answered so, instead of properly.</summary>
    public void ReplyOnce(string verb, Reply reply) => _replies.Enqueue((verb, reply));

    /// <summary>Takes back what <see cref="ReplyOnce"/> planned and nobody asked for.</summary>
    public void ForgetReplies() => _replies.Clear();

    /// <summary>Ends the watches that are open now.</summary>
    public void EndWatches(WatchEnding how) => Interlocked.Exchange(
        ref _ending, new TaskCompletionSource<WatchEnding>(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult(how);

    /// <summary>Ends when so many requests with this verb have been seen.</summary>
    public async Task SeenAsync(string verb, int count)
    {
        while (true)
        {
            var more = _requested.Task;
            if (RequestsOf(verb).Count >= count)
            {
                return;
            }

            await more;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections);
    }

    /// <summary>A refusal in the API server's words.</summary>
    public static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };

    public static async Task SendAsync(
        Stream stream, int code, string body, CancellationToken cancellation, params string[] headers)
    {
        var text = Encoding.UTF8.GetBytes(body);
        var extra = string.Concat(headers.Select(header => header + "\r\n"));
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {code} Status\r\nContent-Type: application/json\r\n{extra}Content-Length: {text.Length}\r\n\r\n"),
            cancellation);
        await stream.WriteAsync(text, cancellation);
        await stream.FlushAsync(cancellation);
    }

    public static Reply Answering(int code, string body, params string[] headers) =>
        (stream, _, cancellation) => SendAsync(stream, code, body, cancellation, headers);

    /// <summary>No answer for as long as the client waits for one.</summary>
    public static Reply Silence { get; } = async (stream, _, cancellation) =>
    {
        while (await stream.ReadAsync(new byte[1], cancellation) > 0)
        {
        }
    };

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _connections.Add(ServeAsync(socket, Interlocked.Increment(ref _accepted)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(Socket socket, int connection)
    {
        try
        {
            await using var network = new NetworkStream(socket, ownsSocket: true);
            await using var stream = new SslStream(network);
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _identity.Certificate }, _stop.Token);
            var keepOpen = true;
            while (keepOpen && await HttpCall.ReadAsync(stream, _stop.Token) is { } call)
            {
                keepOpen = await AnswerAsync(stream, new ApiRequest(call, connection));
            }

            if (!keepOpen)
            {
                // Without TLS's own goodbye: this is how connections break.
                socket.LingerState = new LingerOption(false, 0);
            }
        }
        catch (Exception thrown) when (thrown is IOException or OperationCanceledException or SocketException
            or System.Security.Authentication.AuthenticationException)
        {
            // The client is gone, or does not trust this server.
        }
    }

    private async Task<bool> AnswerAsync(Stream stream, ApiRequest request)
    {
        _requests.Enqueue(request);
        Interlocked.Exchange(ref _requested, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

        if (_replies.TryPeek(out var planned) && planned.Verb == request.Verb && _replies.TryDequeue(out planned))
        {
            await planned.Reply(stream, request, _stop.Token);
            return false;
        }

        if (request.Token != Token)
        {
            await SendAsync(stream, 401, Status(401, "Unauthorized", "Unauthorized").ToJsonString(), _stop.Token);
        }
        else if (!request.IsForSlices)
        {
            await SendAsync(stream, 404, "404 page not found\n", _stop.Token);
        }
        else if (Forbidden.ContainsKey(request.Verb))
        {
            var message = "endpointslices.discovery.k8s.io is forbidden: User \"system:serviceaccount:shop:web\" cannot "
                + $"{request.Verb} resource \"endpointslices\" in API group \"discovery.k8s.io\" in the namespace \"{request.Namespace}\"";
            await SendAsync(stream, 403, Status(403, "Forbidden", message).ToJsonString(), _stop.Token);
        }
        else if (request.Verb == "watch")
        {
            return await WatchAsync(stream, request);
        }
        else if (request.Verb == "get")
        {
            await GetAsync(stream, request);
        }
        else
        {
            await ListAsync(stream, request);
        }

        return true;
    }

    private async Task GetAsync(Stream stream, ApiRequest request)
    {
        var found = Slices.At(Slices.Version, request.Namespace, null)!
            .FirstOrDefault(slice => (string?)slice["metadata"]!["name"] == request.Name);
        var missing = $"endpointslices.discovery.k8s.io \"{request.Name}\" not found";
        await SendAsync(
            stream, found is null ? 404 : 200, (found ?? Status(404, "NotFound", missing)).ToJsonString(), _stop.Token);
    }

    private async Task ListAsync(Stream stream, ApiRequest request)
    {
        var position = (request["continue"] ?? $"{Slices.Version}:0").Split(':');
        int version = int.Parse(position[0], CultureInfo.InvariantCulture), offset = int.Parse(position[1], CultureInfo.InvariantCulture);
        var limit = int.Parse(request["limit"] ?? "0", CultureInfo.InvariantCulture) is > 0 and int given ? given : int.MaxValue;
        if (Slices.At(version, request.Namespace, request.Service) is not { } all)
        {
            var message = "The provided continue parameter is too old to display a consistent list result.";
            await SendAsync(stream, 410, Status(410, "Expired", message).ToJsonString(), _stop.Token);
            return;
        }

        LastListed = version;
        JsonNode[] part = [.. all.Skip(offset).Take(limit)];
        var left = all.Count - offset - part.Length;
        var metadata = new JsonObject { ["resourceVersion"] = $"{version}" };
        if (left > 0)
        {
            metadata["continue"] = $"{version}:{offset + part.Length}";
            metadata["remainingItemCount"] = left;
        }

        var list = new JsonObject
        {
            ["kind"] = "EndpointSliceList",
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["metadata"] = metadata,
            ["items"] = new JsonArray(part),
        };
        await SendAsync(stream, 200, list.ToJsonString(), _stop.Token);
    }

    private async Task<bool> WatchAsync(Stream stream, ApiRequest request)
    {
        var planned = WatchEnding;
        var ended = _ending.Task;
        if (planned is WatchEnding.CutBeforeHead)
        {
            return false;
        }

        if (planned is WatchEnding.GoneStatus or WatchEnding.InternalError)
        {
            (var code, var reason) = planned is WatchEnding.GoneStatus ? (410, "Expired") : (500, "InternalError");
            await SendAsync(stream, code, Status(code, reason, "no").ToJsonString(), _stop.Token);
            return true;
        }

        await stream.WriteAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), _stop.Token);
        await stream.FlushAsync(_stop.Token);
        var body = new ChunkedBody(stream, _stop.Token);
        var told = int.Parse(request["resourceVersion"]!, CultureInfo.InvariantCulture);
        while (true)
        {
            (var changes, var upTo, var more) = Slices.After(told, request.Namespace, request.Service);
            if (changes is null)
            {
                return await EndAsync(body, WatchEnding.GoneEvent, upTo);
            }

            foreach (var change in changes)
            {
                await body.WriteAsync(Event(change.Type, change.Slice.ToJson(change.Version)));
                told = change.Version;
            }

            if (planned is not WatchEnding.None)
            {
                return await EndAsync(body, planned, upTo);
            }

            await Task.WhenAny(more, ended).WaitAsync(_stop.Token);
            if (ended.IsCompleted && Slices.After(told, request.Namespace, request.Service).Changes is null or { Count: 0 })
            {
                return await EndAsync(body, await ended, upTo);
            }
        }
    }

    private static async Task<bool> EndAsync(ChunkedBody body, WatchEnding how, int upTo)
    {
        var unfinished = Event("MODIFIED", new Slice("web-torn", new SliceEndpoint("10.0.0.99")).ToJson(upTo)).TrimEnd('\n');
        switch (how)
        {
            case WatchEnding.BookmarkThenClean:
                var bookmark = new JsonObject
                {
                    ["kind"] = "EndpointSlice",
                    ["apiVersion"] = "discovery.k8s.io/v1",
                    ["metadata"] = new JsonObject { ["resourceVersion"] = $"{upTo}", ["creationTimestamp"] = null },
                    ["addressType"] = "",
                    ["endpoints"] = null,
                    ["ports"] = null,
                };
                await body.WriteAsync(Event("BOOKMARK", bookmark));
                break;
            case WatchEnding.CutInEvent:
                await body.WriteTornAsync(unfinished);
                return false;
            case WatchEnding.CleanInEvent:
                await body.WriteAsync(unfinished[..(unfinished.Length / 2)]);
                break;
            case WatchEnding.GoneEvent:
                await body.WriteAsync(Event("ERROR", Status(410, "Expired", $"too old resource version: {upTo}")));
                break;
            case WatchEnding.Garbage:
                await body.WriteAsync("<html>bad gateway</html>\n");
                break;
            case WatchEnding.Clean:
                break;
            default:
                return false;
        }

        await body.EndAsync();
        return true;
    }

    private static string Event(string type, JsonObject subject) =>
        new JsonObject { ["type"] = type, ["object"] = subject }.ToJsonString() + "\n";
}
