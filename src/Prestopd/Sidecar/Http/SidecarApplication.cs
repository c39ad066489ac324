using System.Net;
using System.Security.Cryptography;
using System.Text;
using Prestop.Core.Messages;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>The routes.</summary>
internal sealed class SidecarApplication(
    SidecarOptions options,
    Drain drain,
    RateWindow window,
    SidecarLog log,
    RequestCounts requests,
    TwoLanes waiters,
    Upstream? upstream,
    SidecarMetrics metrics,
    TimeProvider time) : IRequestHandler
{
    /// <summary>How long a caller of <c>/waitz</c> must stay before it starts the drain: a probe, a scanner or a typing error does not.</summary>
    public static readonly TimeSpan StayOfTrigger = TimeSpan.FromSeconds(1);

    private const int OnStack = 512;

    private readonly CheckPeriod _checkPeriod = new();

    /// <inheritdoc/>
    public ValueTask<HttpResponse> AnswerAsync(HttpRequest request) => request.Path switch
    {
        SidecarNames.Routes.Healthz => new(AnswerUncounted(request, RequestKind.Healthz, 200)),
        SidecarNames.Routes.Readyz => new(AnswerUncounted(request, RequestKind.Readyz, HealthStatus)),
        SidecarNames.Routes.Waitz => WaitAsync(request),
        SidecarNames.Routes.Metrics => new(AnswerMetrics()),
        SidecarNames.Routes.Server => new(new HttpResponse(200)),
        _ => AnswerHealthCheck(request),
    };

    private int HealthStatus => drain.State is DrainState.Serving ? 200 : 503;

    private HttpResponse AnswerUncounted(HttpRequest request, RequestKind kind, int status) =>
        Answer(Describe(request, kind, status, window.Count));

    private HttpResponse AnswerMetrics()
    {
        requests.Add(RequestKind.Metrics);
        return metrics.Response();
    }

    private ValueTask<HttpResponse> AnswerHealthCheck(HttpRequest request)
    {
        var entry = Describe(request, RequestKind.Hit, HealthStatus, 0);
        if (!options.Ignore.IsEmpty && options.Ignore.Covers(entry.Client.Address, request.Header("user-agent"u8)))
        {
            entry = entry with { Kind = RequestKind.Ignored, Hits = window.Count };
        }
        else
        {
            var hit = window.Add();
            entry = entry with { Hits = hit.InWindow };
            if (_checkPeriod.IsTooLong(hit))
            {
                log.IntervalTooShort(hit.SinceLast);
            }
        }

        return upstream is not null && entry.Status == 200 ? AnswerAsUpstreamAsync(entry, upstream) : new(Answer(entry));
    }

    private async ValueTask<HttpResponse> AnswerAsUpstreamAsync(AccessLogEntry entry, Upstream application)
    {
        var status = await application.AskAsync();
        return Answer(entry with { Status = drain.State is DrainState.Serving ? status : HealthStatus });
    }

    private async ValueTask<HttpResponse> WaitAsync(HttpRequest request)
    {
        requests.Add(RequestKind.Waitz);
        var entry = Describe(request, RequestKind.Waitz, 0, window.Count);
        var isLocal = IPAddress.IsLoopback(entry.Client.Address);
        if (!waiters.TryEnter(isLocal))
        {
            waiters.Refuse();
            log.WaiterRefused(entry);
            return HttpResponse.Text(503, $"too many wait on /waitz: at most MAX_WAITERS={options.MaxWaiters}\n");
        }

        try
        {
            log.Waits(entry);
            if (options.WaitzToken is { } token ? HasToken(request.Query, token) : isLocal)
            {
                await DrainAsync(request.Aborted);
            }
            else
            {
                await drain.Released.WaitAsync(request.Aborted);
            }
        }
        catch (OperationCanceledException)
        {
            log.WaiterLeft(entry);
        }
        finally
        {
            waiters.Leave(isLocal);
        }

        return new HttpResponse(options.WaitzStatus);
    }

    private async Task DrainAsync(CancellationToken gone)
    {
        await drain.Released.WaitAsync(StayOfTrigger, time, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gone.ThrowIfCancellationRequested();
        drain.WaiterStays();
        try
        {
            await drain.Released.WaitAsync(gone);
        }
        finally
        {
            drain.WaiterLeaves();
        }
    }

    private static bool HasToken(string query, string token)
    {
        const string Parameter = "token=";
        foreach (var parameter in query.Split('&'))
        {
            if (parameter.StartsWith(Parameter, StringComparison.Ordinal)
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(parameter[Parameter.Length..]), Encoding.UTF8.GetBytes(token)))
            {
                return true;
            }
        }

        return false;
    }

    private static AccessLogEntry Describe(HttpRequest request, RequestKind kind, int status, long hits) =>
        new(kind, OneLine.OfPath(request.Path), request.Client, status, hits);

    private HttpResponse Answer(in AccessLogEntry entry)
    {
        requests.Add(entry.Kind);
        var longest = AccessLogEntry.LengthWithoutPath + (3 * entry.Path.Length);
        var text = longest <= OnStack ? stackalloc byte[OnStack] : new byte[longest];
        text = text[..entry.Write(log.Interval, text)];
        log.Answered(entry, text);
        return new HttpResponse(entry.Status, HttpResponse.PlainText, text.ToArray());
    }
}
