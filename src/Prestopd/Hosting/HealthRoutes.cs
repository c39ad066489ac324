namespace Prestopd.Hosting;

/// <summary>The routes that a server has beside its own.</summary>
/// <param name="Health">200 as long as the process answers.</param>
/// <param name="Ready">200 while new requests are welcome, else 503.</param>
/// <param name="Metrics">The metrics.</param>
internal sealed record HealthPaths(string Health, string Ready, string Metrics);

/// <summary>Answers <see cref="HealthPaths"/> and <c>OPTIONS *</c>; all else is the application's.</summary>
/// <param name="paths">The routes.</param>
/// <param name="isReady">Whether new requests are welcome.</param>
/// <param name="addMetrics">Adds the metrics' values now.</param>
/// <param name="application">Answers everything else.</param>
internal sealed class HealthRoutes(HealthPaths paths, Func<bool> isReady, Action<MetricsText> addMetrics, IRequestHandler application) : IRequestHandler
{
    /// <inheritdoc/>
    public ValueTask<HttpResponse> AnswerAsync(HttpRequest request)
    {
        if (request.Path == paths.Health)
        {
            return new(HttpResponse.Text(200, "ok\n"));
        }

        if (request.Path == paths.Ready)
        {
            return new(isReady() ? HttpResponse.Text(200, "ready\n") : HttpResponse.Text(503, "not ready\n"));
        }

        if (request.Path == paths.Metrics)
        {
            var text = new MetricsText();
            addMetrics(text);
            return new(text.Response());
        }

        return request.Path is "*" ? new(new HttpResponse(200)) : application.AnswerAsync(request);
    }
}
