using System.Net;
using Prestop.Http;
using Prestop.Http.Trust;

namespace Prestopd.Sidecar;

/// <summary>
/// The application's own health check. At most one question is open: health checks that come meanwhile share its answer, so that no
/// flood of them reaches the application.
/// </summary>
internal sealed class Upstream : IDisposable
{
    private const int MostConnections = 2;

    /// <summary>How long the rest of an answer is read, so that its connection can be used again. Its status is known by then.</summary>
    private static readonly TimeSpan RestOfAnswer = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Uri _address;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;
    private Task<int> _question = Task.FromResult(0);
    private long _answered;
    private long _failed;
    private long _timedOut;

    /// <param name="address">http or https; certificates are verified.</param>
    /// <param name="timeout">The longest wait for the head of a response.</param>
    /// <param name="time">The clock.</param>
    public Upstream(Uri address, TimeSpan timeout, TimeProvider time)
        : this(address, timeout, time, Connections())
    {
    }

    /// <inheritdoc cref="Upstream(Uri, TimeSpan, TimeProvider)"/>
    /// <param name="address">http or https.</param>
    /// <param name="timeout">The longest wait for the head of a response.</param>
    /// <param name="time">The clock.</param>
    /// <param name="handler">Sends the requests.</param>
    internal Upstream(Uri address, TimeSpan timeout, TimeProvider time, HttpMessageHandler handler) =>
        (_address, _timeout, _time, _client) = (address, timeout, time, new HttpMessageInvoker(handler));

    /// <summary>Questions that the application answered, with whatever status.</summary>
    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Questions that failed: refused, reset, not HTTP, an untrusted certificate.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Questions that took too long.</summary>
    public long TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>The application's status; 502 when it cannot be asked, 504 when it takes too long.</summary>
    public Task<int> AskAsync()
    {
        lock (_gate)
        {
            return _question.IsCompleted ? _question = AskOnceAsync() : _question;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler Connections()
    {
        var connections = SafeConnections.Through(new TlsClient(Authorities.OfImage));
        connections.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        connections.MaxConnectionsPerServer = MostConnections;
        connections.MaxResponseDrainSize = 64 * 1024;
        connections.ResponseDrainTimeout = RestOfAnswer;
        return connections;
    }

    private async Task<int> AskOnceAsync()
    {
        using var limit = new CancellationTokenSource(_timeout, _time);
        for (var stale = 0; ; stale++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, _address);
                request.Headers.TryAddWithoutValidation("User-Agent", "prestopd-sidecar");
                using var response = await _client.SendAsync(request, limit.Token);
                Interlocked.Increment(ref _answered);
                return (int)response.StatusCode is >= 200 and <= 599 and var status ? status : (int)HttpStatusCode.BadGateway;
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _timedOut);
                return (int)HttpStatusCode.GatewayTimeout;
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                // The application may have closed a kept connection at the moment of the question (RFC 9112, 9.3.1).
                if (stale < MostConnections && !IsWithoutConnection(error))
                {
                    continue;
                }

                Interlocked.Increment(ref _failed);
                return (int)HttpStatusCode.BadGateway;
            }
        }
    }

    private static bool IsWithoutConnection(Exception error) => error is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };
}
