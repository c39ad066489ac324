using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bench.Processes;
using Prestop.Testing;

namespace Bench.Servers;

/// <summary>An app, which is an nginx, behind two real proxies: another nginx and a haproxy, both with 200 connections to the app kept open.</summary>
internal sealed class ProxiedApp : IDisposable
{
    private readonly string _log;
    private readonly List<int> _processes = [];

    /// <summary>Starts all three and waits until they listen.</summary>
    public ProxiedApp(TemporaryFolder folder)
    {
        _log = folder["app-access"];
        (Port, NginxPort, HaproxyPort) = (FreePort(), FreePort(), FreePort());
        try
        {
            var nginx = SystemProgram.Find("nginx", "nginx-light");
            StartConfigured(nginx, "-c", folder["app.conf"], NginxConfiguration(folder, "app", $$"""
                log_format time '$msec'; access_log {{_log}} time;
                keepalive_timeout 300s; keepalive_requests 1000000;
                server { listen 127.0.0.1:{{Port}}; location / { return 200 "ok"; } }
                """));
            StartConfigured(nginx, "-c", folder["proxy.conf"], NginxConfiguration(folder, "proxy", $$"""
                access_log off;
                upstream app { server 127.0.0.1:{{Port}}; keepalive 200; keepalive_requests 1000000; keepalive_timeout 300s; }
                server {
                  listen 127.0.0.1:{{NginxPort}};
                  location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
                }
                """));
            StartConfigured(SystemProgram.Find("haproxy", "haproxy"), "-f", folder["haproxy.cfg"], $"""
                global
                  nbthread 1
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 60s
                  timeout server 300s
                  http-reuse always
                frontend in
                  bind 127.0.0.1:{HaproxyPort}
                  default_backend app
                backend app
                  server one 127.0.0.1:{Port} pool-max-conn 200 pool-purge-delay 300s

                """);
            foreach (var port in (ReadOnlySpan<int>)[Port, NginxPort, HaproxyPort])
            {
                AwaitListener(port);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The app's own port.</summary>
    public int Port { get; }

    public int NginxPort { get; }

    public int HaproxyPort { get; }

    /// <summary>When the app answered last, as it says itself, to the millisecond.</summary>
    public DateTimeOffset LastAnswer =>
        DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(File.ReadLines(_log).Last(), CultureInfo.InvariantCulture));

    public void Dispose() => _processes.ForEach(Command.Stop);

    private static string NginxConfiguration(TemporaryFolder folder, string name, string http)
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

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static void AwaitListener(int port)
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                client.Connect(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(10);
            }
        }

        throw new BenchException($"nobody listens on port {port} within 10 s");
    }

    private void StartConfigured(string program, string option, string file, string configuration)
    {
        File.WriteAllText(file, configuration);
        _processes.Add(new Command(program, option, file).Start());
    }
}
