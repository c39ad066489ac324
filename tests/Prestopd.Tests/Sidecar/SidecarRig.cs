using System.Net;
using System.Text;
using Prestop.Core.Options;
using Prestop.Testing;
using Prestopd.Hosting;
using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The sidecar on fake time, without sockets: requests go straight to the application.</summary>
internal sealed class SidecarRig : IDisposable
{
    private readonly MemoryStream _stderr = new();
    private readonly LineWriter _lines;
    private readonly RateWindow _window;
    private readonly Upstream? _upstream;
    private readonly SidecarApplication _application;
    private readonly ConnectionTable _connections;

    public SidecarRig(string settings = "", HttpMessageHandler? upstream = null)
    {
        Options = Read("LOG=yes " + settings);
        _lines = new LineWriter(_stderr, TimeProvider.System);
        var log = new SidecarLog(new ServerLog(_lines, Time, Options.Server.LogFormat, Options.Server.LogsEverything), Options.Interval);
        _window = new RateWindow(Options.Interval, Time);
        Drain = new Drain(Options.Drain, _window, Time, log);
        _upstream = upstream is null ? null : new Upstream(Options.Upstream!, Options.UpstreamTimeout, Time, upstream);
        Waiters = new TwoLanes(Options.MaxWaiters);
        _connections = new ConnectionTable(Options.Server.MaxConnections, Time);
        var requests = new RequestCounts();
        var metrics = new SidecarMetrics(Options, _window, Drain, requests, Waiters, _connections, _upstream);
        _application = new SidecarApplication(Options, Drain, _window, log, requests, Waiters, _upstream, metrics, Time);
    }

    /// <summary>When the recorded logs of the original begin.</summary>
    public static DateTimeOffset Start { get; } = new(2022, 12, 29, 11, 54, 48, TimeSpan.Zero);

    public FakeClock Time { get; } = new(Start);

    public SidecarOptions Options { get; }

    public Drain Drain { get; }

    public TwoLanes Waiters { get; }

    public long HitsInWindow => _window.Count;

    public static SidecarOptions Read(string settings)
    {
        var variables = new Dictionary<string, string>();
        foreach (var pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=', 2)))
        {
            variables[pair[0]] = pair[1];
        }

        var given = new OptionReader(CommandLine.Read([], SidecarNames.Options), variables.GetValueOrDefault);
        var options = SidecarOptionsReader.Read(given);
        Assert.Empty(given.Problems);
        return options;
    }

    /// <summary>A request that is answered at once.</summary>
    public Answer Ask(string path, string method = "GET", string from = "10.0.0.9", string? userAgent = null)
    {
        var answer = Begin(path, method, from, userAgent);
        Assert.True(answer.IsCompletedSuccessfully);
        return answer.Result;
    }

    /// <summary>A request that may take its time, for a decoded path with or without a query. The client hangs up when it is cancelled.</summary>
    public async Task<Answer> Begin(
        string target, string method = "GET", string from = "10.0.0.9", string? userAgent = null, CancellationTokenSource? client = null)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0 ? (target, "") : (target[..question], target[(question + 1)..]);
        var fields = Encoding.UTF8.GetBytes("Host: pod\r\n" + (userAgent is null ? "" : $"User-Agent: {userAgent}\r\n"));
        var address = IPAddress.Parse(from);
        var peer = new Peer(new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, 4711), client?.Token ?? CancellationToken.None);
        var response = await _application.AnswerAsync(new HttpRequest(method, path, query, fields, peer));
        return new Answer(response.Status, response.ContentType, Encoding.UTF8.GetString(response.Body.Span));
    }

    /// <summary>The log up to now, without times.</summary>
    public async Task<string[]> LogAsync()
    {
        await _lines.FlushAsync();
        return [.. Encoding.UTF8.GetString(_stderr.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[20..])];
    }

    public void Dispose()
    {
        Drain.Dispose();
        _connections.Dispose();
        _upstream?.Dispose();
    }

    /// <summary>What the client gets.</summary>
    internal sealed record Answer(int Status, string? ContentType, string Body);

    private sealed record Peer(IPEndPoint Address, CancellationToken Aborted) : HttpRequest.IClient
    {
        public ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync() => throw new NotSupportedException("the sidecar reads no body");
    }
}
