using Prestop.Core;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Cluster;
using Prestopd.Controller.Http;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;
using Prestopd.Hosting;

namespace Prestopd.Controller;

/// <summary>Records what the controller does: in its log, in its metrics, and in the events of pods.</summary>
/// <param name="log">The log.</param>
/// <param name="metrics">The metrics.</param>
/// <param name="events">The events.</param>
internal sealed class Recorder(ServerLog log, ControllerMetrics metrics, PodEvents events)
{
    /// <summary>What is counted and not logged: every pod that is deleted anywhere would be a line.</summary>
    private static readonly Reason[] Unremarkable =
        [Reason.NotAsked, Reason.DryRun, Reason.Forced, Reason.Unknown, Reason.OtherPod, Reason.Terminating, Reason.Exempt, Reason.NamespaceTerminating, Reason.OptedOut];

    /// <summary>A delete or an eviction was answered.</summary>
    /// <param name="request">The review.</param>
    /// <param name="pod">The pod; null when it is not known.</param>
    /// <param name="ruling">The answer.</param>
    public void Ruled(AdmissionRequest request, Pod? pod, Ruling ruling)
    {
        metrics.Ruled(ruling.Reason);
        var (action, reason) = (request.Subject is AdmissionSubject.EvictPod ? "Evict" : "Delete", ruling.Reason.ToString());
        var words = ruling.Note ?? ruling.Denial?.Message;
        var line = $"{request.Namespace}/{request.Name}: {action} by {request.User}: {(ruling.Denial is null ? "allowed" : ruling.Denial.Code)} {reason}{(words is null ? "" : $": {words}")}";
        LogMember[] members =
        [
            new("namespace", request.Namespace), new("pod", request.Name), new("user", request.User), new("reason", ControllerMetrics.Name(reason)), new("code", ruling.Denial?.Code ?? 200),
        ];
        if (ruling.Reason is Reason.Failed)
        {
            log.Error("ruling", line, members);
        }
        else if (!Unremarkable.Contains(ruling.Reason))
        {
            log.Info("ruling", line, members);
        }

        if (pod is not null && ruling.Note is { } note)
        {
            events.Tell(pod.Metadata, reason, action, note);
        }
    }

    /// <summary>A pod is created.</summary>
    /// <param name="verdict">What becomes of it.</param>
    public void Created(InjectionVerdict verdict) => metrics.Created(verdict);

    /// <summary>A step of a pod's drain was taken.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="reason">The step, in one word.</param>
    /// <param name="note">The same in words.</param>
    public void Stepped(Pod pod, string reason, string note)
    {
        log.Info("drain", $"{pod.Metadata.Namespace}/{pod.Metadata.Name}: {note}", new("namespace", pod.Metadata.Namespace), new("pod", pod.Metadata.Name), new("step", ControllerMetrics.Name(reason)));
        events.Tell(pod.Metadata, reason, "Drain", note);
    }

    /// <summary>A pod drains until its deadline, as it cannot be told when load balancers have let go of it.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="why">Why, one line.</param>
    public void WithoutEvidence(Pod pod, string why) => Stepped(pod, "WithoutEvidence", $"drains until its deadline: {why}");

    /// <summary>A drain has ended.</summary>
    /// <param name="ending">What ended it.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="fixedSleep">How long a sleep of the same safety would have taken.</param>
    public void Ended(DrainEnding ending, TimeSpan took, TimeSpan fixedSleep) => metrics.Drained(ending, took, fixedSleep);

    /// <summary>Something that nobody foresaw happened to a pod's drain; it goes on.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="unforeseen">What happened.</param>
    public void Broken(Pod pod, Exception unforeseen) => log.Error(
        "drain_failed",
        $"{pod.Metadata.Namespace}/{pod.Metadata.Name}: {unforeseen.GetType().Name}: {unforeseen.Message}",
        new("namespace", pod.Metadata.Namespace), new("pod", pod.Metadata.Name), new("error", unforeseen.GetType().Name));

    /// <summary>The cluster has no such kind; it is asked for again until it has.</summary>
    /// <param name="error">The API server's answer.</param>
    /// <param name="again">How often.</param>
    public void Unserved(ApiError error, TimeSpan again) => log.Info("unserved", $"the cluster does not serve {error.Call.Resource}; it is asked again every {Duration.FromTimeSpan(again)}");

    /// <summary>A call to the API server has failed, and is made again.</summary>
    /// <param name="error">How.</param>
    public void Failed(ApiError error)
    {
        metrics.Failed(error);
        if (error.Fault is not (ApiFault.Conflict or ApiFault.NotFound))
        {
            log.Warning("api_failed", error.Message);
        }
    }
}
