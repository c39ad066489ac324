using Prestop.Elb.Client;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>What has happened since the start, for <c>/metrics</c>. Safe for several threads.</summary>
internal sealed class ElbMetrics : IElbObserver
{
    private static readonly WaitOutcome[] Outcomes = Enum.GetValues<WaitOutcome>();

    private readonly Lock _gate = new();
    private readonly long[] _waits = new long[Outcomes.Length];
    private readonly TimeSpan[] _waited = new TimeSpan[Outcomes.Length];
    private readonly Dictionary<(string Action, ElbFault? Fault), long> _calls = [];

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

    /// <inheritdoc/>
    public void Called(string action, ElbFault? fault)
    {
        lock (_gate)
        {
            _calls[(action, fault)] = _calls.GetValueOrDefault((action, fault)) + 1;
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
            var calls = text.Counter(ElbNames.Metrics.AwsCalls, "Calls to AWS, each attempt, by action and result; those that are throttled have a result of their own.");
            foreach (var ((action, fault), count) in _calls)
            {
                calls.Add(count, ("action", action), ("result", NameOf(fault)));
            }
        }

        text.Gauge(ElbNames.Metrics.TargetGroups, "Target groups that are looked at.").Add(groups);
        if (listAge is { } age)
        {
            text.Gauge(ElbNames.Metrics.ListAge, "How old the list of load balancers and target groups is.").Add(age.TotalSeconds);
        }
    }

    private static string NameOf(ElbFault? fault) => fault switch
    {
        null => "ok",
        ElbFault.Throttled => "throttled",
        ElbFault.Unavailable => "unavailable",
        ElbFault.Unreachable => "unreachable",
        ElbFault.Garbled => "garbled",
        ElbFault.Credentials => "credentials",
        ElbFault.ClockSkew => "clock_skew",
        ElbFault.Region => "region",
        ElbFault.Denied => "denied",
        ElbFault.NotFound => "not_found",
        ElbFault.Untrusted => "untrusted",
        _ => "rejected",
    };
}
