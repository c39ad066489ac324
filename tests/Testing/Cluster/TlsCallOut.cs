using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Prestop.Testing.Cluster;

/// <summary>
/// Calls webhooks as the API server does: POST over TLS to a certificate that the configuration's caBundle vouches for, on connections that are kept.
/// </summary>
internal sealed class TlsCallOut : IDisposable
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
        var client = _clients.GetOrAdd($"{call.Address.Authority} {bundle}", _ => New(Encoding.UTF8.GetString(Convert.FromBase64String(bundle))));
        using var request = new HttpRequestMessage(HttpMethod.Post, call.Address) { Content = new ByteArrayContent(call.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-apiserver-admission");
        using var answer = await client.SendAsync(request, cancellation);
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

    private HttpMessageInvoker New(string bundle)
    {
        var trusted = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            trusted.CustomTrustStore.ImportFromPem(bundle);
        }
        catch (CryptographicException thrown)
        {
            throw new HttpRequestException("unable to load root certificates", thrown);
        }

        return new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trusted },
            ConnectCallback = DialAsync,
        });
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
