using System.Globalization;
using System.Text.Json;
using Prestop.Core.Waiting;

namespace Prestop.Kubernetes;

/// <summary>
/// Asks the API server. Every call is one attempt (a list: one for each part, a stale token: one more); whoever calls decides
/// about the next, with <see cref="Backoff"/> and <see cref="ApiError.RetryAfter"/>.
/// </summary>
public sealed class ApiClient : IDisposable
{
    /// <summary>How long an answer may take, its body included; a watch: how long until it is open.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a watch is kept open. Short, because a connection whose other end has died without a word looks like one on
    /// which nothing happens: this bounds how long it can pass for that.
    /// </summary>
    public static readonly TimeSpan WatchLength = TimeSpan.FromSeconds(10);

    /// <summary>The longest answer that is read, in bytes.</summary>
    public const int LongestAnswer = 32 * 1024 * 1024;

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
    {
        _connection = new ApiConnection(access, connectTimeout, time);
        _time = time;
    }

    /// <summary>Fetches one object.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="namespace">Its namespace; null when it has none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<ApiResult<T>> GetAsync<T>(Resource<T> resource, string? @namespace, string name, CancellationToken cancellation)
        where T : class, IApiObject =>
        ReadAsync(new ApiCall("get", resource.FullName, @namespace), resource.Path(@namespace, name), resource.Read, cancellation);

    /// <summary>Fetches all objects of a selection, as they are at one moment.</summary>
    /// <typeparam name="T">The objects' type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The list, or the error; <see cref="ApiFault.Gone"/> when it changed too much while its parts were fetched.</returns>
    public Task<ApiResult<ResourceList<T>>> ListAsync<T>(Resource<T> resource, Selection selection, CancellationToken cancellation)
        where T : class, IApiObject =>
        ListAsync(resource, selection, item => item, cancellation);

    /// <summary>Fetches all objects of a selection, as they are at one moment, and keeps of each what is needed: one is held at a time.</summary>
    /// <typeparam name="T">The objects' type.</typeparam>
    /// <typeparam name="TKept">What is kept of one.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="keep">Takes from an object what is needed.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>As above.</returns>
    public async Task<ApiResult<ResourceList<TKept>>> ListAsync<T, TKept>(
        Resource<T> resource, Selection selection, Func<T, TKept> keep, CancellationToken cancellation)
        where T : class, IApiObject
    {
        var call = new ApiCall("list", resource.FullName, selection.Namespace);
        var path = string.Create(
            CultureInfo.InvariantCulture, $"{resource.Path(selection.Namespace, null)}{selection.Query}limit={selection.PageSize}");
        var items = new List<TKept>();
        var next = "";
        while (true)
        {
            var page = await ReadAsync(
                call,
                path + next,
                (ref Utf8JsonReader json) => ResourceListPage<TKept>.Read(ref json, (ref Utf8JsonReader item) => keep(resource.Read(ref item))),
                cancellation);
            if (!page.Succeeded)
            {
                return page.Error;
            }

            items.AddRange(page.Value.Items);
            if (page.Value.Continue.Length == 0)
            {
                return new ResourceList<TKept>(page.Value.ResourceVersion, items);
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
                sent = await _connection.GetAsync(call, path, head.Token);
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
            if (!cancellation.IsCancellationRequested && _connection.Describe(thrown, call) is { } error)
            {
                return error;
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private async Task<ApiResult<T>> ReadAsync<T>(ApiCall call, string path, ObjectReader<T> read, CancellationToken cancellation)
        where T : class
    {
        using var limit = Within(AnswerTimeout, cancellation);
        try
        {
            var sent = await _connection.GetAsync(call, path, limit.Token);
            if (!sent.Succeeded)
            {
                return sent.Error;
            }

            using var answer = sent.Value;
            using var body = await Body.ReadAsync(answer.Content, LongestAnswer, limit.Token);
            return body is not null
                ? Parse(body.Text, read)
                : new ApiError(ApiFault.Transient, call, $"the API server's answer to {call} is longer than {LongestAnswer} bytes");
        }
        catch (Exception thrown) when (!cancellation.IsCancellationRequested && _connection.Describe(thrown, call) is { } error)
        {
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

    private Limit Within(TimeSpan length, CancellationToken cancellation) =>
        Deadline.After(length, _time.GetTimestamp(), _time).Or(cancellation);
}
