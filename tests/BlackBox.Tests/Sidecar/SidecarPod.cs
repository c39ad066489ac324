using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>
/// A pod with the sidecar in it, as process 1 of an empty root, in a network of its own where it has its default port 8080 to itself.
/// Whoever comes from 127.0.0.1 is in the pod; whoever comes from <see cref="Outside"/> is not.
/// </summary>
internal sealed partial class SidecarPod : IAsyncDisposable
{
    public const int Port = 8080;

    /// <summary>An address of the pod's network that is not loopback.</summary>
    public static readonly IPAddress Outside = IPAddress.Parse("10.255.0.9");

    private SidecarPod(TestNetwork network, Child sidecar) => (Network, Sidecar) = (network, sidecar);

    public TestNetwork Network { get; }

    public Child Sidecar { get; private set; }

    /// <summary>The log without times; fails where a line has none.</summary>
    public string[] Log => [.. Sidecar.Stderr.Lines.Select(line => TextLine().Match(line) is { Success: true } match
        ? match.Groups[1].Value
        : throw new HarnessException($"not a log line: '{line}'"))];

    /// <summary>Starts the sidecar and waits until it listens.</summary>
    /// <param name="settings">Environment variables beside LOG=yes: <c>INTERVAL=6s COOLDOWN=0</c>.</param>
    /// <param name="network">The pod's network, when something runs in it already.</param>
    /// <param name="files">Files that the sidecar finds.</param>
    /// <param name="asPid1">Whether it is the first process of its PID namespace, as it is without shareProcessNamespace.</param>
    public static async Task<SidecarPod> StartAsync(
        string settings, TestNetwork? network = null, Dictionary<string, string>? files = null, bool asPid1 = true)
    {
        network ??= await TestNetwork.CreateAsync();
        await using var address = new OnHost { Network = network }.Run(SystemProgram.Ip, "address", "add", $"{Outside}/32", "dev", "lo");
        await address.ExitsWithAsync(0);
        return new SidecarPod(network, await StartedAsync(settings, network, files ?? [], asPid1));
    }

    /// <summary>Kills the sidecar, and starts another one in its place, as the kubelet does.</summary>
    /// <param name="settings">Those of the new one.</param>
    public async Task RestartAsync(string settings)
    {
        await Sidecar.SignalAsync(Signal.Kill);
        await Sidecar.DisposeAsync();
        Sidecar = await StartedAsync(settings, Network, [], asPid1: true);
    }

    public static Dictionary<string, string> Variables(string settings) => settings
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=', 2)).ToDictionary(one => one[0], one => one[1]);

    public Child Run(string program, params string[] arguments) => new OnHost { Network = Network }.Run(program, arguments);

    public Child Curl(params string[] arguments) => Run(SystemProgram.Curl, ["--silent", "--show-error", .. arguments]);

    /// <summary>A connection to the sidecar.</summary>
    public Task<Socket> ConnectAsync(bool fromOutside = false) => ConnectAsync(Port, fromOutside);

    /// <summary>A connection to something else that listens in the pod.</summary>
    public async Task<Socket> ConnectAsync(int port, bool fromOutside = false)
    {
        var socket = Network.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        var address = fromOutside ? Outside : IPAddress.Loopback;
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(address, port, TestContext.Current.CancellationToken);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection on which something has been sent.</summary>
    public async Task<Socket> SendAsync(string bytes, bool fromOutside = false)
    {
        var socket = await ConnectAsync(fromOutside);
        if (bytes.Length > 0)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(bytes), TestContext.Current.CancellationToken);
        }

        return socket;
    }

    /// <summary>The whole response to a request on a connection of its own.</summary>
    public async Task<string> AskAsync(string path, string method = "GET", bool fromOutside = false)
    {
        using var socket = await SendAsync($"{method} {path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n", fromOutside);
        return await ReadToEndAsync(socket);
    }

    /// <summary>The status of the response.</summary>
    public async Task<int> StatusAsync(string path, bool fromOutside = false) => StatusOf(await AskAsync(path, fromOutside: fromOutside));

    /// <summary>The value of a metric that has one line.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var line = (await AskAsync("/metrics")).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[name.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a metric has a value.</summary>
    public async Task WaitForMetricAsync(string name, double value)
    {
        while (await MetricAsync(name) != value)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Everything until the server closes the connection; what came before a reset, when it does so.</summary>
    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var length)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset)
        {
            return text.ToString();
        }

        return text.ToString();
    }

    public static int StatusOf(string response) =>
        response.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(response.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture) : 0;

    public async ValueTask DisposeAsync()
    {
        await Sidecar.DisposeAsync();
        Network.Dispose();
    }

    private static async Task<Child> StartedAsync(string settings, TestNetwork network, Dictionary<string, string> files, bool asPid1)
    {
        var sidecar = new EmptyRoot { AsPid1 = asPid1, Network = network, Environment = Variables("LOG=yes " + settings), Files = files }.Run("prestopd", "sidecar");
        await sidecar.WaitForLineAsync("k8s-prestop-sidecar started");
        return sidecar;
    }

    [GeneratedRegex("^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} (.+)$")]
    private static partial Regex TextLine();
}
