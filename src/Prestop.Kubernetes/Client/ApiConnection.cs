using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Prestop.Core.Messages;
using Prestop.Http;
using Prestop.Http.Trust;
using Prestop.Kubernetes.Access;

namespace Prestop.Kubernetes.Client;

/// <summary>
/// Sends requests to one API server over verified TLS with its credentials, and turns all that can go wrong into an <see cref="ApiError"/>.
/// </summary>
/// <param name="access">The server, and how to be let in.</param>
/// <param name="connectTimeout">How long a connection may take to come about.</param>
/// <param name="time">The clock.</param>
/// <param name="http">Sends the requests; null for connections as <paramref name="access"/> has them.</param>
internal sealed class ApiConnection(ClusterAccess access, TimeSpan connectTimeout, TimeProvider time, HttpMessageInvoker? http = null) : IDisposable
{
    /// <summary>A server that asks to be left alone for longer than this is asked again all the same.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    private const int LongestRefusal = 64 * 1024;

    private readonly Lock _lock = new();
    private HttpMessageInvoker? _http = http;
    private SslStreamCertificateContext? _shown;

    /// <summary>
    /// Sends a request and waits for the head of the answer. Credentials that are refused are fetched again, and when they are other ones
    /// by now, the request is sent once more.
    /// </summary>
    /// <param name="call">The call in RBAC's words, for errors.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">Ends the exchange.</param>
    /// <returns>An answer with status 2xx, to be disposed of; or the error.</returns>
    /// <exception cref="Exception">As <see cref="Describe"/> understands them.</exception>
    public async Task<ApiResult<HttpResponseMessage>> SendAsync(ApiCall call, ApiRequest request, CancellationToken cancellation)
    {
        ApiCredential? refused = null;
        ApiError? refusal = null;
        while (true)
        {
            await access.Credentials.RefreshAsync(refused, cancellation);
            var credential = access.Credentials.Current;
            if (credential.Problem.Length > 0)
            {
                return new ApiError(ApiFault.Unauthorized, call, $"no credentials for {Server}: {credential.Problem}");
            }

            if (ReferenceEquals(credential, refused))
            {
                return refusal!;
            }

            var answer = await SendAsync(request, credential, cancellation);
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                refusal = Refusal(call, (int)answer.StatusCode, await ReadRefusalAsync(answer, cancellation), RetryAfter(answer));
            }

            if (refusal.Fault is not ApiFault.Unauthorized || refused is not null)
            {
                return refusal;
            }

            refused = credential;
        }
    }

    /// <summary>The error for a refusal by the API server, whether it came as a status line or as an event in the middle of a watch.</summary>
    /// <param name="call">What was asked.</param>
    /// <param name="code">The HTTP status.</param>
    /// <param name="status">The server's own account of it, if there is one.</param>
    /// <param name="retryAfter">How long the server wants to be left alone, where the account does not say it.</param>
    public static ApiError Refusal(ApiCall call, int code, ApiStatus? status, TimeSpan? retryAfter)
    {
        var fault = code switch
        {
            401 => ApiFault.Unauthorized,
            403 => ApiFault.Forbidden,
            404 => ApiFault.NotFound,
            409 => ApiFault.Conflict,
            410 => ApiFault.Expired,
            0 or 408 or 429 or >= 500 => ApiFault.Transient,
            _ => ApiFault.Rejected,
        };
        var words = OneLine.Quote(status?.Message ?? "");
        var pause = retryAfter ?? status?.RetryAfter;
        return new ApiError(fault, call, $"the API server answers {code} to {call}{(words.Length == 0 ? "" : $": {words}")}")
        {
            Status = status,
            RetryAfter = pause > LongestRetryAfter ? LongestRetryAfter : pause,
        };
    }

    /// <summary>The error that an exception stands for, or null when it is a fault of the program.</summary>
    /// <param name="thrown">What was thrown while something was sent or received.</param>
    /// <param name="call">What was asked.</param>
    public ApiError? Describe(Exception thrown, ApiCall call) => thrown switch
    {
        OperationCanceledException { InnerException: TimeoutException } => Transient(call, string.Create(
            CultureInfo.InvariantCulture, $"no connection to {Server} within {connectTimeout.TotalSeconds:0.###}s")),
        OperationCanceledException => Transient(call, $"no answer from {Server} in time"),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => TlsRefusedException.In(thrown) is { } refusal
            ? new ApiError(ApiFault.Untrusted, call, $"no TLS connection to {Server}: {refusal.Message}")
            : Transient(call, $"no TLS connection to {Server}"),
        HttpRequestException { InnerException: SocketException socket } =>
            Transient(call, $"no connection to {Server}: {Words(socket.SocketErrorCode)}"),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            Transient(call, $"an answer of {Server} makes no sense"),
        HttpRequestException or IOException => Transient(call, $"the connection to {Server} broke off"),
        JsonException => Transient(call, $"an answer of {Server} makes no sense"),
        _ => null,
    };

    /// <inheritdoc/>
    public void Dispose() => _http?.Dispose();

    private string Server => $"the API server at {access.Address.Authority}";

    private static ApiError Transient(ApiCall call, string message) => new(ApiFault.Transient, call, message);

    private static string Words(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "refused",
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "its name does not resolve",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route",
        SocketError.TimedOut => "timed out",
        _ => $"error {(int)error}",
    };

    private async Task<HttpResponseMessage> SendAsync(ApiRequest request, ApiCredential credential, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(access.Address, request.Path));
        if (credential.Token is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {credential.Token}");
        }

        message.Headers.TryAddWithoutValidation("Accept", "application/json");
        message.Headers.TryAddWithoutValidation("User-Agent", access.UserAgent);
        if (access.ServerName is not null)
        {
            // The handler takes the name for SNI and for the verification of the certificate from here.
            message.Headers.Host = access.ServerName;
        }

        if (request.ContentType is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        return await HttpWith(credential.Certificate).SendAsync(message, cancellation);
    }

    /// <summary>
    /// The connections on which a client certificate was shown. Those with another one are used no more: their requests end, and the handler
    /// itself closes what lies idle.
    /// </summary>
    private HttpMessageInvoker HttpWith(SslStreamCertificateContext? certificate)
    {
        lock (_lock)
        {
            if (_http is null || !ReferenceEquals(certificate, _shown))
            {
                (_http, _shown) = (new HttpMessageInvoker(NewHandler(certificate)), certificate);
            }

            return _http;
        }
    }

    private SocketsHttpHandler NewHandler(SslStreamCertificateContext? certificate)
    {
        var trusted = access.SkipsVerification ? null
            : access.Authorities is { } given ? Authorities.Of(given)
            : Authorities.OfImage;
        var handler = SafeConnections.Through(new TlsClient(trusted));
        (handler.UseProxy, handler.Proxy) = (access.Proxy is not null, access.Proxy);
        handler.ConnectTimeout = connectTimeout;
        handler.SslOptions.ClientCertificateContext = certificate;
        return handler;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var header = answer.Headers.RetryAfter;
        var length = header?.Delta ?? header?.Date - time.GetUtcNow();
        return length > TimeSpan.Zero ? length : null;
    }

    private static async Task<ApiStatus?> ReadRefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            using var body = await Body.ReadAsync(answer.Content, LongestRefusal, cancellation);
            return body is null ? null : Parse(body.Text);
        }
        catch (Exception thrown) when (thrown is JsonException or IOException)
        {
            // The status line is refusal enough: proxies answer with pages of their own.
            return null;
        }

        static ApiStatus Parse(ReadOnlySpan<byte> text)
        {
            var json = new Utf8JsonReader(text);
            json.Read();
            return ApiStatus.Read(ref json);
        }
    }
}
