using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing;

namespace Prestop.Kubernetes.Tests;

/// <summary>A server on loopback, without TLS, that gives recorded answers in order and keeps what it was asked.</summary>
internal sealed class RecordedServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<HttpReply> _answers = new();
    private readonly ConcurrentQueue<HttpCall> _requests = new();
    private readonly LoopbackHttp _server;

    public RecordedServer(string? token = null)
    {
        _server = new LoopbackHttp(call =>
        {
            _requests.Enqueue(call);
            Xunit.Assert.True(_answers.TryDequeue(out var answer), $"nothing is recorded for {call}");
            return answer;
        });
        Client = new ApiClient(
            new ClusterAccess
            {
                Address = _server.Address,
                Authorities = null,
                Credentials = new FixedCredentials(new ApiCredential(token)),
                UserAgent = "prestopd",
            },
            TimeSpan.FromSeconds(60),
            Time);
    }

    public FakeClock Time { get; } = new();

    public ApiClient Client { get; }

    public IReadOnlyList<HttpCall> Requests => [.. _requests];

    /// <summary>The next request gets this recording's answer.</summary>
    public void Answer(Recording recording) => Answer(recording.Status, recording.Answer, recording.Headers);

    public void Answer(int status, string body, IEnumerable<(string Name, string Value)>? headers = null) => _answers.Enqueue(new HttpReply(status, body)
    {
        Headers = [.. (headers ?? [("Content-Type", "application/json")]).Where(header => header.Name is not ("Transfer-Encoding" or "Connection"))],
    });

    /// <summary>Keeps no longer what it was asked so far.</summary>
    public void Forget() => _requests.Clear();

    /// <summary>Whether the request with this number is the recorded one: method, path, query, headers, body.</summary>
    public void Sent(Recording recording, int number = 0)
    {
        var sent = Requests[number];
        var target = recording.Target.Split('?', 2);
        Xunit.Assert.Equal((recording.Method, target[0]), (sent.Method, sent.Path));

        // Of a list, how many parts it comes in is the client's choice.
        var query = sent.Query.Where(pair => pair.Key != "limit").ToDictionary();
        var recorded = HttpCall.Parameters(target.Length > 1 ? target[1] : "").Where(pair => pair.Key != "limit").ToDictionary();
        Xunit.Assert.Equal(recorded, query);
        foreach (var name in (string[])["Accept", "Content-Type", "Authorization"])
        {
            if (recording.RequestHeader(name) is { } value)
            {
                Xunit.Assert.Equal(value, sent.Headers.GetValueOrDefault(name.ToLowerInvariant()));
            }
        }

        Xunit.Assert.True(
            JsonNode.DeepEquals(recording.Body, sent.Body.Length == 0 ? null : JsonNode.Parse(sent.Text)),
            $"{sent.Text} was sent, {recording.Body?.ToJsonString()} was recorded");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
