using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Prestop.Core.Waiting;

namespace Prestop.Conditions.Http;

/// <summary>
/// Met by a response with an accepted status. Each look is one request on a connection of its own, so that every look is
/// balanced anew and nothing stays open in between. Redirects are not followed and proxies not used.
/// </summary>
public sealed class HttpCondition : ICondition, IDisposable
{
    private static readonly HttpRequestOptionsKey<Stream> Connection = new(nameof(Connection));

    private readonly Uri _url;
    private readonly HttpSettings _settings;
    private readonly NameLookup _lookup;
    private readonly OwnConnections _own;
    private readonly HttpMessageInvoker _client;
    private readonly ServerTrust? _trust;
    private volatile bool _isBeingJudged;

    /// <summary>Makes a condition. Nothing is connected yet.</summary>
    /// <param name="url">An absolute <c>http</c> or <c>https</c> URL; a user name and password in it are sent as Basic authentication.</param>
    /// <param name="settings">What is sent, trusted and accepted.</param>
    public HttpCondition(Uri url, ConditionSettings settings)
    {
        _url = url;
        _settings = settings.Http;
        _lookup = new NameLookup(url.IdnHost);
        _own = settings.Own;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = settings.ConnectTimeout,
            ConnectCallback = ConnectAsync,
            PlaintextStreamFilter = Connected,
        };
        if (url.Scheme == Uri.UriSchemeHttps)
        {
            _trust = new ServerTrust(_settings);
            handler.SslOptions = _trust.Options;
        }

        _client = new HttpMessageInvoker(handler);
    }

    /// <summary>True from the connection, TLS included, to the answer: an endpoint that hangs until the pod is drained is judging.</summary>
    public bool IsBeingJudged => _isBeingJudged;

    /// <summary>False: a request may have effects, and where an answer took a while, the next one would too.</summary>
    public bool CanBeWatched => false;

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        using var request = Request();
        try
        {
            using var response = await _client.SendAsync(request, cancellation);
            var status = (int)response.StatusCode;
            return new Observation(_settings.Accepted.Contains(status) ? Finding.Met : Finding.NotMet, $"status {status}");
        }
        catch (HttpRequestException failure)
        {
            return Judge(failure);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Observation(Finding.Unclear, "connecting timed out");
        }
        finally
        {
            _isBeingJudged = false;

            // HttpClient may keep a connection for a while that it was told to close.
            if (request.Options.TryGetValue(Connection, out var connection))
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(_settings.Method ?? (_settings.Data is null ? HttpMethod.Get : HttpMethod.Post), _url);
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "prestop");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        if (_url.UserInfo.Length > 0)
        {
            var credentials = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(_url.UserInfo));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(credentials));
        }

        if (_settings.Data is { } data)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(data));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded");
        }

        foreach ((var name, var value) in _settings.Headers)
        {
            // A header of the user's replaces the one of the same name that would have been sent, as with curl.
            if (request.Content is { } content && IsOfContent(name))
            {
                content.Headers.Remove(name);
                content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private static bool IsOfContent(string header) => header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        // HttpClient would repeat a request by itself, up to three times, when the connection is closed without an answer.
        if (context.InitialRequestMessage.Options.TryGetValue(Connection, out _))
        {
            throw new IOException("one look is one connection");
        }

        var socket = _settings.UnixSocket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (_settings.UnixSocket is { } path)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            }
            else
            {
                await socket.ConnectAsync(await _lookup.ResolveAsync(cancellation), context.DnsEndPoint.Port, cancellation);
                _own.Add(socket);

                // An answer may take minutes; only probes tell a slow peer from one that has vanished without a word. They
                // are set on the connection, since .NET on Unix tries several addresses only with an untouched socket.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            }

            var connection = new NetworkStream(socket, ownsSocket: true);
            context.InitialRequestMessage.Options.Set(Connection, connection);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ValueTask<Stream> Connected(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellation)
    {
        _isBeingJudged = true;
        return ValueTask.FromResult(context.PlaintextStream);
    }

    private Observation Judge(HttpRequestException failure)
    {
        if (_trust?.Problem is { } distrust)
        {
            return new Observation(Finding.Broken, distrust);
        }

        return Cause(failure) is { } error
            ? error is SocketError.AddressNotAvailable && _settings.UnixSocket is not null
                ? new Observation(Finding.Absent, "the socket does not exist") // .NET's name for ENOENT here
                : SocketFindings.Judge(error)
            : new Observation(Finding.Unclear, failure.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => "the TLS handshake failed",
                HttpRequestError.ResponseEnded or HttpRequestError.ConnectionError => "the connection was closed before an answer",
                HttpRequestError.InvalidResponse => "the answer is not HTTP",
                HttpRequestError.ConfigurationLimitExceeded => "the answer's header is too large",
                _ => "the connection was lost",
            });
    }

    private static SocketError? Cause(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket)
            {
                return socket.SocketErrorCode;
            }
        }

        return null;
    }
}
