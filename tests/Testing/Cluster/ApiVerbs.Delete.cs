using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

internal sealed partial class ApiVerbs
{
    private static readonly string[] Propagations = ["Foreground", "Background", "Orphan"];

    /// <summary>
    /// Deletes an object; a pod terminates first, for as long as its grace period. When all of a collection are to go, webhooks get no name, and no grace period that
    /// nobody named.
    /// </summary>
    /// <returns>What is answered: the pod as it is then, or a Status.</returns>
    /// <exception cref="Refusal">It is not deleted.</exception>
    public async Task<JsonObject> DeleteAsync(ApiRequester requester, ApiTarget target, JsonObject options, bool isOneOfMany, CancellationToken cancellation)
    {
        var (kind, name) = (target.Kind, target.Name!);
        if (options.Text("propagationPolicy") is { } propagation && !Propagations.Contains(propagation))
        {
            throw Refusal.InvalidOptions(
                "DeleteOptions",
                "propagationPolicy",
                "FieldValueNotSupported",
                $"Unsupported value: \"{propagation}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
        }

        requester = requester with { IsDryRun = requester.IsDryRun || options.Items("dryRun").Any() };
        for (var isLast = false; ; isLast = true)
        {
            var before = store.Find(kind, target.Namespace, name) ?? throw Refusal.NotFound(kind, name);
            Require(kind, before, options);
            var question = Question("DELETE", requester, target with { Name = isOneOfMany ? null : name }, "DeleteOptions") with { Old = before };
            try
            {
                var done = kind == ApiKind.Pod
                    ? await TerminateAsync(question, options, isOneOfMany, isReviewed: true, cancellation)
                    : await RemoveAsync(question, options, cancellation);
                if (done is not null)
                {
                    return done;
                }
            }
            catch (Refusal) when (!isLast && !ReferenceEquals(store.Find(kind, target.Namespace, name), before))
            {
                // What is refused may have been a copy that was old: it is asked about again as it is by now.
            }
        }
    }

    /// <summary>Evicts a pod: deletes it where its budget allows it. The order is the API server's: webhooks, existence, preconditions, budgets.</summary>
    /// <exception cref="Refusal">It is not evicted.</exception>
    public async Task EvictAsync(ApiRequester requester, ApiTarget target, JsonObject eviction, CancellationToken cancellation)
    {
        var (@namespace, name) = (target.Namespace, target.Name!);
        if (eviction.Name().Length > 0 && eviction.Name() != name)
        {
            throw Refusal.BadRequest("name in URL does not match name in Eviction object");
        }

        var asked = eviction.With(copy =>
        {
            (copy["kind"], copy["apiVersion"]) = ("Eviction", "policy/v1");
            (copy.Child("metadata")["name"], copy.Child("metadata")["namespace"]) = (name, @namespace);
        });
        asked = (await admission.AskAsync(Question("CREATE", requester, target, "CreateOptions") with { Subject = asked }, cancellation))!;
        var options = asked.At("deleteOptions")?.DeepClone().AsObject() ?? [];
        requester = requester with { IsDryRun = requester.IsDryRun || options.Items("dryRun").Any() };
        while (true)
        {
            var pod = store.Find(ApiKind.Pod, @namespace, name) ?? throw Refusal.NotFound(ApiKind.Pod, name);
            Require(ApiKind.Pod, pod, options);
            if (!pod.IsTerminating() && pod.Text("status", "phase") == "Running" && !Spend(pod, requester.IsDryRun))
            {
                continue;
            }

            if (!requester.IsDryRun && pod.Condition("DisruptionTarget") is null)
            {
                var marked = pod.With(copy => Set(copy, "DisruptionTarget", "True", "EvictionByEvictionAPI"));
                if (!store.Replace(ApiKind.Pod, pod, marked))
                {
                    continue;
                }

                pod = marked;

                // That was the version before it was marked.
                (options["preconditions"] as JsonObject)?.Remove("resourceVersion");
            }

            var question = Question("DELETE", requester, target with { Subresource = "" }, "DeleteOptions") with { Old = pod };
            if (await TerminateAsync(question, options, isOneOfMany: false, isReviewed: false, cancellation) is not null)
            {
                return;
            }
        }
    }

    /// <summary>Sets a condition.</summary>
    public void Set(JsonObject subject, string type, string status, string reason, string message = "")
    {
        var conditions = subject.Child("status")["conditions"] as JsonArray;
        if (conditions is null)
        {
            subject.Child("status")["conditions"] = conditions = [];
        }

        if (subject.Condition(type) is { } there)
        {
            conditions.Remove(there);
        }

        var condition = new JsonObject { ["type"] = type, ["status"] = status, ["reason"] = reason, ["lastTransitionTime"] = time.GetUtcNow().Rfc3339() };
        if (message.Length > 0)
        {
            condition["message"] = message;
        }

        conditions.Add(condition);
    }

    /// <summary>Takes an eviction out of the pod's budget.</summary>
    /// <returns>Whether it was; not when the budget changed meanwhile.</returns>
    private bool Spend(JsonObject pod, bool isDryRun)
    {
        var budgets = store.All(ApiKind.Budget, pod.Namespace()).Where(each => Selectors.Fits(each.At("spec", "selector"), pod.Labels())).ToList();
        if (budgets.Count > 1)
        {
            throw new Refusal(500, null, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }

        if (budgets is not [var budget] || MayGoUnhealthy(pod, budget))
        {
            return true;
        }

        if (budget.Number("status", "observedGeneration") is not { } observed || observed < budget.Number("metadata", "generation"))
        {
            throw Refusal.Budget($"The disruption budget {budget.Name()} is still being processed by the server.");
        }

        var allowed = budget.Number("status", "disruptionsAllowed") ?? 0;
        if (allowed <= 0)
        {
            throw Refusal.Budget(
                $"The disruption budget {budget.Name()} needs {budget.Number("status", "desiredHealthy")} healthy pods and has {budget.Number("status", "currentHealthy")} currently");
        }

        return isDryRun || store.Replace(ApiKind.Budget, budget, budget.With(copy =>
        {
            copy["status"]!["disruptionsAllowed"] = allowed - 1;
            copy.Child("status", "disruptedPods")[pod.Name()] = time.GetUtcNow().Rfc3339();
        }));
    }

    /// <summary>A pod that is not ready: always, or where its budget is met without it (<c>unhealthyPodEvictionPolicy</c>; unset is IfHealthyBudget).</summary>
    private static bool MayGoUnhealthy(JsonObject pod, JsonObject budget) => !pod.IsReady()
        && (budget.Text("spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow"
            || (budget.Number("status", "desiredHealthy") > 0 && budget.Number("status", "currentHealthy") >= budget.Number("status", "desiredHealthy")));

    private static void Require(ApiKind kind, JsonObject current, JsonObject options)
    {
        if (options.Text("preconditions", "uid") is { } uid && uid != current.Uid())
        {
            throw Refusal.Precondition(kind, current, "UID", uid, current.Uid());
        }

        if (options.Text("preconditions", "resourceVersion") is { } version && version != current.Version())
        {
            throw Refusal.Precondition(kind, current, "ResourceVersion", version, current.Version());
        }
    }

    /// <summary>A pod: now, or at the end of its grace period by its kubelet.</summary>
    /// <returns>The pod as it is then; null when it changed meanwhile, and all has to be looked at again.</returns>
    private async Task<JsonObject?> TerminateAsync(AdmissionQuestion question, JsonObject options, bool isOneOfMany, bool isReviewed, CancellationToken cancellation)
    {
        var pod = question.Old!;
        var hasEnded = pod.Text("status", "phase") is "Succeeded" or "Failed";
        var isOver = hasEnded || pod.Text("spec", "nodeName") is null;
        var wanted = options.Number("gracePeriodSeconds");
        var grace = isOver ? 0 : wanted < 0 ? 1 : wanted ?? pod.Number("spec", "terminationGracePeriodSeconds") ?? 30;
        var running = pod.IsTerminating() ? pod.Number("metadata", "deletionGracePeriodSeconds") : null;
        if (running is not null && grace > 0 && (wanted is null || grace >= running))
        {
            return pod;
        }

        var told = question.Options;
        foreach (var (field, value) in options.Where(option => option.Key is not ("kind" or "apiVersion")))
        {
            told[field] = value?.DeepClone();
        }

        if (!isOneOfMany)
        {
            told["gracePeriodSeconds"] = grace;
        }

        var stamped = pod.With(copy =>
        {
            var metadata = copy.Child("metadata");
            metadata["deletionTimestamp"] = time.GetUtcNow().AddSeconds(grace).Rfc3339();
            metadata["deletionGracePeriodSeconds"] = grace;
            metadata["generation"] = (pod.Number("metadata", "generation") ?? 0) + 1;
        });
        if (isReviewed)
        {
            await admission.AskAsync(question, cancellation);
            if (grace == 0)
            {
                // The object is removed in a second step, which asks again; a pod that may still run is asked for once more before.
                if (!hasEnded)
                {
                    await admission.AskAsync(question, cancellation);
                }

                await admission.AskAsync(question with { Old = stamped }, cancellation);
            }
        }

        if (question.Requester.IsDryRun)
        {
            return stamped;
        }

        var isGone = grace == 0 && !pod.Items("metadata", "finalizers").Any();
        return store.Replace(ApiKind.Pod, pod, isGone ? null : stamped) ? stamped : null;
    }

    /// <summary>Anything else goes at once, unless somebody has to see to something first.</summary>
    private async Task<JsonObject?> RemoveAsync(AdmissionQuestion question, JsonObject options, CancellationToken cancellation)
    {
        var (kind, before) = (question.Kind, question.Old!);
        await admission.AskAsync(question, cancellation);
        var finalizer = options.Text("propagationPolicy") switch { "Foreground" => "foregroundDeletion", "Orphan" => "orphan", _ => null };
        var stamped = before.With(copy =>
        {
            copy["metadata"]!["deletionTimestamp"] ??= time.GetUtcNow().Rfc3339();
            if (finalizer is not null && !copy.Items("metadata", "finalizers").Any(each => each.Text() == finalizer))
            {
                copy["metadata"]!["finalizers"] = new JsonArray([.. copy.Items("metadata", "finalizers").Select(each => each.DeepClone()), finalizer]);
            }

            if (kind == ApiKind.Namespace)
            {
                copy.Child("status")["phase"] = "Terminating";
            }
        });
        var stays = kind == ApiKind.Namespace || stamped.Items("metadata", "finalizers").Any();
        if (!question.Requester.IsDryRun && !store.Replace(kind, before, stays ? stamped : null))
        {
            return null;
        }

        var details = new JsonObject { ["name"] = before.Name(), ["kind"] = kind.Plural, ["uid"] = before.Uid() };
        if (kind.Group.Length > 0)
        {
            details.Insert(1, "group", kind.Group);
        }

        return stays ? stamped : Success(200, details);
    }

    /// <summary>A Status that says yes.</summary>
    public static JsonObject Success(int code, JsonObject? details = null)
    {
        var status = new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success" };
        if (details is not null)
        {
            status["details"] = details;
        }
        else
        {
            status["code"] = code;
        }

        return status;
    }
}
