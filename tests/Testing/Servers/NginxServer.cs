using System.Net;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>A real nginx on a free port of 127.0.0.1: with HTTPS 200 for <c>/</c> and 404 for the rest, with HTTP 200 for all.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Child _nginx;

    private NginxServer(TemporaryFolder folder, Child nginx, int port) => (_folder, _nginx, Port) = (folder, nginx, port);

    public int Port { get; }

    /// <summary>Starts it and waits until it takes connections.</summary>
    /// <param name="certificate">What it shows to clients; null for HTTP.</param>
    /// <param name="network">Where; null for the host's own network.</param>
    public static async Task<NginxServer> StartAsync(ServerCertificate? certificate, TestNetwork? network = null)
    {
        var folder = new TemporaryFolder();
        // nginx cannot say which port it was given: ask the kernel for a free one first.
        var port = FreePort();
        var configuration = folder.Write("nginx.conf", $$"""
            daemon off;
            master_process off;
            error_log stderr notice;
            pid {{folder["pid"]}};
            events { }
            http {
                access_log off;
                client_body_temp_path {{folder["a"]}};
                proxy_temp_path {{folder["b"]}};
                fastcgi_temp_path {{folder["c"]}};
                uwsgi_temp_path {{folder["d"]}};
                scgi_temp_path {{folder["e"]}};
                server {
                    listen 127.0.0.1:{{port}}{{(certificate is null ? "" : $" ssl; ssl_certificate {certificate.File}; ssl_certificate_key {certificate.KeyFile}")}};
                    location = / { return 200; }
                    location / { return {{(certificate is null ? 200 : 404)}}; }
                }
            }
            """);
        var nginx = new OnHost { DieWithTests = true, Network = network, Watchdog = TimeSpan.FromMinutes(10) }
            .Run(SystemProgram.Nginx, "-e", "stderr", "-c", configuration);
        var server = new NginxServer(folder, nginx, port);
        try
        {
            await nginx.WaitForLineAsync("getrlimit(RLIMIT_NOFILE)"); // said once it listens
        }
        catch (HarnessException) when (!nginx.HasEnded)
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary><c>https://localhost:PORT/path</c>.</summary>
    public string Url(string path = "/") => $"https://localhost:{Port}{path}";

    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A port of 127.0.0.1 that nobody has at the moment.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
