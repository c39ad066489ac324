using System.Text.Json;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Certificates;
using Prestopd.Hosting;

namespace Prestopd.Controller.Http;

/// <summary>Answers the API server's reviews.</summary>
/// <param name="webhooks">Decides on the creation of pods.</param>
/// <param name="removals">Decides on deletes and evictions.</param>
/// <param name="recorder">Where it is recorded.</param>
/// <param name="shutdown">Ends the server when all that it was asked is answered.</param>
internal sealed class ControllerApplication(Webhooks webhooks, Removals removals, Recorder recorder, GracefulShutdown shutdown) : IRequestHandler
{
    /// <inheritdoc/>
    public ValueTask<HttpResponse> AnswerAsync(HttpRequest request) => (request.Path, request.Method) switch
    {
        (ControllerNames.Routes.Mutate, "POST") => ReviewAsync(request, CreateAsync),
        (ControllerNames.Routes.Validate, "POST") => ReviewAsync(request, RemoveAsync),
        (ControllerNames.Routes.Mutate or ControllerNames.Routes.Validate, _) => new(HttpResponse.Text(405, "reviews are posted\n")),
        _ => new(HttpResponse.Text(404, $"not found; reviews are at {ControllerNames.Routes.Mutate} and {ControllerNames.Routes.Validate}\n")),
    };

    private async ValueTask<HttpResponse> ReviewAsync(HttpRequest request, Func<ReadOnlyMemory<byte>, ValueTask<HttpResponse>> answer)
    {
        // Also after a signal: the API server asks us until it knows better.
        shutdown.Begin();
        try
        {
            return await request.ReadBodyAsync() is { } body ? await answer(body) : HttpResponse.Text(413, $"a review has at most {AdmissionRequest.Longest} bytes\n");
        }
        finally
        {
            shutdown.End();
        }
    }

    private ValueTask<HttpResponse> CreateAsync(ReadOnlyMemory<byte> body)
    {
        if (webhooks.Create(body, out var problem) is not var (answer, verdict))
        {
            return new(Bad(problem));
        }

        if (verdict is { } known)
        {
            recorder.Created(known);
        }

        return new(Review(answer));
    }

    private async ValueTask<HttpResponse> RemoveAsync(ReadOnlyMemory<byte> body)
    {
        if (AdmissionRequest.Read(body, out var problem) is not { } request)
        {
            return Bad(problem);
        }

        try
        {
            return Review((WebhookVerification.Answer(request) ?? await removals.AnswerAsync(request)).ToReview(request.Uid));
        }
        catch (JsonException)
        {
            return Bad("the review's pod cannot be read");
        }
    }

    private static HttpResponse Review(byte[] review) => new(200, "application/json", review);

    private static HttpResponse Bad(string problem) => HttpResponse.Text(400, $"{problem}\n");
}
