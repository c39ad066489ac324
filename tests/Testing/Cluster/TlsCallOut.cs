using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Prestop.Testing.Cluster;

/// <summary>
/// Calls webhooks as the API server does: POST over TLS to a certificate that the configuration's caBundle vouches for, on connections that are kept. What goes wrong is said in
/// the API server's words.
/// </summary>
/// <param name="time">The clock by which certificates are valid.</param>
internal sealed class TlsCallOut(TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _clients = new();
    private int _dialled;

    /// <summary>Where the pods of a Service listen, by its host name: <c>prestopd.prestop.svc</c>. Connections go to them in turn.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<IPEndPoint>> Backends { get; } = new();

    /// <summary>Calls.</summary>
    /// <returns>The answer's body.</returns>
    /// <exception cref="HttpRequestException">The call failed.</exception>
    public async Task<byte[]> CallAsync(WebhookCall call, CancellationToken cancellation)
    {
        var bundle = call.Configuration.Text("caBundle") ?? "";
        if (call.Configuration.Text("service", "name") is { } service && !Backends.ContainsKey(call.Address.Host))
        {
            throw new HttpRequestException($"failed to call webhook: Post \"{call.Address}\": service \"{service}\" not found");
        }

        var client = _clients.GetOrAdd($"{call.Address.Authority} {bundle}", _ => New(Encoding.UTF8.GetString(Convert.FromBase64String(bundle))));
        using var request = new HttpRequestMessage(HttpMethod.Post, call.Address) { Content = new ByteArrayContent(call.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-apiserver-admission");
        using var answer = await SendAsync(client, request, cancellation);
        return answer.IsSuccessStatusCode
            ? await answer.Content.ReadAsByteArrayAsync(cancellation)
            : throw new HttpRequestException($"an error on the server (\"{answer.StatusCode}\") has prevented the request from succeeding");
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker client, HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, cancellation);
        }
        catch (HttpRequestException thrown)
        {
            var words = thrown.InnerException switch
            {
                SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connect: connection refused",
                AuthenticationException refused => $"tls: failed to verify certificate: {refused.Message}",
                _ => thrown.Message,
            };
            throw new HttpRequestException($"failed to call webhook: Post \"{request.RequestUri}\": {words}", thrown);
        }
    }

    private HttpMessageInvoker New(string bundle)
    {
        var trusted = new X509Certificate2Collection();
        try
        {
            trusted.ImportFromPem(bundle);
        }
        catch (CryptographicException thrown)
        {
            throw new HttpRequestException("unable to load root certificates: unable to parse bytes as PEM block", thrown);
        }

        return new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, sent, errors) => Verify(trusted, (X509Certificate2)certificate!, sent!, errors),
            },
            ConnectCallback = DialAsync,
        });
    }

    private bool Verify(X509Certificate2Collection trusted, X509Certificate2 certificate, X509Chain sent, SslPolicyErrors errors)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        var isTrusted = chain.Build(certificate);
        var problem = chain.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) ? "certificate has expired or is not yet valid"
            : !isTrusted ? "certificate signed by unknown authority"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"certificate is valid for {certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false)}, not for what was asked"
            : null;
        return problem is null ? true : throw new AuthenticationException($"x509: {problem}");
    }

    private async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var wanted = context.DnsEndPoint;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (Backends.TryGetValue(wanted.Host, out var backends) && backends.Count > 0)
            {
                await socket.ConnectAsync(backends[(int)((uint)Interlocked.Increment(ref _dialled) % backends.Count)], cancellation);
            }
            else
            {
                await socket.ConnectAsync(wanted, cancellation);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
