using Prestop.Kubernetes.Client;
using Prestopd.Controller.Admission;
using Prestopd.Hosting;

namespace Prestopd.Controller.Certificates;

/// <summary>
/// Whether the API server really reaches the webhooks: it takes any caBundle, and under <c>failurePolicy: Ignore</c> a call that fails says nothing. So it is asked, as a dry run, to evict
/// a pod that there never is, which webhooks are asked about first. In each configuration there is one for these calls alone, at the Service and with the caBundle of the others; its
/// <c>failurePolicy</c> is <c>Fail</c>, so that the API server says what is wrong. Nothing waits for the result: a replica that is not ready is not reached at all.
/// </summary>
/// <param name="api">The client.</param>
/// <param name="namespace">The controller's namespace.</param>
/// <param name="configuration">The name of the two configurations.</param>
/// <param name="certificate">The certificate, which is verified anew when it has changed.</param>
/// <param name="log">Where it is told.</param>
/// <param name="time">The clock.</param>
internal sealed class WebhookVerification(ApiClient api, string @namespace, string configuration, ServingCertificate certificate, ServerLog log, TimeProvider time)
{
    /// <summary>From one try to the next, until one succeeds.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How old a success may be.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>At the start the Service knows no ready replica yet: for so long a failure is no warning.</summary>
    public static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    private readonly long _start = time.GetTimestamp();

    /// <summary>The webhooks, and what is known of them.</summary>
    public IReadOnlyList<VerifiedWebhook> Webhooks { get; } = [new("mutating"), new("validating")];

    /// <summary>The answer of a webhook that is reached by such a call; null for any other call.</summary>
    /// <param name="request">The review.</param>
    public static AdmissionAnswer? Answer(AdmissionRequest request) =>
        request is { Subject: AdmissionSubject.EvictPod, IsDryRun: true, Options.Uid: { } call } && request.Name.StartsWith(ControllerNames.VerifiedPod, StringComparison.Ordinal)
            ? new AdmissionAnswer { Denial = Denial.Later(Proof(call)) }
            : null;

    /// <summary>Verifies again and again until it is cancelled. To be run once.</summary>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(CancellationToken cancellation) => Periodic.RunAsync(Interval, LookAsync, time, cancellation);

    /// <summary>Verifies what has to be.</summary>
    /// <param name="cancellation">Ends it.</param>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        if (!certificate.IsThere)
        {
            return;
        }

        foreach (var webhook in Webhooks)
        {
            var changes = certificate.Changes;
            if (webhook.IsVerified && webhook.Changes == changes && time.GetElapsedTime(webhook.At) < Period)
            {
                continue;
            }

            var problem = await TryAsync(webhook.Kind, cancellation);
            (webhook.At, webhook.Changes) = (time.GetTimestamp(), changes);
            Tell(webhook, problem);
        }
    }

    /// <summary>One call.</summary>
    /// <returns>Null when the webhook was reached; else why it was not.</returns>
    private async Task<string?> TryAsync(string kind, CancellationToken cancellation)
    {
        // No pod has this uid either. It comes back in the answer, and no other answer is one to this call.
        var call = Guid.NewGuid().ToString();
        var answer = await api.EvictAsync(@namespace, ControllerNames.VerifiedPod + kind, new DeleteOptions { Uid = call, DryRun = true }, cancellation);
        return answer.Error switch
        {
            { Status.Message: var said } when said.EndsWith(Proof(call), StringComparison.Ordinal) => null,
            null or { Fault: ApiFault.NotFound or ApiFault.Conflict } => $"the API server does not call a webhook for it: none in the {kind} webhook configuration {configuration} asks for this",
            var error => error.Message,
        };
    }

    /// <summary>Tells what was found once, until it is something else; what is wrong in other words, such as another time of day, once in a while only.</summary>
    private void Tell(VerifiedWebhook webhook, string? problem)
    {
        var told = problem is null ? VerificationStage.Verified : time.GetElapsedTime(_start) < StartTime ? VerificationStage.NotYet : VerificationStage.Unverified;
        if (told == webhook.Told && (problem == webhook.Problem || time.GetElapsedTime(webhook.ToldAt) < Period))
        {
            return;
        }

        (webhook.Told, webhook.Problem, webhook.ToldAt) = (told, problem, time.GetTimestamp());
        LogMember member = new("webhook", webhook.Kind);
        if (told is VerificationStage.Verified)
        {
            log.Info("webhook_verified", $"the API server reaches the {webhook.Kind} webhooks of {configuration}", member);
        }
        else if (told is VerificationStage.NotYet)
        {
            log.Info("webhook_unverified", $"the API server does not reach the {webhook.Kind} webhooks of {configuration} yet: {problem}", member);
        }
        else
        {
            log.Warning("webhook_unverified", $"the {webhook.Kind} webhooks of {configuration} are not verified: {problem}", member);
        }
    }

    private static string Proof(string call) => $"prestopd controller is reached by call {call}";
}

/// <summary>What was told of a webhook.</summary>
internal enum VerificationStage
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>That it was not reached, at the start.</summary>
    NotYet,

    /// <summary>That it was not reached.</summary>
    Unverified,

    /// <summary>That it was.</summary>
    Verified,
}

/// <summary>What is known of the webhooks of a configuration.</summary>
/// <param name="kind"><c>mutating</c> or <c>validating</c>.</param>
internal sealed class VerifiedWebhook(string kind)
{
    /// <summary><c>mutating</c> or <c>validating</c>.</summary>
    public string Kind => kind;

    /// <summary>Whether the last try reached it.</summary>
    public bool IsVerified => Told is VerificationStage.Verified;

    /// <summary>When that was.</summary>
    public long At { get; set; }

    /// <summary>The certificate's changes until then.</summary>
    public int Changes { get; set; }

    /// <summary>What was told last.</summary>
    public VerificationStage Told { get; set; }

    /// <summary>The problem that was told; null for none.</summary>
    public string? Problem { get; set; }

    /// <summary>When it was told.</summary>
    public long ToldAt { get; set; }
}
