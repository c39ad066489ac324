using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Prestop.Kubernetes;

/// <summary>
/// Carries requests to one API server, as somebody and over TLS that only the cluster's own authorities can vouch for. Turns
/// all that can go wrong into an <see cref="ApiError"/>.
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    /// <summary>A server that asks to be left alone for longer than this is asked again all the same.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    private const int LongestRefusal = 64 * 1024;

    private readonly ClusterAccess _access;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private SslPolicyErrors _distrust;

    public ApiConnection(ClusterAccess access, TimeSpan connectTimeout, TimeProvider time)
    {
        (_access, _connectTimeout, _time) = (access, connectTimeout, time);
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        trust.CustomTrustStore.AddRange(access.Authorities);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = connectTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
                // OpenSSL's own cache would keep the sessions of every connection: 7 kB.
                AllowTlsResume = false,
                CertificateChainPolicy = trust,
                RemoteCertificateValidationCallback = (_, _, _, errors) => (_distrust = errors) is SslPolicyErrors.None,
            },
        });
    }

    /// <summary>
    /// Sends a request and waits for the head of the answer. A token that is not accepted is read again, and if it is
    /// another one by now, the request is sent once more.
    /// </summary>
    /// <param name="call">The call in RBAC's words, for errors.</param>
    /// <param name="path">The path and query below the server's address.</param>
    /// <param name="cancellation">Ends the exchange.</param>
    /// <returns>An answer with status 2xx, to be disposed of; or the error.</returns>
    /// <exception cref="Exception">As <see cref="Describe"/> understands them.</exception>
    public async Task<ApiResult<HttpResponseMessage>> GetAsync(ApiCall call, string path, CancellationToken cancellation)
    {
        var address = new Uri(_access.Address, path);
        var token = _access.Token.Current();
        var answer = await SendAsync(address, token, cancellation);
        if (answer.StatusCode is HttpStatusCode.Unauthorized && _access.Token.Renew(token))
        {
            answer.Dispose();
            answer = await SendAsync(address, _access.Token.Current(), cancellation);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            var status = await ReadRefusalAsync(answer, cancellation);
            return Refusal(call, (int)answer.StatusCode, status?.Message ?? "", RetryAfter(answer) ?? status?.RetryAfter);
        }
    }

    /// <summary>The error that a refusal is, whether it came as a status line or as an event in the middle of a watch.</summary>
    /// <param name="call">What was asked.</param>
    /// <param name="code">The HTTP status.</param>
    /// <param name="message">The server's words, or nothing.</param>
    /// <param name="retryAfter">How long the server wants to be left alone, if it said.</param>
    public static ApiError Refusal(ApiCall call, int code, string message, TimeSpan? retryAfter)
    {
        var fault = code switch
        {
            401 => ApiFault.Unauthorized,
            403 => ApiFault.Forbidden,
            404 => ApiFault.NotFound,
            410 => ApiFault.Gone,
            0 or 408 or 429 or >= 500 => ApiFault.Transient,
            _ => ApiFault.Rejected,
        };
        var words = OneLine(message);
        return new ApiError(fault, call, $"the API server answers {code} to {call}{(words.Length == 0 ? "" : $": {words}")}")
        {
            RetryAfter = retryAfter > LongestRetryAfter ? LongestRetryAfter : retryAfter,
        };
    }

    /// <summary>The error that an exception stands for, or null when it is a fault of the program.</summary>
    /// <param name="thrown">What was thrown while something was sent or received.</param>
    /// <param name="call">What was asked.</param>
    public ApiError? Describe(Exception thrown, ApiCall call) => thrown switch
    {
        OperationCanceledException { InnerException: TimeoutException } => Transient(call, string.Create(
            CultureInfo.InvariantCulture, $"no connection to {Server} within {_connectTimeout.TotalSeconds:0.###}s")),
        OperationCanceledException => Transient(call, $"no answer from {Server} in time"),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Distrust(call),
        HttpRequestException { InnerException: SocketException socket } =>
            Transient(call, $"no connection to {Server}: {Words(socket.SocketErrorCode)}"),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            Transient(call, $"an answer of {Server} makes no sense"),
        HttpRequestException or IOException => Transient(call, $"the connection to {Server} broke off"),
        JsonException => Transient(call, $"an answer of {Server} makes no sense"),
        _ => null,
    };

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private string Server => $"the API server at {_access.Address.Authority}";

    private static ApiError Transient(ApiCall call, string message) => new(ApiFault.Transient, call, message);

    private static string Words(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "refused",
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "its name does not resolve",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route",
        SocketError.TimedOut => "timed out",
        _ => $"error {(int)error}",
    };

    private static string OneLine(string message)
    {
        const int longest = 300;
        var cut = message.Length > longest ? $"{message.AsSpan(0, longest)}…" : message;
        return string.Create(cut.Length, cut, static (line, text) =>
        {
            for (var i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(text[i]) ? ' ' : text[i];
            }
        }).Trim();
    }

    private ApiError Distrust(ApiCall call)
    {
        var reason =
            _distrust.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "shows no certificate"
            : _distrust.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "shows a certificate for another host"
            : _distrust.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? "shows a certificate that has expired or that the cluster's CA bundle does not vouch for"
            : null;
        return reason is null
            ? Transient(call, $"no TLS connection to {Server}")
            : new ApiError(ApiFault.Untrusted, call, $"{Server} {reason}");
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, string token, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "prestop");
        _distrust = SslPolicyErrors.None;
        return await _http.SendAsync(request, cancellation);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var header = answer.Headers.RetryAfter;
        var length = header?.Delta ?? header?.Date - _time.GetUtcNow();
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
