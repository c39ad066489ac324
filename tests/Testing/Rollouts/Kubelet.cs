using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prestop.Testing;

/// <summary>How a probe asks.</summary>
internal enum Check
{
    /// <summary>httpGet: a connection for each request.</summary>
    Http,

    /// <summary>tcpSocket: opens a connection and closes it.</summary>
    Tcp,
}

/// <summary>A probe as the kubelet makes them: at even intervals, with jitter only in when the first one comes, each on a connection of its own.</summary>
internal static class Kubelet
{
    private static readonly byte[] Request =
        Encoding.ASCII.GetBytes($"GET {App.HealthPath} HTTP/1.1\r\nHost: pod\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n");

    /// <summary>Probes until it is told to stop; whatever comes back.</summary>
    /// <param name="place">The pod and its node.</param>
    /// <param name="check">How it asks.</param>
    /// <param name="period">How often.</param>
    /// <param name="random">When the first one comes.</param>
    /// <param name="stop">The end.</param>
    public static async Task ProbeAsync(RolloutPlace place, Check check, TimeSpan period, Random random, CancellationToken stop)
    {
        try
        {
            await Task.Delay(period * random.NextDouble(), stop);
            using var ticker = new PeriodicTimer(period);
            do
            {
                await AskAsync(place, check, stop);
            }
            while (await ticker.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private static async Task AskAsync(RolloutPlace place, Check check, CancellationToken stop)
    {
        using var socket = place.OnNode(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.LingerState = new LingerOption(true, 1); // as its dialer has it (pkg/probe/dialer_others.go)
        try
        {
            await socket.ConnectAsync(new IPEndPoint(place.Pod, App.Port), stop);
            if (check is Check.Http)
            {
                await socket.SendAsync(Request, stop);
                var answer = new byte[1024];
                while (await socket.ReceiveAsync(answer, stop) > 0)
                {
                    // To its end.
                }
            }
        }
        catch (SocketException)
        {
            // A probe that fails is a probe.
        }
    }
}
