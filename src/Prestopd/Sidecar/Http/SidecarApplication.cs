using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Prestop.Core.Messages;

namespace Prestopd.Sidecar;

/// <summary>The routes. It sits on Kestrel's features directly: a health check needs no pipeline, and idle memory is a promise.</summary>
internal sealed class SidecarApplication(
    SidecarOptions options,
    Drain drain,
    RateWindow window,
    SidecarLog log,
    RequestCounts requests,
    Waiters waiters,
    Upstream? upstream,
    SidecarMetrics metrics) : IHttpApplication<IFeatureCollection>
{
    private const int OnStack = 512;

    private static readonly StringValues PlainText = "text/plain; charset=utf-8";

    private readonly CheckPeriod _checkPeriod = new();

    IFeatureCollection IHttpApplication<IFeatureCollection>.CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    void IHttpApplication<IFeatureCollection>.DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    /// <summary>Answers one request.</summary>
    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var client = context.GetRequiredFeature<IHttpConnectionFeature>();
        var path = request.Path;
        return path switch
        {
            SidecarNames.Routes.Healthz => AnswerUncounted(context, client, RequestKind.Healthz, path, StatusCodes.Status200OK),
            SidecarNames.Routes.Readyz => AnswerUncounted(context, client, RequestKind.Readyz, path, HealthStatus),
            SidecarNames.Routes.Waitz => WaitAsync(context, client),
            SidecarNames.Routes.Metrics => AnswerMetrics(context),
            _ => AnswerHealthCheck(context, client, request),
        };
    }

    private int HealthStatus => drain.State is DrainState.Serving ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private Task AnswerUncounted(IFeatureCollection context, IHttpConnectionFeature client, RequestKind kind, string path, int status)
    {
        Answer(context, Describe(client, kind, path, status, window.Count));
        return Task.CompletedTask;
    }

    private Task AnswerHealthCheck(IFeatureCollection context, IHttpConnectionFeature client, IHttpRequestFeature request)
    {
        var line = Describe(client, RequestKind.Hit, OneLine.OfPath(request.Path), HealthStatus, 0);
        if (!options.Ignore.IsEmpty && options.Ignore.Covers(line.Address, request.Headers.UserAgent))
        {
            line = line with { Kind = RequestKind.Ignored, Hits = window.Count };
        }
        else
        {
            var hit = window.Add();
            line = line with { Hits = hit.InWindow };
            if (_checkPeriod.IsTooLong(hit))
            {
                log.IntervalTooShort(hit.SinceLast);
            }
        }

        if (upstream is not null && line.Status == StatusCodes.Status200OK)
        {
            return AnswerAsUpstreamAsync(context, line, upstream);
        }

        Answer(context, line);
        return Task.CompletedTask;
    }

    private async Task AnswerAsUpstreamAsync(IFeatureCollection context, RequestLine line, Upstream application)
    {
        var status = await application.AskAsync();
        Answer(context, line with { Status = drain.State is DrainState.Serving ? status : HealthStatus });
    }

    private async Task WaitAsync(IFeatureCollection context, IHttpConnectionFeature client)
    {
        requests.Add(RequestKind.Waitz);
        var line = Describe(client, RequestKind.Waitz, SidecarNames.Routes.Waitz, 0, 0);
        var local = IPAddress.IsLoopback(line.Address);
        if (!waiters.TryEnter(local))
        {
            log.WaiterRefused(line);
            Send(context, StatusCodes.Status503ServiceUnavailable, PlainText, $"too many wait on /waitz: at most MAX_WAITERS={options.MaxWaiters}\n");
            return;
        }

        try
        {
            log.Waits(line);
            if (local)
            {
                drain.LocalWaiter();
            }

            await drain.Released.WaitAsync(context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted);
            context.GetRequiredFeature<IHttpResponseFeature>().StatusCode = options.WaitzStatus;
        }
        catch (OperationCanceledException)
        {
            log.WaiterGone(line);
        }
        finally
        {
            waiters.Leave(local);
        }
    }

    private Task AnswerMetrics(IFeatureCollection context)
    {
        requests.Add(RequestKind.Metrics);
        Send(context, StatusCodes.Status200OK, SidecarMetrics.ContentType, metrics.Text());
        return Task.CompletedTask;
    }

    private static RequestLine Describe(IHttpConnectionFeature client, RequestKind kind, string path, int status, long hits)
    {
        var address = client.RemoteIpAddress ?? IPAddress.None;
        return new RequestLine(kind, path, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, client.RemotePort, status, hits);
    }

    private void Answer(IFeatureCollection context, RequestLine line)
    {
        requests.Add(line.Kind);
        var longest = RequestLine.LengthWithoutPath + (3 * line.Path.Length);
        var text = longest <= OnStack ? stackalloc byte[OnStack] : new byte[longest];
        text = text[..line.Write(log.Interval, text)];
        log.Answered(line, text);
        Send(context, line.Status, PlainText, text);
    }

    private static void Send(IFeatureCollection context, int status, StringValues type, string text) =>
        Send(context, status, type, Encoding.UTF8.GetBytes(text));

    private static void Send(IFeatureCollection context, int status, StringValues type, ReadOnlySpan<byte> body)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        if (status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            return;
        }

        response.Headers.ContentType = type;
        response.Headers.ContentLength = body.Length;
        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        body.CopyTo(writer.GetSpan(body.Length));
        writer.Advance(body.Length);
    }
}
