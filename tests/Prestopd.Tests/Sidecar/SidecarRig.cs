using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

    public SidecarRig(string settings = "", HttpMessageHandler? upstream = null)
    {
        Options = Read("LOG=yes " + settings);
        _lines = new LineWriter(_stderr);
        var log = new SidecarLog(_lines, Time, Options.LogFormat, Options.Log, Options.Interval);
        _window = new RateWindow(Options.Interval, Time);
        Drain = new Drain(Options.Drain, _window, Time, log);
        _upstream = upstream is null ? null : new Upstream(Options.Upstream!, Options.UpstreamTimeout, Time, upstream);
        Waiters = new Waiters(Options.MaxWaiters);
        var requests = new RequestCounts();
        var metrics = new SidecarMetrics(Options, _window, Drain, requests, Waiters, new ConnectionLimit(Options.MaxConnections), _upstream);
        _application = new SidecarApplication(Options, Drain, _window, log, requests, Waiters, _upstream, metrics);
    }

    public FakeTime Time { get; } = new();

    public SidecarOptions Options { get; }

    public Drain Drain { get; }

    public Waiters Waiters { get; }

    public long HitsInWindow => _window.Count;

    public static SidecarOptions Read(string settings)
    {
        var variables = new Dictionary<string, string>();
        foreach (var pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=', 2)))
        {
            variables[pair[0]] = pair[1];
        }

        var options = new SidecarOptionsReader(_ => null, variables.GetValueOrDefault).Read(out var problems);
        Assert.Empty(problems);
        return options!;
    }

    /// <summary>A request that is answered at once.</summary>
    public Answer Ask(string path, string method = "GET", string from = "10.0.0.9", string? userAgent = null)
    {
        var (answer, done) = Begin(path, method, from, userAgent);
        Assert.True(done.IsCompletedSuccessfully);
        return answer;
    }

    /// <summary>A request that may take its time.</summary>
    public (Answer Answer, Task Done) Begin(
        string path, string method = "GET", string from = "10.0.0.9", string? userAgent = null, CancellationTokenSource? client = null)
    {
        var request = new HttpRequestFeature { Method = method, Path = path };
        request.Headers.UserAgent = userAgent;
        var answer = new Answer();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(answer.Response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer.Bytes));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = IPAddress.Parse(from), RemotePort = 4711 });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = client?.Token ?? CancellationToken.None });
        return (answer, FinishAsync(features));
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
        _upstream?.Dispose();
    }

    private async Task FinishAsync(FeatureCollection features)
    {
        await _application.ProcessRequestAsync(features);
        await features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.FlushAsync();
    }

    /// <summary>What the client gets.</summary>
    internal sealed class Answer
    {
        public HttpResponseFeature Response { get; } = new();

        public MemoryStream Bytes { get; } = new();

        public int Status => Response.StatusCode;

        public string Body => Encoding.UTF8.GetString(Bytes.ToArray());
    }
}
