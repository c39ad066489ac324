using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Testing;

namespace Prestop.Kubernetes.Tests;

/// <summary>What a client sent.</summary>
internal sealed record SentRequest(string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A server on loopback, without TLS, that gives recorded answers in order and keeps what it was asked.</summary>
internal sealed class RecordedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly ConcurrentQueue<SentRequest> _requests = new();
    private readonly Task _serving;

    public RecordedServer(string? token = null)
    {
        _listener.Start();
        _serving = ServeAsync();
        Client = new ApiClient(
            new ClusterAccess
            {
                Address = new Uri($"http://{_listener.LocalEndpoint}/"),
                Authorities = null,
                Credentials = new FixedCredentials(token),
                UserAgent = "prestopd",
            },
            TimeSpan.FromSeconds(60),
            Time);
    }

    public FakeClock Time { get; } = new();

    public ApiClient Client { get; }

    public IReadOnlyList<SentRequest> Requests => [.. _requests];

    /// <summary>The next request gets this recording's answer.</summary>
    public void Answer(Recording recording) => Answer(recording.Status, recording.Answer, recording.Headers);

    public void Answer(int status, string body, IEnumerable<(string Name, string Value)>? headers = null)
    {
        var head = string.Concat((headers ?? [("Content-Type", "application/json")])
            .Where(header => header.Name is not ("Transfer-Encoding" or "Connection"))
            .Select(header => $"{header.Name}: {header.Value}\r\n"));
        _answers.Enqueue($"HTTP/1.1 {status} Recorded\r\n{head}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }

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
        var recorded = Parameters(target.Length > 1 ? target[1] : "").Where(pair => pair.Key != "limit").ToDictionary();
        Xunit.Assert.Equal(recorded, query);
        foreach (var name in (string[])["Accept", "Content-Type", "Authorization"])
        {
            if (recording.RequestHeader(name) is { } value)
            {
                Xunit.Assert.Equal(value, sent.Headers.GetValueOrDefault(name.ToLowerInvariant()));
            }
        }

        Xunit.Assert.True(
            JsonNode.DeepEquals(recording.Body, sent.Body.Length == 0 ? null : JsonNode.Parse(sent.Body)),
            $"{sent.Body} was sent, {recording.Body?.ToJsonString()} was recorded");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private static Dictionary<string, string> Parameters(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1]));

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    _requests.Enqueue(request);
                    Xunit.Assert.True(_answers.TryDequeue(out var answer), $"nothing is recorded for {request}");
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
                }
            }
        }
        catch (Exception thrown) when (thrown is OperationCanceledException or IOException)
        {
        }
    }

    private async Task<SentRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(header => header[0].ToLowerInvariant(), header => header[1]);
        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _stop.Token);
        var start = lines[0].Split(' ');
        var target = start[1].Split('?', 2);
        return new SentRequest(start[0], target[0], Parameters(target.Length > 1 ? target[1] : ""), headers, Encoding.UTF8.GetString(body));
    }

    private sealed class FixedCredentials(string? token) : IApiCredentials
    {
        public ApiCredential Current { get; } = new(token);

        public Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation) => Task.CompletedTask;
    }
}
