using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Testing.Cluster;

namespace Prestopd.Tests.Controller;

/// <summary>Sends a client's requests straight to a cluster.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="user">Who the client is.</param>
internal sealed class ClusterHandler(LoopbackCluster cluster, ApiUser user) : HttpMessageHandler
{
    /// <summary>Called before each request; what it returns is the answer, null for the cluster's own.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?> Before { get; set; } = _ => null;

    /// <summary>The requests so far: <c>PATCH /api/v1/namespaces/rec/pods/web-1</c>.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>A refusal in the API server's words.</summary>
    public static HttpResponseMessage Refusal(int code, string reason) => Response(
        code, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = reason, ["message"] = reason, ["code"] = code }.ToJsonString());

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Sent.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
        if (Before(request) is { } answered)
        {
            return answered;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var answer = await cluster.SendAsync(
            user, request.Method.Method, request.RequestUri.PathAndQuery, body, request.Content?.Headers.ContentType?.MediaType, "application/json");
        return Response(answer.Status, answer.Body is JsonValue text ? (string)text! : answer.Body?.ToJsonString() ?? "");
    }

    private static HttpResponseMessage Response(int status, string body) => new((HttpStatusCode)status)
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    };
}
