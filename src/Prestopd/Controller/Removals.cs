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
    : IAsyncDisposable
{
    /// <summary>The API server waits 5 s for an answer, and lets the pod go then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>How long who asks is put off because the API server does not answer us. After that nobody is held up any more.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(30);

    /// <summary>A failure that is older has nothing to do with one now. Controllers that are refused come again sooner than that, for so long as an outage may last.</summary>
    private static readonly TimeSpan SameOutage = TimeSpan.FromMinutes(1);

    /// <summary>The node controller asks five times within a second and never again; two minutes later it says on the pod that nothing came of it.</summary>
    private static readonly TimeSpan TaintPatience = TimeSpan.FromMinutes(2);

    private const int MostAttempts = 5;
    private const int MostAtATime = 64;

    private readonly SemaphoreSlim _places = new(MostAtATime);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _unasked = [];
    private (long Since, long Last)? _outage;

    /// <summary>Answers.</summary>
    /// <param name="request">The review of a delete or an eviction.</param>
    /// <exception cref="System.Text.Json.JsonException">The pod in it is none.</exception>
    public async Task<AdmissionAnswer> AnswerAsync(AdmissionRequest request)
    {
        // The pod that the API server is about to delete. When it changes meanwhile, we are asked again about the new one.
        var asked = request.Subject is AdmissionSubject.DeletePod ? Pod.Resource.Parse(JsonMarshal.GetRawUtf8Value(request.Pod)) : null;
        var pod = asked;
        var ruling = Decide(request, pod, ownerSelector: null);
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
        else if (ruling.Reason is Reason.Busy && asked is not null && interception.RequesterOf(request, asked) is Requester.NodeController)
        {
            GoOnUnasked(request, asked);
        }

        return ruling.Denial is { } denial ? new AdmissionAnswer { Denial = denial } : AdmissionAnswer.Allowed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> unasked;
        lock (_gate)
        {
            _stop.Cancel();
            unasked = [.. _unasked.Values];
        }

        await Task.WhenAll(unasked);
        _stop.Dispose();
        _places.Dispose();
    }

    /// <summary>Who was refused does not come again: what he wanted is begun without him, as soon as that can be.</summary>
    private void GoOnUnasked(AdmissionRequest request, Pod pod)
    {
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested && !_unasked.ContainsKey(pod.Metadata.Uid))
            {
                _unasked[pod.Metadata.Uid] = GoOnUnaskedAsync(request, pod);
            }
        }
    }

    private async Task GoOnUnaskedAsync(AdmissionRequest request, Pod asked)
    {
        var began = time.GetTimestamp();
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), random);
        try
        {
            while (await Pause.UntilAsync(backoff.Next(), time.GetTimestamp(), time, _stop.Token))
            {
                var error = await TryUnaskedAsync(request, asked.Metadata.Uid, _stop.Token);
                if (error is null)
                {
                    return;
                }

                recorder.Failed(error);
                if (error.Fault is not (ApiFault.Transient or ApiFault.Conflict or ApiFault.NotFound) || time.GetElapsedTime(began) > TaintPatience)
                {
                    recorder.Stepped(asked, "TaintLost", $"a taint of its node wants it gone, and its drain could not begin: {error.Message}");
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Another replica may have been asked as well.
        }
        finally
        {
            lock (_gate)
            {
                _unasked.Remove(asked.Metadata.Uid);
            }
        }
    }

    /// <summary>Does what the request would have come to now: its drain begins, or where nothing holds the pod any more it is deleted.</summary>
    /// <returns>Null when that is done, or there is nothing to do any more.</returns>
    private async Task<ApiError?> TryUnaskedAsync(AdmissionRequest request, string uid, CancellationToken cancellation)
    {
        var (ruling, pod, error) = await TryAsync(request, null, uid, cancellation);
        if (ruling is null)
        {
            return error;
        }

        recorder.Ruled(request, pod, ruling);
        if (ruling.Denial is not null || ruling.Reason is Reason.Unknown or Reason.OtherPod or Reason.Terminating)
        {
            return null;
        }

        var options = request.Options with { Uid = uid, ResourceVersion = pod!.Metadata.ResourceVersion };
        return (await api.DeleteAsync(Pod.Resource, pod.Metadata.Namespace, pod.Metadata.Name, options, cancellation)).Error;
    }

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

                (var ruling, pod, error) = await TryAsync(request, attempt == 0 ? pod : null, uid: null, cancellation);
                if (ruling is not null)
                {
                    lock (_gate)
                    {
                        _outage = null;
                    }

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
    private async Task<(Ruling? Ruling, Pod? Pod, ApiError? Error)> TryAsync(AdmissionRequest request, Pod? pod, string? uid, CancellationToken cancellation)
    {
        if (pod is null)
        {
            var found = await api.GetAsync(Pod.Resource, request.Namespace, request.Name, cancellation);
            if (!found.Succeeded && found.Error.Fault is not ApiFault.NotFound)
            {
                return (null, null, found.Error);
            }

            pod = found.Value;
            if (uid is not null && pod is not null && pod.Metadata.Uid != uid)
            {
                return (new Ruling(Reason.OtherPod), pod, null);
            }
        }

        var selector = pod is null ? null : await owners.SelectorOfAsync(pod, cancellation);
        var ruling = Decide(request, pod, selector);
        var error = pod is null ? null : await CarryOutAsync(ruling, pod, cancellation);
        return (error is null ? ruling : null, pod, error);
    }

    private Ruling Decide(AdmissionRequest request, Pod? pod, LabelSelector? ownerSelector) =>
        webhooks.Remove(request, pod, ownerSelector, pod is null ? null : drains.DrainedSince(pod), time.GetUtcNow());

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
        lock (_gate)
        {
            var since = _outage is { } outage && time.GetElapsedTime(outage.Last, now) < SameOutage ? outage.Since : now;
            _outage = (since, now);
            return time.GetElapsedTime(since, now) > LongestOutage;
        }
    }

    private static string Why(ApiError? error) => error switch
    {
        null => "the API server takes too long",
        { Fault: ApiFault.Conflict or ApiFault.NotFound } => "the pod or its budget changes all the time",
        _ => error.Message,
    };
}
