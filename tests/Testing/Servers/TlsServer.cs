using System.Globalization;

namespace Prestop.Testing;

/// <summary>A real TLS server, <c>openssl s_server -www</c>, on a free port of 127.0.0.1: answers every GET with status 200.</summary>
public sealed class TlsServer : IAsyncDisposable
{
    private readonly Child _openssl;

    private TlsServer(Child openssl, int port) => (_openssl, Port) = (openssl, port);

    public int Port { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="certificate">What it shows to clients.</param>
    /// <param name="options">More options of openssl-s_server(1), such as <c>-tls1_2</c>.</param>
    public static async Task<TlsServer> StartAsync(ServerCertificate certificate, params string[] options)
    {
        var openssl = new OnHost { DieWithTests = true, Watchdog = TimeSpan.FromMinutes(10) }.Run(SystemProgram.Openssl,
            ["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", certificate.File, "-key", certificate.KeyFile, .. options]);
        try
        {
            // It asks the kernel for a free port, listens, and then says which: "ACCEPT 127.0.0.1:40123".
            var listening = await openssl.WaitForLineAsync("ACCEPT 127.0.0.1:");
            return new TlsServer(openssl, int.Parse(listening[(listening.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        }
        catch
        {
            await openssl.DisposeAsync();
            throw;
        }
    }

    /// <summary><c>https://HOST:PORT/path</c>.</summary>
    public string Url(string path = "/", string host = "127.0.0.1") => $"https://{host}:{Port}{path}";

    public ValueTask DisposeAsync() => _openssl.DisposeAsync();
}
