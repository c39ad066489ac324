using System.Globalization;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>An answer that a controller cannot go on with.</summary>
internal sealed class RequestFailedException(ApiAnswer answer) : Exception(answer.Body.Text("message"))
{
    public int Status => answer.Status;
}

/// <summary>
/// Asks as client-go does: who is refused with a time to come again comes again by itself, ten times, and says nothing. Recordings: <c>clients/kubectl-delete.ndjson</c>,
/// <c>clients/controllers.ndjson</c>.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="user">Who asks.</param>
internal sealed class ClusterClient(LoopbackCluster cluster, ApiUser user)
{
    private const int MostRetries = 10;

    /// <summary>What a request takes on its way, a webhook's call included.</summary>
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks, and asks again.</summary>
    public async Task<ApiAnswer> SendAsync(string method, string target, JsonNode? body, CancellationToken cancellation)
    {
        for (var retries = 0; ; retries++)
        {
            await Task.Delay(Latency, cluster.Time, cancellation);
            var answer = await cluster.SendAsync(user, method, target, body);
            if (answer.Status is not (429 or >= 500) || retries == MostRetries
                || !int.TryParse(answer.Header("Retry-After"), CultureInfo.InvariantCulture, out var seconds))
            {
                return answer;
            }

            await Task.Delay(TimeSpan.FromSeconds(seconds), cluster.Time, cancellation);
        }
    }

    /// <summary>Asks for what has to be.</summary>
    /// <exception cref="RequestFailedException">It is not.</exception>
    public async Task<JsonObject> RequireAsync(string method, string target, JsonNode? body, CancellationToken cancellation)
    {
        var answer = await SendAsync(method, target, body, cancellation);
        return answer.Status < 300 ? answer.Body!.AsObject() : throw new RequestFailedException(answer);
    }

    /// <summary>Deletes an object; that it is gone is as good.</summary>
    /// <exception cref="RequestFailedException">It is refused.</exception>
    public async Task DeleteAsync(ApiKind kind, JsonNode subject, JsonObject? options, CancellationToken cancellation)
    {
        var answer = await SendAsync("DELETE", kind.Path(subject.Namespace(), subject.Name()), options, cancellation);
        if (answer.Status >= 300 && answer.Status != 404)
        {
            throw new RequestFailedException(answer);
        }
    }

    /// <summary>Merges fields into an object.</summary>
    /// <exception cref="RequestFailedException">It is refused.</exception>
    public Task<JsonObject> PatchAsync(ApiKind kind, JsonNode subject, string subresource, JsonObject patch, CancellationToken cancellation) =>
        RequireAsync("PATCH", kind.Path(subject.Namespace(), subject.Name()) + (subresource.Length == 0 ? "" : $"/{subresource}"), patch, cancellation);
}
