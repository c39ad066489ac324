using Prestop.Kubernetes.Client;
using Prestopd.Controller.Certificates;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;
using Prestopd.Hosting;

namespace Prestopd.Controller.Http;

/// <summary>What ended a drain.</summary>
internal enum DrainEnding
{
    /// <summary>Somebody came after its deadline, and was let through.</summary>
    Client,

    /// <summary>Nobody came, and the pod was deleted by this controller after its deadline.</summary>
    Controller,

    /// <summary>Load balancers had let go of it before its deadline, whoever deleted it then.</summary>
    Evidence,

    /// <summary>It was called off, or its surge did not help: the pod has its labels back.</summary>
    Cancelled,
}

/// <summary>What has happened since the start, for <c>/metrics</c>. Each replica counts what it did itself. Safe for several threads.</summary>
internal sealed class ControllerMetrics
{
    private static readonly Reason[] Reasons = Enum.GetValues<Reason>();
    private static readonly InjectionVerdict[] Verdicts = Enum.GetValues<InjectionVerdict>();
    private static readonly ApiFault[] Faults = Enum.GetValues<ApiFault>();
    private static readonly DrainEnding[] Endings = Enum.GetValues<DrainEnding>();

    private readonly Lock _gate = new();
    private readonly long[] _rulings = new long[Reasons.Length];
    private readonly long[] _injections = new long[Verdicts.Length];
    private readonly long[] _drains = new long[Endings.Length];
    private readonly TimeSpan[] _drained = new TimeSpan[Endings.Length];
    private readonly long[] _errors = new long[Faults.Length];
    private TimeSpan _slept;

    /// <summary>The calls to AWS.</summary>
    public AwsCalls Aws { get; } = new();

    /// <summary>A delete or an eviction was answered.</summary>
    /// <param name="reason">Why so.</param>
    public void Ruled(Reason reason)
    {
        lock (_gate)
        {
            _rulings[(int)reason]++;
        }
    }

    /// <summary>The creation of a pod was answered.</summary>
    /// <param name="verdict">What becomes of the pod.</param>
    public void Created(InjectionVerdict verdict)
    {
        lock (_gate)
        {
            _injections[(int)verdict]++;
        }
    }

    /// <summary>A drain has ended.</summary>
    /// <param name="ending">What ended it.</param>
    /// <param name="took">How long it took, as far as this replica has seen it.</param>
    /// <param name="fixedSleep">How long a sleep of the same safety would have taken.</param>
    public void Drained(DrainEnding ending, TimeSpan took, TimeSpan fixedSleep)
    {
        lock (_gate)
        {
            _drains[(int)ending]++;
            _drained[(int)ending] += took;
            _slept += ending is DrainEnding.Cancelled ? TimeSpan.Zero : fixedSleep;
        }
    }

    /// <summary>A call to the API server has failed.</summary>
    /// <param name="error">How.</param>
    public void Failed(ApiError error)
    {
        lock (_gate)
        {
            _errors[(int)error.Fault]++;
        }
    }

    /// <summary>Adds the values now.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="draining">The pods that drain.</param>
    /// <param name="eventsDropped">Events for which there was no room.</param>
    /// <param name="certificate">How long the certificate is still valid; null when there is none.</param>
    /// <param name="webhooks">The webhooks, and whether the API server was seen to reach them.</param>
    public void AddTo(MetricsText text, int draining, long eventsDropped, TimeSpan? certificate, IReadOnlyList<VerifiedWebhook> webhooks)
    {
        lock (_gate)
        {
            Add(text.Counter(ControllerNames.Metrics.Injections, "Pods that were created, by what became of them."), "verdict", Verdicts, verdict => _injections[(int)verdict]);
            Add(text.Counter(ControllerNames.Metrics.Rulings, "Deletes and evictions of pods, each review, by the reason of the answer."), "reason", Reasons, reason => _rulings[(int)reason]);
            Add(text.Counter(ControllerNames.Metrics.Drains, "Drains that this replica has ended, by what ended them."), "ending", Endings, ending => _drains[(int)ending]);
            Add(text.Counter(ControllerNames.Metrics.DrainSeconds, "How long they took together."), "ending", Endings, ending => _drained[(int)ending].TotalSeconds);
            text.Counter(ControllerNames.Metrics.SleepSeconds, "How long fixed sleeps of the same safety would have taken together, those that were called off left out.")
                .Add(_slept.TotalSeconds);
            Add(text.Counter(ControllerNames.Metrics.ApiErrors, "Calls to the API server that failed, by fault."), "fault", Faults, fault => _errors[(int)fault]);
        }

        Aws.AddTo(text, ControllerNames.Metrics.AwsCalls);
        text.Gauge(ControllerNames.Metrics.Draining, "Pods that drain now.").Add(draining);
        text.Counter(ControllerNames.Metrics.EventsDropped, "Events for which there was no room.").Add(eventsDropped);
        if (certificate is { } left)
        {
            text.Gauge(ControllerNames.Metrics.CertificateSeconds, "How long the certificate is still valid.").Add(left.TotalSeconds);
        }

        var verified = text.Gauge(ControllerNames.Metrics.WebhookVerified, "Whether the API server reached the webhooks at the last try: 1 or 0.");
        foreach (var webhook in webhooks)
        {
            verified.Add(webhook.IsVerified ? 1 : 0, ("webhook", webhook.Kind));
        }
    }

    /// <summary>A name as metrics have it: <c>drain_started</c>.</summary>
    /// <param name="name">A name in the code's own manner: <c>DrainStarted</c>.</param>
    public static string Name(string name) =>
        string.Concat(name.Select((letter, index) => char.IsUpper(letter) ? $"{(index > 0 ? "_" : "")}{char.ToLowerInvariant(letter)}" : letter.ToString()));

    private static void Add<T>(MetricsText.MetricFamily family, string label, T[] all, Func<T, double> count)
        where T : struct, Enum
    {
        foreach (var one in all)
        {
            family.Add(count(one), (label, Name(one.ToString())));
        }
    }
}
