using System.Text.Json;
using System.Text.Unicode;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;

namespace Prestopd.Controller.Admission;

/// <summary>What is to be done to what.</summary>
internal enum AdmissionSubject
{
    /// <summary>A pod is created.</summary>
    CreatePod,

    /// <summary>A pod is deleted.</summary>
    DeletePod,

    /// <summary>A pod is evicted: an Eviction is created. No review of a delete follows.</summary>
    EvictPod,

    /// <summary>Anything else: the webhook's rules ask for more than it has an opinion on.</summary>
    Other,
}

/// <summary>
/// The question of the API server (<c>admission.k8s.io/v1 AdmissionReview</c>). One request of a client can be several reviews, each with a uid of
/// its own; fields that are not known are passed over.
/// </summary>
internal sealed class AdmissionRequest
{
    /// <summary>
    /// The longest review that is read, in bytes. It holds a pod twice at most, and the API server takes no request above 3 MiB
    /// (k8s.io/apiserver, <c>MaxRequestBodyBytes</c>).
    /// </summary>
    public const int Longest = 8 * 1024 * 1024;

    private const string Version = "admission.k8s.io/v1";

    /// <summary>What the answer has to name.</summary>
    public required string Uid { get; init; }

    /// <summary>What is to be done to what.</summary>
    public required AdmissionSubject Subject { get; init; }

    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>
    /// The pod's name. A DELETE of a collection names it in the old object only; a pod that is created under a generated name has none yet: empty.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Who asks: <c>system:serviceaccount:kube-system:replicaset-controller</c>. Nothing else tells people from controllers.</summary>
    public required string User { get; init; }

    /// <summary>Whose groups the user is in.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>
    /// Whether nothing is to come of it. That of <c>kubectl drain --dry-run=server</c> stands in the eviction's deleteOptions only.
    /// </summary>
    public required bool IsDryRun { get; init; }

    /// <summary>
    /// How to delete, for deletes and evictions. The grace period of a delete is no wish: where nobody has one, the API server fills the pod's in.
    /// </summary>
    public required DeleteOptions Options { get; init; }

    /// <summary>The pod: that which is to be created, or that which is to be deleted. Undefined for an eviction.</summary>
    public required JsonElement Pod { get; init; }

    /// <summary>Reads a review.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="problem">Why it is none, for the API server's log: lower case, one line. Empty when it is one.</param>
    /// <returns>The request; null when the body is no review, which is to be answered 400.</returns>
    public static AdmissionRequest? Read(ReadOnlyMemory<byte> body, out string problem)
    {
        if (body.Length > Longest)
        {
            problem = $"the review has {body.Length} bytes; at most {Longest} are read";
            return null;
        }

        try
        {
            // Checked once, for all texts: the document does not look at the bytes of a text that nobody asks for.
            using var document = Utf8.IsValid(body.Span) ? JsonDocument.Parse(body) : throw new JsonException();
            return Read(document.RootElement, out problem);
        }
        catch (JsonException)
        {
            problem = "the body is not JSON that can be read";
            return null;
        }
    }

    private static AdmissionRequest? Read(JsonElement review, out string problem)
    {
        if (review.Text("kind") != "AdmissionReview" || review.Text("apiVersion") != Version)
        {
            problem = $"the body is no AdmissionReview of {Version}";
            return null;
        }

        var request = review.At("request") ?? default;
        var subject = SubjectOf(request);
        var side = request.At(subject is AdmissionSubject.DeletePod ? "oldObject" : "object") ?? default;
        if (request.Text("uid") is not { } uid)
        {
            problem = "the review has no request.uid";
            return null;
        }

        if (subject is AdmissionSubject.CreatePod or AdmissionSubject.DeletePod && side.At("spec") is null)
        {
            problem = "the review is about a pod and holds none";
            return null;
        }

        problem = "";
        var options = DeleteOptions.Read((subject is AdmissionSubject.EvictPod ? side.At("deleteOptions") : request.At("options")) ?? default);
        return new AdmissionRequest
        {
            Uid = uid,
            Subject = subject,
            Namespace = request.Text("namespace") ?? side.Text("metadata", "namespace") ?? "",
            Name = request.Text("name") ?? side.Text("metadata", "name") ?? "",
            User = request.Text("userInfo", "username") ?? "",
            Groups = [.. request.Items("userInfo", "groups").Select(group => group.Text()).OfType<string>()],
            IsDryRun = options.DryRun || request.At("dryRun") is { ValueKind: JsonValueKind.True },
            Options = options,
            Pod = subject is AdmissionSubject.CreatePod or AdmissionSubject.DeletePod ? side.Clone() : default,
        };
    }

    private static AdmissionSubject SubjectOf(JsonElement request)
    {
        var isOfPods = request.Text("resource", "group") is null && request.Text("resource", "resource") == "pods";
        return (isOfPods, request.Text("operation"), request.Text("subResource")) switch
        {
            (true, "CREATE", null) => AdmissionSubject.CreatePod,
            (true, "DELETE", null) => AdmissionSubject.DeletePod,
            (true, "CREATE", "eviction") => AdmissionSubject.EvictPod,
            _ => AdmissionSubject.Other,
        };
    }
}
