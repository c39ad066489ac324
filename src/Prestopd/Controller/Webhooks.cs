using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Certificates;
using Prestopd.Controller.Indexes;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;

namespace Prestopd.Controller;

/// <summary>The decisions on the API server's questions, from the bytes that it sends to those that it gets.</summary>
/// <param name="indexes">What is known of the cluster.</param>
/// <param name="hooks">The hooks that pods get.</param>
/// <param name="interception">The answers to deletes and evictions.</param>
internal sealed class Webhooks(ClusterIndexes indexes, HookSettings hooks, Interception interception)
{
    /// <summary>Answers the creation of a pod. Anything else passes.</summary>
    /// <param name="body">The review.</param>
    /// <param name="problem">Why it is none, which is to be answered 400; empty when it is one.</param>
    /// <returns>The answer, and what becomes of the pod; null when the body is no review.</returns>
    public (byte[] Answer, InjectionVerdict? Verdict)? Create(ReadOnlyMemory<byte> body, out string problem)
    {
        if (AdmissionRequest.Read(body, out problem) is not { } request)
        {
            return null;
        }

        if (request.Subject is not AdmissionSubject.CreatePod)
        {
            return ((WebhookVerification.Answer(request) ?? AdmissionAnswer.Allowed).ToReview(request.Uid), null);
        }

        try
        {
            var warnings = new List<string>();
            var policy = indexes.PolicyOf(request.Namespace, request.Pod.Texts("metadata", "annotations"), warnings);
            var services = indexes.Services.Selecting(request.Namespace, request.Pod.Texts("metadata", "labels"));
            var injected = HookInjection.Decide(request.Pod, policy, hooks, services);
            return (new AdmissionAnswer { Patch = injected.Patch, Warnings = warnings }.ToReview(request.Uid), injected.Verdict);
        }
        catch (JsonException)
        {
            problem = "the review holds text that is not Unicode";
            return null;
        }
    }

    /// <summary>Decides on a delete or an eviction. What the ruling asks for has to be done before its answer is sent.</summary>
    /// <param name="request">The review.</param>
    /// <param name="pod">
    /// The pod; null when it is not there. An eviction's may come from a copy, but what lets it go has to be decided with what the API server has: the copy
    /// may not know yet that the pod is ready.
    /// </param>
    /// <param name="ownerSelector">What its owner selects pods by; null when that is not known.</param>
    /// <param name="drainedSince">Since when there is evidence that nothing is sent to it; null for none.</param>
    /// <param name="now">The time.</param>
    public Ruling Remove(AdmissionRequest request, Pod? pod, LabelSelector? ownerSelector, DateTimeOffset? drainedSince, DateTimeOffset now) =>
        interception.Decide(request, pod is null ? null : indexes.View(pod, ownerSelector, drainedSince), now);
}
