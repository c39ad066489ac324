using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Prestop.Testing.Cluster;

/// <summary>What the API server does to objects of some kinds, and what it does not take.</summary>
internal static partial class KindRules
{
    private const string TokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Fills in what the author left to the server.</summary>
    public static void Default(ApiKind kind, JsonObject subject)
    {
        if (kind == ApiKind.Pod)
        {
            DefaultPod(subject);
        }
        else if (kind == ApiKind.Budget)
        {
            subject.Child("status").TryAdd("disruptionsAllowed", 0);
        }
        else if (kind == ApiKind.Namespace)
        {
            subject.Child("metadata", "labels")["kubernetes.io/metadata.name"] = subject.Name();
            subject.Child("status")["phase"] = "Active";
        }
        else if (kind == ApiKind.Service && subject.At("spec") is JsonObject spec)
        {
            spec.TryAdd("type", "ClusterIP");
        }
        else if (kind == ApiKind.MutatingWebhooks || kind == ApiKind.ValidatingWebhooks)
        {
            foreach (var webhook in subject.Items("webhooks").Cast<JsonObject>())
            {
                webhook.TryAdd("failurePolicy", "Fail");
                webhook.TryAdd("timeoutSeconds", 10);
                if (kind == ApiKind.MutatingWebhooks)
                {
                    webhook.TryAdd("reinvocationPolicy", "Never");
                }
            }
        }
        else if (subject.At("spec", "template", "spec") is not null && subject.At("spec") is JsonObject workload && kind != ApiKind.DaemonSet && kind != ApiKind.Job)
        {
            workload.TryAdd("replicas", 1);
        }
    }

    /// <summary>Gives the containers that have none their mount of the pod's service account token; also those that a webhook has added.</summary>
    public static void MountToken(JsonObject pod)
    {
        var volume = pod.Items("spec", "volumes").Select(each => each.Text("name")!).FirstOrDefault(name => name.StartsWith("kube-api-access-", StringComparison.Ordinal));
        if (volume is null)
        {
            return;
        }

        foreach (var container in pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers")).Cast<JsonObject>())
        {
            if (!container.Items("volumeMounts").Any(mount => mount.Text("mountPath") == TokenMount))
            {
                container.TryAdd("volumeMounts", new JsonArray());
                container["volumeMounts"]!.AsArray().Add(new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = TokenMount });
            }
        }
    }

    /// <summary>Looks at an object that is to be written.</summary>
    /// <exception cref="Refusal">It is not taken.</exception>
    public static void Check(ApiKind kind, JsonObject subject)
    {
        foreach (var (_, value) in subject.Labels() as JsonObject ?? [])
        {
            if (!LabelValue().IsMatch(value.Text()!))
            {
                throw Invalid("metadata.labels", "FieldValueInvalid", $"Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
            }
        }

        if (kind == ApiKind.Pod)
        {
            CheckPod(subject);
        }
        else if (kind == ApiKind.Event)
        {
            foreach (var field in (string[])["eventTime", "action"])
            {
                if (subject.Text(field) is null)
                {
                    throw Invalid(field, "FieldValueRequired", "Required value");
                }
            }

            if (subject.Text("note") is { Length: > 1024 })
            {
                throw Invalid("message", "FieldValueInvalid", "Invalid value: \"\": can have at most 1024 characters");
            }
        }
        else if (kind == ApiKind.Secret && subject.Text("type") == "kubernetes.io/tls")
        {
            foreach (var field in (string[])["tls.crt", "tls.key"])
            {
                if (subject.Text("data", field) is null)
                {
                    throw Invalid($"data[{field}]", "FieldValueRequired", "Required value");
                }
            }
        }

        Refusal Invalid(string field, string cause, string message) => Refusal.Invalid(kind, subject.Name(), field, cause, message);
    }

    /// <summary>What becomes of an object that is there: a subresource changes its own part, and the rest of the object all but that.</summary>
    /// <exception cref="Refusal">The change is not taken.</exception>
    public static void Update(ApiKind kind, JsonObject before, JsonObject after, string subresource)
    {
        if (after.Uid() != before.Uid())
        {
            throw Refusal.Invalid(kind, before.Name(), "metadata.uid", "FieldValueInvalid", $"Invalid value: \"{after.Uid()}\": field is immutable");
        }

        foreach (var field in (string[])["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"])
        {
            Keep(before["metadata"]!.AsObject(), after["metadata"]!.AsObject(), field);
        }

        foreach (var field in (string[])["labels", "annotations"])
        {
            if (after.At("metadata", field) is JsonObject { Count: 0 })
            {
                after["metadata"]!.AsObject().Remove(field);
            }
        }

        if (kind.Subresources.Contains("status"))
        {
            // A Namespace's or a Node's status may not be all that another part's update leaves alone; here it is.
            Keep(before, after, subresource == "status" ? "spec" : "status");
        }

        if (kind == ApiKind.Pod && before.Number("spec", "terminationGracePeriodSeconds") != after.Number("spec", "terminationGracePeriodSeconds"))
        {
            throw Refusal.Invalid(
                kind, before.Name(), "spec", "FieldValueForbidden", "Forbidden: pod updates may not change fields other than `spec.containers[*].image`");
        }

        if (kind.HasSpec && !JsonNode.DeepEquals(Spec(before), Spec(after)))
        {
            after["metadata"]!["generation"] = (before.Number("metadata", "generation") ?? 0) + 1;
        }
    }

    /// <summary>Everything that the author of an object wants.</summary>
    private static JsonObject Spec(JsonObject subject) => subject.With(copy =>
    {
        copy.Remove("metadata");
        copy.Remove("status");
    });

    private static void Keep(JsonObject before, JsonObject after, string field)
    {
        after.Remove(field);
        if (before[field] is { } kept)
        {
            after[field] = kept.DeepClone();
        }
    }

    private static void DefaultPod(JsonObject pod)
    {
        var spec = pod.Child("spec");
        spec.TryAdd("restartPolicy", "Always");
        spec.TryAdd("terminationGracePeriodSeconds", 30);
        spec.TryAdd("dnsPolicy", "ClusterFirst");
        spec.TryAdd("serviceAccountName", "default");
        spec.TryAdd("securityContext", new JsonObject());
        spec.TryAdd("schedulerName", "default-scheduler");
        if (spec.At("automountServiceAccountToken") is null or JsonValue && !IsFalse(spec["automountServiceAccountToken"]))
        {
            spec.TryAdd("volumes", new JsonArray());
            spec["volumes"]!.AsArray().Add(JsonFields.Object(
                """{"name": "kube-api-access-x5k2p", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"path": "token"} }]} }"""));
            MountToken(pod);
        }

        pod.Child("status").TryAdd("phase", "Pending");
    }

    private static bool IsFalse(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var flag) && !flag;

    private static void CheckPod(JsonObject pod)
    {
        var grace = pod.Number("spec", "terminationGracePeriodSeconds") ?? 30;
        foreach (var (list, index, container) in Containers(pod))
        {
            var path = $"spec.{list}[{index}].lifecycle";
            if (list == "initContainers" && container.At("lifecycle") is not null && container.Text("restartPolicy") != "Always")
            {
                throw Invalid(path, "FieldValueForbidden", "Forbidden: may not be set for init containers without restartPolicy=Always");
            }

            if (container.Number("lifecycle", "preStop", "sleep", "seconds") is { } seconds && (seconds < 0 || seconds > grace))
            {
                throw Invalid(
                    $"{path}.preStop.sleep", "FieldValueInvalid", $"Invalid value: {seconds}: must be non-negative and less than terminationGracePeriodSeconds ({grace})");
            }
        }

        Unique("volumes", pod.Items("spec", "volumes"));
        Unique("containers", pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers")));

        void Unique(string list, IEnumerable<JsonNode> items)
        {
            var names = new HashSet<string>();
            foreach (var (index, item) in items.Index())
            {
                if (!names.Add(item.Text("name") ?? ""))
                {
                    throw Invalid($"spec.{list}[{index}].name", "FieldValueDuplicate", $"Duplicate value: \"{item.Text("name")}\"");
                }
            }
        }

        Refusal Invalid(string field, string cause, string message) => Refusal.Invalid(ApiKind.Pod, pod.Name(), field, cause, message);
    }

    private static IEnumerable<(string List, int Index, JsonNode Container)> Containers(JsonObject pod) =>
        ((string[])["initContainers", "containers"]).SelectMany(list => pod.Items("spec", list).Index().Select(each => (list, each.Index, each.Item)));

    [GeneratedRegex("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    private static partial Regex LabelValue();
}
