using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>A load balancer's requests to a pod, or a client's through a proxy, and whether each was answered.</summary>
internal sealed class Balancer : IDisposable
{
    private readonly HttpClient _client;
    private readonly Uri _target;
    private readonly bool _keepsConnections;
    private readonly ConcurrentQueue<FailedRequest> _failures = new();
    private int _sent;

    /// <summary>Gets ready.</summary>
    /// <param name="open">Makes a socket where the balancer is.</param>
    /// <param name="target">What is asked for.</param>
    /// <param name="keepsConnections">Whether a connection serves more than one request.</param>
    /// <param name="at">Where that is; null: at the target's address.</param>
    public Balancer(Func<Socket> open, Uri target, bool keepsConnections, EndPoint? at = null)
    {
        (_target, _keepsConnections) = (target, keepsConnections);
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, stop) =>
            {
                var socket = open();
                if (at is null)
                {
                    socket.NoDelay = true;
                }

                await socket.ConnectAsync(at ?? new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { Timeout = TimeSpan.FromSeconds(30) };
    }

    public int Sent => _sent;

    /// <summary>How many were refused, reset or answered by anything but 200.</summary>
    public int Failed => _failures.Count;

    /// <summary>Each of them, in the order in which they came back.</summary>
    public IReadOnlyCollection<FailedRequest> Failures => _failures;

    /// <summary>Sends as the arrivals have it, answered or not, and returns when all have come back.</summary>
    /// <param name="arrivals">When.</param>
    /// <param name="span">For how long.</param>
    /// <param name="random">What comes when.</param>
    /// <param name="stop">Ends it before.</param>
    public async Task SendAsync(Arrivals arrivals, TimeSpan span, Random random, CancellationToken stop)
    {
        var start = TimeProvider.System.GetTimestamp();
        var requests = new List<Task>();
        foreach (var moment in arrivals.Until(span.TotalSeconds, random))
        {
            var wait = TimeSpan.FromSeconds(moment) - TimeProvider.System.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }

            requests.Add(SendOneAsync());
        }

        await Task.WhenAll(requests);
    }

    public void Dispose() => _client.Dispose();

    private async Task SendOneAsync()
    {
        Interlocked.Increment(ref _sent);
        using var request = new HttpRequestMessage(HttpMethod.Get, _target);
        request.Headers.ConnectionClose = !_keepsConnections;
        var sent = TimeProvider.System.GetTimestamp();
        try
        {
            using var answer = await _client.SendAsync(request);
            if (answer.StatusCode is not HttpStatusCode.OK)
            {
                _failures.Enqueue(new FailedRequest(sent, $"{(int)answer.StatusCode}"));
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            _failures.Enqueue(new FailedRequest(sent, (failure.InnerException ?? failure).Message));
        }
    }
}

/// <summary>A request that a balancer sent in vain.</summary>
/// <param name="Sent">When: a timestamp of the system's <see cref="TimeProvider"/>.</param>
/// <param name="Cause">The status, or what happened to the connection.</param>
internal sealed record FailedRequest(long Sent, string Cause);
