using Prestop.Elb.Client;

namespace Prestopd.Hosting;

/// <summary>Counts the calls to AWS since the start, for <c>/metrics</c>. Safe for several threads.</summary>
internal sealed class AwsCalls : IElbObserver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Action, ElbFault? Fault), long> _calls = [];

    /// <inheritdoc/>
    public void Called(string action, ElbFault? fault)
    {
        lock (_gate)
        {
            _calls[(action, fault)] = _calls.GetValueOrDefault((action, fault)) + 1;
        }
    }

    /// <summary>Adds the values now; no family while there was no call.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="name">The name of their metric family.</param>
    public void AddTo(MetricsText text, string name)
    {
        lock (_gate)
        {
            if (_calls.Count == 0)
            {
                return;
            }

            var calls = text.Counter(name, "Calls to AWS, each attempt, by action and result; those that are throttled have a result of their own.");
            foreach (var ((action, fault), count) in _calls)
            {
                calls.Add(count, ("action", action), ("result", NameOf(fault)));
            }
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
