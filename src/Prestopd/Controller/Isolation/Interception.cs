using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Admission;

namespace Prestopd.Controller.Isolation;

/// <summary>
/// Answers deletes and evictions of pods. A function of the review, the pod, the indexes and the time, and of nothing else: one request can be several
/// reviews, and its retries come to other replicas.
/// </summary>
/// <param name="ourselves">Our own user name: <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
/// <param name="surgeTimeout">How long a replacement is waited for; zero or more.</param>
internal sealed class Interception(string ourselves, TimeSpan surgeTimeout)
{
    /// <summary>How long a pod whose surge did not help is not surged again.</summary>
    private static readonly TimeSpan AfterFailedSurge = TimeSpan.FromMinutes(10);

    /// <summary>Decides.</summary>
    /// <param name="request">The review of a delete or an eviction.</param>
    /// <param name="view">What is known of the pod; null when there is none.</param>
    /// <param name="now">The time.</param>
    public Ruling Decide(AdmissionRequest request, PodInView? view, DateTimeOffset now)
    {
        if (request.Subject is not (AdmissionSubject.DeletePod or AdmissionSubject.EvictPod) || request.User == ourselves)
        {
            return new Ruling(Reason.NotAsked);
        }

        if (request.IsDryRun)
        {
            return new Ruling(Reason.DryRun);
        }

        if (request.Options.GracePeriodSeconds == 0)
        {
            return new Ruling(Reason.Forced);
        }

        return view is null ? new Ruling(Reason.Unknown)
            : Passed(request, view) is { } ruling ? ruling
            : new Case(request, Requesters.Of(request.User, request.Groups, view.Pod.Controller, ourselves), view, now, surgeTimeout).Decide();
    }

    /// <summary>The answer where a ruling could not be carried out in time: nothing is known to be wrong, so it is to be asked again.</summary>
    /// <param name="request">The review.</param>
    /// <param name="pod">The pod; null when it is not known.</param>
    /// <param name="why">What went wrong, one line.</param>
    public Ruling Busy(AdmissionRequest request, Pod? pod, string why) => new(
        Reason.Busy,
        Refusal(
            request.Subject is AdmissionSubject.EvictPod,
            Requesters.Of(request.User, request.Groups, pod?.Controller, ourselves),
            $"pod {request.Name} cannot begin to drain: {why}; ask again",
            TimeSpan.Zero))
    {
        Note = $"cannot begin to drain: {why}",
    };

    /// <summary>Who asks.</summary>
    /// <param name="request">The review.</param>
    /// <param name="pod">The pod.</param>
    public Requester RequesterOf(AdmissionRequest request, Pod pod) => Requesters.Of(request.User, request.Groups, pod.Controller, ourselves);

    private static Denial Refusal(bool isEviction, Requester requester, string message, TimeSpan left) =>
        isEviction ? Denial.Later(message)
        : requester is Requester.Person ? Denial.AskAgain(message, Retries.After(left))
        : Denial.Forbidden(message);

    /// <summary>What of the pod and of the request lets it pass at once, whatever the drain.</summary>
    private Ruling? Passed(AdmissionRequest request, PodInView view)
    {
        var pod = view.Pod;
        var isOurs = view is { IsNamespaceTerminating: false, Policy.Mode: DrainMode.Intercept };
        return request.Options.Uid is { } uid && uid != pod.Metadata.Uid ? new Ruling(Reason.OtherPod)
            : pod.DeletionTimestamp is not null ? new Ruling(Reason.Terminating)
            : Requesters.Of(request.User, request.Groups, pod.Controller, ourselves) is Requester.Exempt
                ? new Ruling(Reason.Exempt) { Note = isOurs ? $"not drained: {request.User} does not ask twice" : null }
            : view.IsNamespaceTerminating ? new Ruling(Reason.NamespaceTerminating)
            : isOurs ? null : new Ruling(Reason.OptedOut);
    }

    /// <summary>One pod that must not go before its drain has ended.</summary>
    private sealed class Case(AdmissionRequest request, Requester requester, PodInView view, DateTimeOffset now, TimeSpan surgeTimeout)
    {
        private readonly Pod _pod = view.Pod;
        private readonly OwnerReference? _owner = DrainState.OwnerOf(view.Pod);

        private bool IsEviction => request.Subject is AdmissionSubject.EvictPod;

        public Ruling Decide()
        {
            if (DrainState.Of(_pod) is { } drain)
            {
                return GoOn(drain);
            }

            if (!_pod.IsReady || _pod.Phase != "Running")
            {
                return new Ruling(Reason.NotReady) { Note = "not drained: it is not ready, so nothing is sent to it" };
            }

            if (view.Services.Count == 0)
            {
                return new Ruling(Reason.NotSelected) { Note = "not drained: no Service selects it" };
            }

            if (!view.IsExposed)
            {
                return new Ruling(Reason.NotExposed) { Note = "not drained: no load balancer sends to the Services that select it" };
            }

            return SelectingLabels.Of(_pod, view.Services, view.OwnerSelector) is not { } labels ? new Ruling(Reason.NotIsolable) { Note = "not drained: without its labels its Job would do its work a second time" }
                : IsEviction && Refused() is { } ruling ? ruling
                : MaySurge() ? BeginSurge()
                : Begin(labels);
        }

        private Ruling GoOn(DrainState drain)
        {
            if (now >= drain.Until || view.DrainedSince is not null)
            {
                return new Ruling(Reason.Drained) { Note = "drained; its deletion goes on" };
            }

            var waits = requester is Requester.Person && !IsEviction && drain.Beginning is not Beginning.Delete;
            var message = drain.SurgeUntil is { } surge
                ? $"pod {_pod.Metadata.Name} serves on until its replacement is ready, at the latest until {DrainState.Text(surge)}, and then drains"
                : $"pod {_pod.Metadata.Name} drains until {DrainState.Text(drain.Until)}";
            return new Ruling(drain.SurgeUntil is null ? Reason.Draining : Reason.Surging, Refuse(message, drain.Until))
            {
                Patch = waits ? PodPatches.Expect(_pod) : null,
            };
        }

        /// <summary>What the budgets say of an eviction; null when they let it be.</summary>
        private Ruling? Refused()
        {
            if (view.Budgets.Count > 1)
            {
                return new Ruling(Reason.SeveralBudgets) { Note = "left to the API server: several disruption budgets cover it" };
            }

            if (view.Budgets is not [var budget] || MaySurge())
            {
                return null;
            }

            return !budget.IsCurrent ? BudgetDenial(Reason.BudgetPending, $"the disruption budget {budget.Metadata.Name} is still being processed")
                : budget.DisruptionsAllowed == 0 && !budget.DisruptedPods.Contains(_pod.Metadata.Name)
                    ? BudgetDenial(
                        Reason.BudgetSpent,
                        $"the disruption budget {budget.Metadata.Name} needs {budget.Healthy.Desired} healthy pods and has {budget.Healthy.Current} currently")
                : null;
        }

        private Ruling BudgetDenial(Reason reason, string budget) =>
            new(reason, Denial.OfBudget($"pod {_pod.Metadata.Name} cannot be evicted now: {budget}", budget)) { Note = budget };

        /// <summary>
        /// Whether the pod's Deployment makes another one before this one leaves: not for a ReplicaSet that is to have one pod less, or that is gone.
        /// </summary>
        private bool MaySurge() =>
            requester is Requester.Person or Requester.NodeController
            && view.Policy.Surge is not SurgeWish.Off
            && surgeTimeout > TimeSpan.Zero
            && _owner is { Kind: "ReplicaSet" } && _pod.Labels.ContainsKey(SelectingLabels.TemplateHash)
            && !view.Services.Any(service => service.Selector!.LooksAt(SelectingLabels.TemplateHash))
            && (view.Policy.Surge is SurgeWish.On || !IsEviction || !view.Budgets.Any(budget => budget.AllowsNone))
            && !(DrainState.Time(_pod, ControllerNames.State.SurgeFailed) is { } failed && now < failed + AfterFailedSurge);

        private Ruling BeginSurge()
        {
            var drain = New(now + surgeTimeout + view.Policy.Drain) with { SurgeUntil = now + surgeTimeout };
            var message = $"pod {_pod.Metadata.Name} serves on until its replacement is ready, at the latest until {DrainState.Text(now + surgeTimeout)}, and then drains";
            return new Ruling(Reason.SurgeStarted, Refuse(message, drain.Until))
            {
                Patch = PodPatches.TakeOff(_pod, [SelectingLabels.TemplateHash], drain),
                Note = "its replacement is made first; it serves on meanwhile",
            };
        }

        private Ruling Begin(SelectingLabels labels)
        {
            var drain = New(now + view.Policy.Drain);
            return new Ruling(Reason.DrainStarted, Refuse($"pod {_pod.Metadata.Name} drains until {DrainState.Text(drain.Until)}", drain.Until))
            {
                Reserve = IsEviction ? BudgetPatches.Needed(view.Budgets) : null,
                Patch = PodPatches.TakeOff(_pod, labels.Names, drain),
                Wake = view.Budgets,
                Note = $"drains until {DrainState.Text(drain.Until)}; labels taken off: {string.Join(", ", labels.Names)}",
            };
        }

        private DrainState New(DateTimeOffset until) => new()
        {
            Labels = new Dictionary<string, string>(),
            Until = until,
            SurgeUntil = null,
            Beginning = IsEviction ? Beginning.Eviction : requester is Requester.Person ? Beginning.Delete : Beginning.Controller,
            Options = request.Options,
            Owner = _owner,
            IsCancelled = false,
        };

        private Denial Refuse(string message, DateTimeOffset until) => Refusal(IsEviction, requester, message, until - now);
    }
}
