using System.Net;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>One pod that is deleted while a balancer sends to it, as it is seen on a cluster: real sockets, real time.</summary>
/// <param name="Arrivals">What the balancer sends.</param>
/// <param name="Lag">How long after the delete it stops.</param>
internal sealed record Rollout(Arrivals Arrivals, TimeSpan Lag)
{
    // Traffic and probes are there before the delete, for so long that a proxy's connections have served more than one request.
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);

    // What a proxy sends to nobody, if it does, comes to light by then.
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    /// <summary>The kubelet's probes on the app's port.</summary>
    public IReadOnlyList<(Check Check, double Period)> Probes { get; init; } = [];

    /// <summary>Deletes the pod: the hook runs, then the app is gone.</summary>
    /// <param name="place">Where.</param>
    /// <param name="proxy">What stands between clients and the app; null: the balancer connects to the pod itself.</param>
    /// <param name="hook">Runs <c>prestop</c> in the pod; false when it fails.</param>
    /// <param name="seed">The same traffic for the same number.</param>
    public async Task<RolloutEnd> RunAsync(RolloutPlace place, IProxy? proxy, Func<Task<bool>> hook, int seed)
    {
        using var stop = new CancellationTokenSource();
        var address = new IPEndPoint(place.Pod, App.Port);
        using var app = new App(place.InPod, address);
        using var balancer = new Balancer(
            () => place.OnNode(OpenAtBalancer), proxy?.Front ?? new Uri($"http://{address}/"), Arrivals.KeptOpen is not null);
        var load = balancer.SendAsync(Arrivals, proxy is null ? Before + Lag : TimeSpan.FromMinutes(5), new Random(seed), stop.Token);
        var probes = Probes.Select((probe, number) => Kubelet.ProbeAsync(
            place, probe.Check, TimeSpan.FromSeconds(probe.Period), new Random(seed + number), stop.Token)).ToList();
        await Task.Delay(Before);

        var start = TimeProvider.System.GetTimestamp();
        var stopped = StopAsync(proxy, start);
        var succeeded = await hook();
        var ended = TimeProvider.System.GetElapsedTime(start);
        var sinceLastRequest = TimeProvider.System.GetElapsedTime(app.LastRequest);
        app.Dispose();

        var lag = await stopped;
        await Task.Delay(proxy is null ? TimeSpan.Zero : After);
        await stop.CancelAsync();
        await load;
        await Task.WhenAll(probes);
        return new RolloutEnd(succeeded, lag, ended, sinceLastRequest, balancer.Sent, balancer.Failed);
    }

    private static Socket OpenAtBalancer()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(PodLink.Balancer, 0));
        return socket;
    }

    private async Task<TimeSpan> StopAsync(IProxy? proxy, long start)
    {
        await Task.Delay(Lag);
        if (proxy is not null)
        {
            await proxy.TurnAwayAsync();
        }

        return TimeProvider.System.GetElapsedTime(start);
    }
}

/// <summary>Where a rollout takes place.</summary>
/// <param name="Pod">The pod's address.</param>
/// <param name="OnNode">Makes a socket in the node's network.</param>
/// <param name="InPod">Makes a socket in the pod's network.</param>
internal sealed record RolloutPlace(IPAddress Pod, Func<Func<Socket>, Socket> OnNode, Func<Func<Socket>, Socket> InPod);

/// <summary>A proxy that serves clients from the app, until it is told that the app will be gone.</summary>
internal interface IProxy
{
    /// <summary>What clients ask for.</summary>
    Uri Front { get; }

    /// <summary>From now on requests go elsewhere.</summary>
    Task TurnAwayAsync();
}

/// <summary>How a rollout went; times count from the delete.</summary>
/// <param name="Succeeded">Whether the hook did.</param>
/// <param name="Stopped">When the balancer stopped.</param>
/// <param name="Ended">When the hook was over.</param>
/// <param name="SinceLastRequest">From the balancer's last request to the hook's end.</param>
/// <param name="Sent">Requests in all.</param>
/// <param name="Failed">Those of them that were not answered.</param>
internal sealed record RolloutEnd(bool Succeeded, TimeSpan Stopped, TimeSpan Ended, TimeSpan SinceLastRequest, int Sent, int Failed)
{
    /// <summary>Whether the app was gone while the balancer still sent.</summary>
    public bool IsEarly => Ended < Stopped;
}
