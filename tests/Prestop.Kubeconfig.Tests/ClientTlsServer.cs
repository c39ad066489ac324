using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Prestop.Testing;

namespace Prestop.Kubeconfig.Tests;

/// <summary>An API server on loopback that keeps an empty list for whoever comes, and asks for the client's certificate.</summary>
internal sealed class ClientTlsServer : IAsyncDisposable
{
    private readonly LoopbackHttp _server;
    private readonly ConcurrentQueue<HttpCall> _seen = new();

    public ClientTlsServer(ServerIdentity identity) => _server = new LoopbackHttp(
        call =>
        {
            _seen.Enqueue(call);
            return new HttpReply(200, """{"metadata":{"resourceVersion":"1"},"items":[]}""") { Headers = [("Connection", "close")] };
        },
        tls: new SslServerAuthenticationOptions
        {
            ServerCertificate = identity.Certificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null or X509Certificate2,
        });

    public int Port => _server.Port;

    public IReadOnlyCollection<HttpCall> Seen => _seen;

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
