using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>What has happened since the start, for <c>/metrics</c>. Safe for several threads.</summary>
internal sealed class ElbMetrics
{
    private static readonly WaitOutcome[] Outcomes = Enum.GetValues<WaitOutcome>();

    private readonly Lock _gate = new();
    private readonly long[] _waits = new long[Outcomes.Length];
    private readonly TimeSpan[] _waited = new TimeSpan[Outcomes.Length];

    /// <summary>The calls to AWS.</summary>
    public AwsCalls Aws { get; } = new();

    /// <summary>A request for a wait has ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Ended(WaitOutcome outcome, TimeSpan elapsed)
    {
        lock (_gate)
        {
            _waits[(int)outcome]++;
            _waited[(int)outcome] += elapsed;
        }
    }

    /// <summary>Adds the values now.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="held">The waits that are held.</param>
    /// <param name="groups">The target groups that are looked at.</param>
    /// <param name="listAge">How old the list of load balancers is; null when there is none.</param>
    public void AddTo(MetricsText text, int held, int groups, TimeSpan? listAge)
    {
        lock (_gate)
        {
            var waits = text.Counter(ElbNames.Metrics.Waits, "Requests for waits that have ended, by outcome.");
            foreach (var outcome in Outcomes)
            {
                waits.Add(_waits[(int)outcome], ("outcome", WaitAnswer.NameOf(outcome)));
            }

            var waited = text.Counter(ElbNames.Metrics.WaitSeconds, "How long they took together, by outcome.");
            foreach (var outcome in Outcomes)
            {
                waited.Add(_waited[(int)outcome].TotalSeconds, ("outcome", WaitAnswer.NameOf(outcome)));
            }

            text.Gauge(ElbNames.Metrics.WaitsNow, "Waits that are held.").Add(held);
        }

        Aws.AddTo(text, ElbNames.Metrics.AwsCalls);
        text.Gauge(ElbNames.Metrics.TargetGroups, "Target groups that are looked at.").Add(groups);
        if (listAge is { } age)
        {
            text.Gauge(ElbNames.Metrics.ListAge, "How old the list of load balancers and target groups is.").Add(age.TotalSeconds);
        }
    }
}
