using System.Globalization;
using System.Net;
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
        (_log, Port) = (folder["app-access"], NginxServer.FreePort());
        try
        {
            _processes.Add(Proxy.StartNginx(folder, "app", $$"""
                log_format time '$msec'; access_log {{_log}} time;
                keepalive_timeout 300s; keepalive_requests 1000000;
                server { listen 127.0.0.1:{{Port}}; location / { return 200 "ok"; } }
                """));
            Proxy.AwaitListener(new IPEndPoint(IPAddress.Loopback, Port));
            NginxPort = Start(Proxy.Nginx(folder, "proxy", new IPEndPoint(IPAddress.Loopback, Port)));
            HaproxyPort = Start(Proxy.Haproxy(folder, "haproxy", new IPEndPoint(IPAddress.Loopback, Port)));
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

    private int Start(Proxy proxy)
    {
        _processes.Add(proxy.Process);
        return proxy.Port;
    }
}
