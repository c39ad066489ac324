using System.Net.Sockets;
using System.Text;

namespace Bench.Servers;

/// <summary>A client that asks once a second, each time on a new connection: a load balancer that has not yet noticed.</summary>
internal sealed class Trickle : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _client;

    /// <summary>Begins to ask <paramref name="url"/>.</summary>
    public Trickle(string url)
    {
        var target = new Uri(url);
        _client = new Thread(() => Run(target));
        _client.Start();
    }

    private static TimeSpan Pace { get; } = TimeSpan.FromSeconds(1);

    public void Dispose()
    {
        _end.Set();
        _client.Join();
        _end.Dispose();
    }

    private void Run(Uri target)
    {
        var request = Encoding.ASCII.GetBytes($"GET {target.AbsolutePath} HTTP/1.1\r\nHost: {target.Authority}\r\n\r\n");
        do
        {
            using var connection = new TcpClient(target.Host, target.Port);
            var stream = connection.GetStream();
            stream.Write(request);
            stream.CopyTo(Stream.Null);
        }
        while (!_end.Wait(Pace));
    }
}
