using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Kubernetes.Tests.ApiServer;

namespace Prestop.Kubeconfig.Tests;

/// <summary>What a connection looked like: the name that the client asked for by SNI, its certificate, and the request's first line.</summary>
internal sealed record SeenConnection(string? ServerName, string? ClientSubject, string Request);

/// <summary>An API server on loopback that keeps a pod list for whoever comes, after a TLS handshake that may ask for a certificate.</summary>
internal sealed class ClientTlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ServerIdentity _identity;
    private readonly Task _serving;

    public ClientTlsServer(ServerIdentity identity)
    {
        _identity = identity;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public List<SeenConnection> Seen { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await AnswerAsync(client.GetStream());
                }
                catch (Exception thrown) when (thrown is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // The client does not trust this server.
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task AnswerAsync(NetworkStream network)
    {
        await using var stream = new SslStream(network);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _identity.Certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null or X509Certificate2,
            },
            _stop.Token);
        if (await new StreamReader(stream, leaveOpen: true).ReadLineAsync(_stop.Token) is not { } head)
        {
            return;
        }

        Seen.Add(new SeenConnection(stream.TargetHostName, (stream.RemoteCertificate as X509Certificate2)?.Subject, head));
        const string body = """{"metadata":{"resourceVersion":"1"},"items":[]}""";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"), _stop.Token);
        await stream.ShutdownAsync();
    }
}
