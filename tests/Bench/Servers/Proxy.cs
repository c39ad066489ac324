using System.Net;
using System.Net.Sockets;
using System.Text;
using Bench.Processes;
using Prestop.Testing;

namespace Bench.Servers;

/// <summary>A real proxy on 127.0.0.1 that keeps its connections to an app open.</summary>
internal sealed class Proxy : IProxy, IDisposable
{
    private readonly Func<Task> _turnAway;

    private Proxy(int process, int port, Func<Task> turnAway)
    {
        (Process, Port, _turnAway) = (process, port, turnAway);
        try
        {
            AwaitListener(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Process { get; }

    public int Port { get; }

    public Uri Front => new($"http://127.0.0.1:{Port}/");

    /// <summary>Starts a haproxy, which is told by its runtime API that the app will be gone.</summary>
    /// <param name="folder">Where its files are.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="app">The app.</param>
    /// <param name="from">The address that its connections to the app come from; null: as the route has it.</param>
    /// <param name="other">Where requests go afterwards; null: nowhere.</param>
    public static Proxy Haproxy(TemporaryFolder folder, string name, IPEndPoint app, IPAddress? from = null, IPEndPoint? other = null)
    {
        var (port, admin) = (NginxServer.FreePort(), folder[$"{name}.admin"]);
        var more = (from is null ? "" : $" source {from}") + (other is null ? "" : $"\n  server other {other} backup");
        var configuration = HaproxyConfiguration.Of(new IPEndPoint(IPAddress.Loopback, port), app, $"stats socket {admin} level admin", more);
        var process = StartConfigured(SystemProgram.Find("haproxy", "haproxy"), "-f", folder[$"{name}.cfg"], configuration);
        return new Proxy(process, port, () => SayAsync(admin, "disable server app/one\n"));
    }

    /// <summary>Starts an nginx, which learns that the app will be gone when it loads its configuration again.</summary>
    /// <inheritdoc cref="Haproxy"/>
    public static Proxy Nginx(TemporaryFolder folder, string name, IPEndPoint app, IPAddress? from = null, IPEndPoint? other = null)
    {
        var (port, file) = (NginxServer.FreePort(), folder[$"{name}.conf"]);
        var process = StartNginx(folder, name, Http(app, from));
        return new Proxy(process, port, async () =>
        {
            await File.WriteAllTextAsync(file, NginxConfiguration(folder, name, Http(other!, null)));
            Command.Reload(process);
        });

        string Http(IPEndPoint server, IPAddress? source) => $$"""
            access_log off;
            upstream app { server {{server}}; keepalive 200; keepalive_requests 1000000; keepalive_timeout 300s; }
            server {
              listen 127.0.0.1:{{port}};
              location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; {{(source is null ? "" : $"proxy_bind {source};")}} }
            }
            """;
    }

    /// <summary>Starts an nginx that serves.</summary>
    /// <param name="folder">Where its files are.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="http">What its <c>http</c> block holds.</param>
    public static int StartNginx(TemporaryFolder folder, string name, string http) =>
        StartConfigured(SystemProgram.Find("nginx", "nginx-light"), "-c", folder[$"{name}.conf"], NginxConfiguration(folder, name, http));

    /// <summary>Returns once somebody listens there.</summary>
    public static void AwaitListener(EndPoint there)
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            using var client = new Socket(there.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                client.Connect(there);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(10);
            }
        }

        throw new BenchException($"nobody listens on {there} within 10 s");
    }

    public Task TurnAwayAsync() => _turnAway();

    public void Dispose() => Command.Stop(Process);

    internal static int StartConfigured(string program, string option, string file, string configuration)
    {
        File.WriteAllText(file, configuration);
        return new Command(program, option, file).Start();
    }

    internal static string NginxConfiguration(TemporaryFolder folder, string name, string http)
    {
        var temporary = string.Concat(
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder[$"{name}-{kind}"]}; "));
        return $$"""
            daemon off; worker_processes 1; pid {{folder[name + ".pid"]}}; error_log stderr;
            events { worker_connections 1024; }
            http {
              {{temporary}}
              {{http}}
            }
            """;
    }

    internal static async Task SayAsync(string path, string words)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await socket.SendAsync(Encoding.ASCII.GetBytes(words));
        while (await socket.ReceiveAsync(new byte[1024]) > 0)
        {
            // Its answer ends when it is done.
        }
    }
}
