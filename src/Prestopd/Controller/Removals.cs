using System.Runtime.InteropServices;
using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Cluster;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller;

/// <summary>
/// Answers deletes and evictions: has them decided, and does what the decision asks for before the answer is given. Where somebody else was faster, the decision
/// is made anew from what is there then.
/// </summary>
/// <param name="interception">The decisions.</param>
/// <param name="webhooks">What they are made from.</param>
/// <param name="api">The client.</param>
/// <param name="owners">What owners select their pods by.</param>
/// <param name="wakes">Budgets.</param>
/// <param name="drains">The drains that there are.</param>
/// <param name="recorder">Where it is recorded.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts after failures.</param>
internal sealed class Removals(
    Interception interception, Webhooks webhooks, ApiClient api, Owners owners, Wakes wakes, Drains drains, Recorder recorder, TimeProvider time, Random random)
    : IDisposable
{
    /// <summary>The API server waits 5 s for an answer, and lets the pod go then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>How long who asks is put off because the API server does not answer us. After that nobody is held up any more.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(30);

    private const int MostAttempts = 5;
    private const int MostAtATime = 64;

    private readonly SemaphoreSlim _places = new(MostAtATime);
    private long _failingSince = long.MaxValue;

    /// <summary>Answers.</summary>
    /// <param name="request">The review of a delete or an eviction.</param>
    /// <exception cref="System.Text.Json.JsonException">The pod in it is none.</exception>
    public async Task<AdmissionAnswer> AnswerAsync(AdmissionRequest request)
    {
        // The pod that the API server is about to delete. When it changes meanwhile, we are asked again about the new one.
        var pod = request.Subject is AdmissionSubject.DeletePod ? Pod.Resource.Parse(JsonMarshal.GetRawUtf8Value(request.Pod)) : null;
        var ruling = webhooks.Remove(request, pod, null, pod is null ? null : drains.DrainedSince(pod), time.GetUtcNow());
        if (ruling is { Reason: Reason.Unknown, Denial: null } || ruling.Patch is not null || ruling.Reason is Reason.NotIsolable)
        {
            using var limit = Deadline.After(Patience, time.GetTimestamp(), time).Or(CancellationToken.None);
            (ruling, pod) = await RuleAsync(request, pod, limit.Token);
        }

        recorder.Ruled(request, pod, ruling);
        if (ruling.Reason is Reason.Drained)
        {
            drains.LetGo(pod!);
        }

        return ruling.Denial is { } denial ? new AdmissionAnswer { Denial = denial } : AdmissionAnswer.Allowed;
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private async Task<(Ruling Ruling, Pod? Pod)> RuleAsync(AdmissionRequest request, Pod? pod, CancellationToken cancellation)
    {
        ApiError? error = null;
        var isIn = false;
        try
        {
            await _places.WaitAsync(cancellation);
            isIn = true;
            var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), random);
            for (var attempt = 0; attempt < MostAttempts; attempt++)
            {
                if (attempt > 0)
                {
                    // What has changed comes to the indexes a moment later.
                    await Task.Delay(backoff.Next() + TimeSpan.FromMilliseconds(20), time, cancellation);
                }

                (var ruling, pod, error) = await TryAsync(request, attempt == 0 ? pod : null, cancellation);
                if (ruling is not null)
                {
                    Volatile.Write(ref _failingSince, long.MaxValue);
                    return (ruling, pod);
                }

                recorder.Failed(error!);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The API server will not wait any longer.
        }
        finally
        {
            if (isIn)
            {
                _places.Release();
            }
        }

        return (IsHopeless(error) ? new Ruling(Reason.Failed) { Note = error!.Message } : interception.Busy(request, pod, Why(error)), pod);
    }

    /// <summary>One decision from what is there now, and what it asks for.</summary>
    /// <returns>The ruling, carried out; else null and what went wrong.</returns>
    private async Task<(Ruling? Ruling, Pod? Pod, ApiError? Error)> TryAsync(AdmissionRequest request, Pod? pod, CancellationToken cancellation)
    {
        if (pod is null)
        {
            var found = await api.GetAsync(Pod.Resource, request.Namespace, request.Name, cancellation);
            if (!found.Succeeded && found.Error.Fault is not ApiFault.NotFound)
            {
                return (null, null, found.Error);
            }

            pod = found.Value;
        }

        var selector = pod is null ? null : await owners.SelectorOfAsync(pod, cancellation);
        var ruling = webhooks.Remove(request, pod, selector, pod is null ? null : drains.DrainedSince(pod), time.GetUtcNow());
        var error = pod is null ? null : await CarryOutAsync(ruling, pod, cancellation);
        return (error is null ? ruling : null, pod, error);
    }

    private async Task<ApiError?> CarryOutAsync(Ruling ruling, Pod pod, CancellationToken cancellation)
    {
        if (ruling.Reserve is { } budget && await wakes.ReserveAsync(budget, pod, cancellation) is { } refused)
        {
            return refused;
        }

        if (ruling.Patch is { } patch
            && (await api.PatchAsync(Pod.Resource, pod.Metadata.Namespace, pod.Metadata.Name, Patch.Merge(patch), new WriteOptions(), cancellation)).Error is { } error)
        {
            return error;
        }

        wakes.Wake(ruling.Wake);
        return null;
    }

    /// <summary>Whether it will not be better the next time either: then nobody is held up for it.</summary>
    private bool IsHopeless(ApiError? error)
    {
        if (error is null or { Fault: ApiFault.Conflict or ApiFault.NotFound })
        {
            return false;
        }

        if (error.Fault is not ApiFault.Transient)
        {
            return true;
        }

        var now = time.GetTimestamp();
        var since = Interlocked.CompareExchange(ref _failingSince, now, long.MaxValue);
        return since != long.MaxValue && time.GetElapsedTime(since, now) > LongestOutage;
    }

    private static string Why(ApiError? error) => error switch
    {
        null => "the API server takes too long",
        { Fault: ApiFault.Conflict or ApiFault.NotFound } => "the pod or its budget changes all the time",
        _ => error.Message,
    };
}
