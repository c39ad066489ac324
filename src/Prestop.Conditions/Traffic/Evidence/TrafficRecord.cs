using Prestop.Core.Addresses;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// All that a wait remembers of the traffic it saw, in 6 kB however much there is. It knows no clock and no socket: looks are told
/// to it, with times counted from the start of the wait.
/// </summary>
internal sealed class TrafficRecord
{
    // A probe is over by then; what stays open longer is a client that keeps its connection.
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(1);

    // The longest gap of requests that can be told from silence by looks at every tenth of a second, two a second or more.
    private static readonly TimeSpan Lively = TimeSpan.FromSeconds(0.5);

    private readonly QuietPeriod _quiet;
    private readonly bool _knowsProbes;
    private readonly Clients _clients;
    private readonly TrafficHistory _history = new();
    private readonly TrafficHistory _judged = new();
    private TimeSpan? _last;
    private TimeSpan? _lastUnsettled;
    private TimeSpan? _lastArrivalOnOpen;
    private TimeSpan _lastCount;

    /// <summary>Begins a record.</summary>
    /// <param name="quiet">How long it must be silent.</param>
    /// <param name="knowsProbes">Whether probes are told from traffic.</param>
    public TrafficRecord(QuietPeriod quiet, bool knowsProbes)
    {
        (_quiet, _knowsProbes) = (quiet, knowsProbes);
        _clients = new Clients(exchange =>
        {
            _last = Later(_last, exchange.Until);
            _history.Add(exchange.At);
        });
    }

    /// <summary>The last probe that was recognised: its address and period. Null when there was none yet.</summary>
    public (InternetAddress From, TimeSpan Period)? Probe { get; private set; }

    /// <summary>
    /// True when the open connections should be taken in at the next look: something comes on them, of which the kernel tells only what
    /// came last; or one may turn out to be a probe.
    /// </summary>
    /// <param name="now">The time.</param>
    public bool WantsOpen(TimeSpan now) => _lastUnsettled is not null || (_quiet.IsAuto && now - _lastArrivalOnOpen < Lively);

    /// <summary>Notes traffic of which nothing is known but that it was there.</summary>
    /// <param name="at">When.</param>
    public void AddTraffic(TimeSpan at)
    {
        _last = Later(_last, at);
        _history.Add(at);
    }

    /// <summary>Begins to take in all connections that are open.</summary>
    public void BeginOpen()
    {
        (_lastUnsettled, _lastArrivalOnOpen) = (null, null);
        _clients.BeginOpen();
    }

    /// <summary>Takes in a connection that is open.</summary>
    /// <param name="arrival">The connection.</param>
    /// <param name="now">The time of the look.</param>
    public void AddOpen(in Arrival arrival, TimeSpan now)
    {
        var moved = arrival.At > _lastCount;
        _clients.AddOpen(arrival.From, arrival.Segments, moved);
        if (!_knowsProbes || !arrival.IsSmall || now - arrival.At > ShortLife)
        {
            _last = Later(_last, arrival.Until);
            _lastArrivalOnOpen = Later(_lastArrivalOnOpen, arrival.At);
            _history.Add(arrival.At, moved ? 1 : 0);
        }
        else if (!_clients.IsProbe(arrival.From, arrival.At))
        {
            // What may still turn out to be a probe is judged again at the next look: by then it has ended, or stayed.
            _lastUnsettled = Later(_lastUnsettled, arrival.Until);
        }
    }

    /// <summary>Ends what <see cref="BeginOpen"/> began.</summary>
    /// <param name="now">The time of the look.</param>
    public void EndOpen(TimeSpan now)
    {
        var more = _clients.EndOpen(now);
        if (_lastArrivalOnOpen > _lastCount)
        {
            _history.Add(_lastArrivalOnOpen.Value, more);
        }

        _lastCount = now;
    }

    /// <summary>Takes in a connection that has ended.</summary>
    /// <param name="arrival">The connection.</param>
    /// <param name="now">The time of the look.</param>
    public void AddEnded(in Arrival arrival, TimeSpan now)
    {
        var habit = _clients.AddEnded(arrival.From, now);
        if (!_knowsProbes || !arrival.IsSmall)
        {
            _last = Later(_last, arrival.Until);
            _history.Add(arrival.At);
        }
        else if (habit.Add(new Exchange(arrival.At, arrival.Until)) is { } period)
        {
            Probe = (arrival.From, period);
        }
    }

    /// <summary>When there was traffic last, and how long it must be silent after it.</summary>
    /// <param name="now">The time.</param>
    public (TimeSpan? Last, TimeSpan Quiet) Judge(TimeSpan now)
    {
        _clients.MoveTo(now);
        _judged.CopyFrom(_history);
        var last = Later(Later(_last, _lastUnsettled), _clients.AddUnexplainedTo(_judged));
        return (last, _quiet.After(_judged.Rhythm()));
    }

    /// <summary>Who keeps the port busy, the busiest first.</summary>
    /// <param name="most">How many are asked for.</param>
    /// <param name="since">Who did not come since then is left out.</param>
    public BusyClient[] Busiest(int most, TimeSpan since) => _clients.Busiest(most, since);

    private static TimeSpan? Later(TimeSpan? one, TimeSpan? other) => one > other ? one : other ?? one;
}

/// <summary>What the kernel says of one connection that counts, at one look.</summary>
/// <param name="From">Its other end.</param>
/// <param name="At">When something last came on it, or when it opened if nothing did; counted from the start of the wait.</param>
/// <param name="Until">When it last counted against the quiet period: an answer does, too, or just that it exists.</param>
/// <param name="Segments">How many segments with data came on it.</param>
/// <param name="IsSmall">Whether it carried no more than one small exchange.</param>
internal readonly record struct Arrival(InternetAddress From, TimeSpan At, TimeSpan Until, uint Segments, bool IsSmall);
