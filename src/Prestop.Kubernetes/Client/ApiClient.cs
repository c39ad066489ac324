using System.Globalization;
using System.Text.Json;
using Prestop.Core.Waiting;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;

namespace Prestop.Kubernetes.Client;

/// <summary>
/// Asks the API server. Every call is one attempt (a list: one for each part; refused credentials: one more); whoever calls decides
/// about the next, with <see cref="Backoff"/> and <see cref="ApiError.RetryAfter"/>. Safe for several threads.
/// </summary>
public sealed partial class ApiClient : IDisposable
{
    /// <summary>The longest event of a watch that is read, in bytes: etcd keeps objects up to 1.5 MiB, in a form denser than JSON.</summary>
    public const int LongestLine = 8 * 1024 * 1024;

    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(5);

    private readonly ApiConnection _connection;
    private readonly TimeProvider _time;

    /// <summary>Makes a client. Nothing is connected yet.</summary>
    /// <param name="access">The server, and how to be let in.</param>
    /// <param name="connectTimeout">How long a connection may take to come about, TLS included.</param>
    /// <param name="time">The clock.</param>
    public ApiClient(ClusterAccess access, TimeSpan connectTimeout, TimeProvider time)
        : this(new ApiConnection(access, connectTimeout, time), time)
    {
    }

    /// <summary>Makes a client whose requests somebody else sends.</summary>
    /// <param name="access">The server, and how to be let in.</param>
    /// <param name="http">Sends them.</param>
    /// <param name="time">The clock.</param>
    internal ApiClient(ClusterAccess access, HttpMessageInvoker http, TimeProvider time)
        : this(new ApiConnection(access, TimeSpan.Zero, time, http), time)
    {
    }

    private ApiClient(ApiConnection connection, TimeProvider time) => (_connection, _time) = (connection, time);

    /// <summary>How long an answer may take, its body included; a watch: how long until it is open. Default 10 s.</summary>
    public TimeSpan AnswerTimeout { get; private init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a watch is kept open, in whole seconds; default 10 s. Short, because a connection whose other end has died without a word looks
    /// like one on which nothing happens: this bounds how long it can pass for that.
    /// </summary>
    public TimeSpan WatchLength { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest answer that is read, in bytes; default 32 MiB. While it is read, up to three times as much memory is in use.</summary>
    public int LongestAnswer { get; init; } = 32 * 1024 * 1024;

    /// <summary>The same client with another <see cref="AnswerTimeout"/>. It uses this one's connections and ends with it.</summary>
    /// <param name="answerTimeout">Above zero.</param>
    public ApiClient Within(TimeSpan answerTimeout) => new(_connection, _time) { AnswerTimeout = answerTimeout, WatchLength = WatchLength, LongestAnswer = LongestAnswer };

    /// <summary>Fetches one object.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="namespace">Its namespace; null when it has none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<ApiResult<T>> GetAsync<T>(Resource<T> resource, string? @namespace, string name, CancellationToken cancellation)
        where T : class, IApiObject =>
        ReadAsync(
            new ApiCall("get", resource.FullName, @namespace), ApiRequest.Get(resource.Path(@namespace, name)), resource.Read, cancellation);

    /// <summary>Fetches all objects of a selection, as they are at one moment. No more than one part of the answer is held at a time.</summary>
    /// <typeparam name="T">The objects' type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The list, or the error; <see cref="ApiFault.Expired"/> when it changed too much while its parts were fetched.</returns>
    public async Task<ApiResult<ResourceList<T>>> ListAsync<T>(Resource<T> resource, Selection selection, CancellationToken cancellation)
        where T : class, IApiObject
    {
        var call = new ApiCall("list", resource.FullName, selection.Namespace);
        var path = string.Create(
            CultureInfo.InvariantCulture, $"{resource.Path(selection.Namespace, null)}{selection.Query}limit={selection.PageSize}");
        var items = new List<T>();
        var next = "";
        while (true)
        {
            var page = await ReadAsync(
                call,
                ApiRequest.Get(path + next),
                (ref Utf8JsonReader json) => ResourceListPage<T>.Read(ref json, resource.Read),
                cancellation);
            if (!page.Succeeded)
            {
                return page.Error;
            }

            items.AddRange(page.Value.Items);
            if (page.Value.Continue.Length == 0)
            {
                return new ResourceList<T>(page.Value.ResourceVersion, items);
            }

            next = $"&continue={Uri.EscapeDataString(page.Value.Continue)}";
        }
    }

    /// <summary>Opens a watch.</summary>
    /// <typeparam name="T">The objects' type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="resourceVersion">What a list or an earlier watch got to.</param>
    /// <param name="cancellation">Ends the watch, also once it is open.</param>
    public async Task<ApiResult<Watch<T>>> WatchAsync<T>(
        Resource<T> resource, Selection selection, string resourceVersion, CancellationToken cancellation)
        where T : class, IApiObject
    {
        var call = new ApiCall("watch", resource.FullName, selection.Namespace);
        var path = string.Create(
            CultureInfo.InvariantCulture,
            $"{resource.Path(selection.Namespace, null)}{selection.Query}watch=1&allowWatchBookmarks=true"
            + $"&timeoutSeconds={WatchLength.TotalSeconds:0}&resourceVersion={Uri.EscapeDataString(resourceVersion)}");

        var open = Within(WatchLength + WatchGrace, cancellation);
        HttpResponseMessage? answer = null;
        try
        {
            ApiResult<HttpResponseMessage> sent;
            using (var head = Within(AnswerTimeout, open.Token))
            {
                sent = await _connection.SendAsync(call, ApiRequest.Get(path), head.Token);
            }

            if (!sent.Succeeded)
            {
                open.Dispose();
                return sent.Error;
            }

            answer = sent.Value;
            var body = await answer.Content.ReadAsStreamAsync(open.Token);
            return new Watch<T>(_connection, call, resource.Read, answer, body, open, cancellation);
        }
        catch (Exception thrown)
        {
            open.Dispose();
            answer?.Dispose();
            if (_connection.Describe(thrown, call) is { } error)
            {
                cancellation.ThrowIfCancellationRequested();
                return error;
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private Task<ApiResult<T>> ReadAsync<T>(ApiCall call, ApiRequest request, ObjectReader<T> read, CancellationToken cancellation)
        where T : class =>
        CallAsync<T>(
            call,
            request,
            async (answer, limit) =>
            {
                using var body = await Body.ReadAsync(answer.Content, LongestAnswer, limit);
                return body is not null
                    ? Parse(body.Text, read)
                    : new ApiError(ApiFault.Transient, call, $"the API server's answer to {call} is longer than {LongestAnswer} bytes");
            },
            cancellation);

    /// <summary>One call within <see cref="AnswerTimeout"/>: sent, and its answer taken in; whatever goes wrong is an error, unless the caller ended it.</summary>
    private async Task<ApiResult<T>> CallAsync<T>(
        ApiCall call, ApiRequest request, Func<HttpResponseMessage, CancellationToken, Task<ApiResult<T>>> take, CancellationToken cancellation)
        where T : class
    {
        using var limit = Within(AnswerTimeout, cancellation);
        try
        {
            var sent = await _connection.SendAsync(call, request, limit.Token);
            if (!sent.Succeeded)
            {
                return sent.Error;
            }

            using var answer = sent.Value;
            return await take(answer, limit.Token);
        }
        catch (Exception thrown) when (_connection.Describe(thrown, call) is { } error)
        {
            // Whatever a call fails with that its caller has ended: for the caller it is a cancellation.
            cancellation.ThrowIfCancellationRequested();
            return error;
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> text, ObjectReader<T> read)
    {
        var json = new Utf8JsonReader(text);
        json.Read();
        var value = read(ref json);

        // Nothing may follow: Read throws when something does.
        json.Read();
        return value;
    }

    private DeadlineTokenSource Within(TimeSpan length, CancellationToken cancellation) =>
        Deadline.After(length, _time.GetTimestamp(), _time).Or(cancellation);
}
