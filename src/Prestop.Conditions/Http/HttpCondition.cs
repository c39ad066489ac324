using System.Net.Sockets;
using System.Security.Authentication;
using Prestop.Core.Waiting;
using Prestop.Http.Exchange;
using Prestop.Http.Trust;

namespace Prestop.Conditions.Http;

/// <summary>
/// Met by a response with an accepted status. Each look is one request on a connection of its own, so that every look is
/// balanced anew and nothing stays open in between. Redirects are not followed and proxies not used.
/// </summary>
public sealed class HttpCondition : ICondition
{
    private readonly Uri _url;
    private readonly ConditionSettings _settings;
    private readonly HttpSettings _http;
    private readonly Connector _connector;
    private byte[]? _request;
    private TlsClient? _tls;
    private volatile bool _isBeingJudged;

    /// <summary>Makes a condition. Nothing is read and nothing connected yet.</summary>
    /// <param name="url">An absolute <c>http</c> or <c>https</c> URL; a user name and password in it are sent as Basic authentication.</param>
    /// <param name="settings">What is sent, trusted and accepted.</param>
    public HttpCondition(Uri url, ConditionSettings settings) =>
        (_url, _settings, _http, _connector) = (url, settings, settings.Http, new Connector(url.IdnHost, url.Port, settings));

    /// <summary>True from the connection, TLS included, to the answer: an endpoint that hangs until the pod is drained is judging.</summary>
    public bool IsBeingJudged => _isBeingJudged;

    /// <summary>False: a request may have effects, and where an answer took a while, the next one would too.</summary>
    public bool CanBeWatched => false;

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        if (Prepare() is { } problem)
        {
            return new Observation(Finding.Broken, problem);
        }

        try
        {
            var socket = await (_http.UnixSocket is { } path
                ? UnixCondition.ConnectAsync(path, _settings, cancellation)
                : _connector.ConnectAsync(cancellation));
            await using var connection = new PatientStream(socket, _settings.Time);
            return _tls is null ? await AskAsync(connection, connection, cancellation) : await AskAsync(connection, _tls, cancellation);
        }
        catch (SocketException failure)
        {
            return Judge(failure.SocketErrorCode);
        }
    }

    /// <summary>Reads the files that the user named, once.</summary>
    /// <returns>Null, or why one cannot be used, with the fix.</returns>
    private string? Prepare()
    {
        if (_request is not null)
        {
            return null;
        }

        if (_url.Scheme == Uri.UriSchemeHttps)
        {
            string? problem = null;
            var authorities = _http.Insecure ? null
                : _http.AuthorityFile is { } file ? Authorities.InFile(file, out problem)
                : Authorities.OfImage;
            if (problem is not null)
            {
                return $"CA file '{_http.AuthorityFile}': {problem}";
            }

            _tls = new TlsClient(authorities);
        }

        byte[]? body = null;
        if (_http.Data is { } data && (body = RequestBody.Read(data, out var reason)) is null)
        {
            return reason;
        }

        _request = RequestText.Of(_url, _http, body);
        return null;
    }

    private async Task<Observation> AskAsync(PatientStream connection, TlsClient client, CancellationToken cancellation)
    {
        TlsConnection tls;
        try
        {
            // A server that is silent is not connected yet. What this process needs itself does not count: with little CPU that is seconds.
            connection.Patience = _settings.ConnectTimeout;
            tls = await client.ConnectAsync(connection, _url.IdnHost, cancellation);
        }
        catch (Exception failure) when (IsOfConnection(failure))
        {
            return Judge(failure, "connecting timed out", "the TLS handshake failed");
        }

        await using (tls)
        {
            return await AskAsync(connection, tls, cancellation);
        }
    }

    private async Task<Observation> AskAsync(PatientStream connection, Stream stream, CancellationToken cancellation)
    {
        try
        {
            _isBeingJudged = true;
            connection.Patience = _http.AnswerTimeout;
            var status = await HttpExchange.RunAsync(
                stream,
                _request,
                hasNoBody: RequestText.MethodOf(_http) is "HEAD",
                isToEnd: status => _http.WaitsForBody && _http.Accepted.Contains(status),
                cancellation);
            return new Observation(_http.Accepted.Contains(status) ? Finding.Met : Finding.NotMet, $"status {status}");
        }
        catch (InvalidDataException notHttp)
        {
            return new Observation(Finding.Unclear, notHttp.Message);
        }
        catch (Exception failure) when (IsOfConnection(failure))
        {
            return Judge((stream as TlsConnection)?.RefusalFor(failure) ?? failure, "the server is silent", "the connection was lost");
        }
        finally
        {
            _isBeingJudged = false;
        }
    }

    private static bool IsOfConnection(Exception failure) =>
        failure is IOException or TimeoutException or SocketException or AuthenticationException;

    private Observation Judge(Exception failure, string timedOut, string otherwise)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case TlsRefusedException refused:
                    return new Observation(Finding.Broken, refused.Message + (refused.IsAuthorityUnknown ? "; give its CA file with --cacert" : ""));
                case TimeoutException:
                    return new Observation(Finding.Unclear, timedOut);
                case SocketException socket:
                    return Judge(socket.SocketErrorCode);
            }
        }

        return new Observation(Finding.Unclear, otherwise);
    }

    private Observation Judge(SocketError error) =>
        _http.UnixSocket is { } path ? SocketFindings.Judge(error, path) : SocketFindings.Judge(error);
}
