using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bench.Processes;
using Prestop.Testing;

namespace Bench.Servers;

/// <summary>
/// A real proxy in front of pods, each of which it may be told to send to or not. It listens on a Unix-domain socket, keeps its connections
/// to pods open, and asks no second pod when one fails, as cloud load balancers do not.
/// </summary>
internal abstract class ServiceProxy : IDisposable
{
    private readonly int _process;

    private ServiceProxy(int process, EndPoint front)
    {
        (_process, Front) = (process, front);
        try
        {
            Proxy.AwaitListener(front);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where clients connect.</summary>
    public EndPoint Front { get; }

    /// <summary>Tells it the pods that it sends to from now on; returns once it was told.</summary>
    /// <param name="chosen">By their places in the list that it was started with.</param>
    public abstract Task SendToAsync(IReadOnlyCollection<int> chosen);

    public void Dispose() => Command.Stop(_process);

    /// <summary>An nginx, which loads its configuration again for each change.</summary>
    internal sealed class Nginx : ServiceProxy
    {
        private readonly TemporaryFolder _folder;
        private readonly string _name;
        private readonly IReadOnlyList<IPEndPoint> _pods;

        /// <summary>Starts it; it sends to all of its pods, from <see cref="PodLink.Balancer"/>.</summary>
        /// <param name="folder">Where its files are.</param>
        /// <param name="name">What they are called.</param>
        /// <param name="pods">The pods.</param>
        public Nginx(TemporaryFolder folder, string name, IReadOnlyList<IPEndPoint> pods)
            : base(Proxy.StartNginx(folder, name, Http(folder, name, pods)), FrontOf(folder, name)) => (_folder, _name, _pods) = (folder, name, pods);

        public override async Task SendToAsync(IReadOnlyCollection<int> chosen)
        {
            var http = Http(_folder, _name, chosen.Select(place => _pods[place]));
            await File.WriteAllTextAsync(_folder[$"{_name}.conf"], Proxy.NginxConfiguration(_folder, _name, http));
            Command.Reload(_process);
        }

        private static string Http(TemporaryFolder folder, string name, IEnumerable<IPEndPoint> pods) => $$"""
            access_log off;
            upstream app { {{string.Concat(pods.Select(pod => $"server {pod} max_fails=0; "))}} keepalive 200; keepalive_requests 1000000; keepalive_timeout 300s; }
            server {
              listen unix:{{FrontOf(folder, name)}};
              location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_next_upstream off; proxy_bind {{PodLink.Balancer}}; }
            }
            """;
    }

    /// <summary>A haproxy, which is told by its runtime API.</summary>
    internal sealed class Haproxy : ServiceProxy
    {
        private readonly string _admin;
        private readonly int _count;

        /// <inheritdoc cref="Nginx(TemporaryFolder, string, IReadOnlyList{IPEndPoint})"/>
        public Haproxy(TemporaryFolder folder, string name, IReadOnlyList<IPEndPoint> pods)
            : base(Start(folder, name, pods), FrontOf(folder, name)) => (_admin, _count) = (AdminOf(folder, name), pods.Count);

        public override Task SendToAsync(IReadOnlyCollection<int> chosen) => Proxy.SayAsync(_admin, string.Join(
            "; ", Enumerable.Range(0, _count).Select(place => $"set server app/{Name(place)} state {(chosen.Contains(place) ? "ready" : "maint")}")) + "\n");

        private static int Start(TemporaryFolder folder, string name, IReadOnlyList<IPEndPoint> pods)
        {
            var source = $" source {PodLink.Balancer}";
            var others = pods.Skip(1).Select((pod, place) => $"\n  server {Name(place + 1)} {pod} pool-max-conn 200 pool-purge-delay 300s{source}");
            var configuration = HaproxyConfiguration.Of(
                FrontOf(folder, name), pods[0], $"stats socket {AdminOf(folder, name)} level admin", $"{source}{string.Concat(others)}\n  retries 0");
            return Proxy.StartConfigured(SystemProgram.Find("haproxy", "haproxy"), "-f", folder[$"{name}.cfg"], configuration);
        }

        private static string Name(int place) => place == 0 ? "one" : place.ToString(CultureInfo.InvariantCulture);

        private static string AdminOf(TemporaryFolder folder, string name) => folder[$"{name}.admin"];
    }

    private static UnixDomainSocketEndPoint FrontOf(TemporaryFolder folder, string name) => new(folder[$"{name}.front"]);
}
