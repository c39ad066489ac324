namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// Tells probes from clients among the short connections of one address: each carried at most one small exchange. Three at
/// even intervals are a probe, and so is what goes on in step with them; up to four probes may come from one address. All else is
/// traffic, and so is a probe that has stopped: the kubelet goes on probing readiness while a pod ends, a balancer does not go on.
/// </summary>
/// <param name="traffic">Takes what is traffic for certain.</param>
internal sealed class ProbeHabit(Action<Exchange> traffic)
{
    private const int MaxProbes = 4;
    private const int MaxUnexplained = 10;

    // As many as three other probes bring in two periods.
    private const int MaxBetween = 6;

    // Two probes each second, a little late or early. A client that comes every 0.3 s would else be three probes, one each 0.9 s.
    private const double MostASecond = 2.2;

    private static readonly TimeSpan LeastTolerance = TimeSpan.FromMilliseconds(150);

    // periodSeconds is a whole number in Kubernetes.
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(800);

    private readonly Probe[] _probes = new Probe[MaxProbes];
    private readonly Exchange[] _unexplained = new Exchange[MaxUnexplained];
    private int _probeCount;
    private int _unexplainedCount;

    /// <summary>Those that no probe explains, in order of time; they count as traffic for as long as that is so.</summary>
    public ReadOnlySpan<Exchange> Unexplained => _unexplained.AsSpan(0, _unexplainedCount);

    /// <summary>Whether there is a probe.</summary>
    public bool IsKnown => _probeCount > 0;

    /// <summary>Notes a short connection.</summary>
    /// <param name="exchange">What it carried.</param>
    /// <returns>The period of a probe that was recognised by it, else null.</returns>
    public TimeSpan? Add(in Exchange exchange)
    {
        GiveUpStopped(exchange.At);
        if (TryContinue(exchange))
        {
            return null;
        }

        var isTooDense = _unexplainedCount < 2 || exchange.At - _unexplained[0].At < 2 * ShortestPeriod;
        if (_probeCount < MaxProbes && !isTooDense && TryRecognise(exchange, out var period))
        {
            return period;
        }

        AddUnexplained(exchange);
        return null;
    }

    /// <summary>True when a connection of that moment, still open, is what a known probe has to look like.</summary>
    /// <param name="moment">When its request came, or when it opened if none did.</param>
    public bool Expects(TimeSpan moment)
    {
        for (var i = 0; i < _probeCount; i++)
        {
            if (_probes[i].TicksUntil(moment) is not 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives up the probes that have missed two ticks: they were clients, from their first connection on.</summary>
    /// <param name="now">The time.</param>
    public void GiveUpStopped(TimeSpan now)
    {
        for (var i = _probeCount - 1; i >= 0; i--)
        {
            if (now > _probes[i].LatestNext)
            {
                var probe = _probes[i];
                _probes[i] = _probes[--_probeCount];
                probe.TellOlder(traffic);

                // Among several probes the wrong three may have been taken for one: the next to come shows which were right.
                AddUnexplained(probe.Last.First);
                AddUnexplained(probe.Last.Second);
                AddUnexplained(probe.Last.Third);
            }
        }
    }

    /// <summary>Forgets everything: all was traffic.</summary>
    public void GiveUp()
    {
        GiveUpStopped(TimeSpan.MaxValue);
        foreach (var exchange in Unexplained)
        {
            traffic(exchange);
        }

        _unexplainedCount = 0;
    }

    private static TimeSpan Tolerance(TimeSpan period) => period * 0.15 is var share && share > LeastTolerance ? share : LeastTolerance;

    private bool TryContinue(in Exchange exchange)
    {
        var best = -1;
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < _probeCount; i++)
        {
            var ticks = _probes[i].TicksUntil(exchange.At);
            var error = _probes[i].ErrorAt(exchange.At, ticks).Duration();
            (best, least) = ticks > 0 && error < least ? (i, error) : (best, least);
        }

        if (best >= 0)
        {
            _probes[best].Continue(exchange, _probes[best].TicksUntil(exchange.At));
        }

        return best >= 0;
    }

    /// <summary>
    /// Looks for two connections that a third makes a probe. With nothing else between, even is what differs by less than the
    /// tolerance; among other probes only what is even to 150 ms, or nearly everything would be.
    /// </summary>
    private bool TryRecognise(in Exchange third, out TimeSpan period)
    {
        var least = TimeSpan.MaxValue;
        int first = -1, second = -1;
        for (var j = _unexplainedCount - 1; j > 0; j--)
        {
            for (var i = j - 1; i >= 0 && _unexplainedCount - 2 - i <= MaxBetween; i--)
            {
                var isTooOften = _unexplainedCount - i > MostASecond * (third.At - _unexplained[i].At).TotalSeconds;
                var (before, after) = (_unexplained[j].At - _unexplained[i].At, third.At - _unexplained[j].At);
                var difference = (before - after).Duration();
                var allowed = i == _unexplainedCount - 2 ? Tolerance((before + after) / 2) : LeastTolerance;
                if (!isTooOften && before >= ShortestPeriod && after >= ShortestPeriod && difference <= allowed && difference < least)
                {
                    (least, first, second) = (difference, i, j);
                }
            }
        }

        period = first < 0 ? default : (third.At - _unexplained[first].At) / 2;
        if (first < 0)
        {
            return false;
        }

        _probes[_probeCount++] = new Probe(_unexplained[first], _unexplained[second], third);
        Remove(second);
        Remove(first);
        return true;
    }

    private void AddUnexplained(in Exchange exchange)
    {
        if (_unexplainedCount == MaxUnexplained)
        {
            traffic(_unexplained[0]);
            Remove(0);
        }

        // What was answered late ends late: nearly in order, not quite.
        var at = _unexplainedCount++;
        for (; at > 0 && _unexplained[at - 1].At > exchange.At; at--)
        {
            _unexplained[at] = _unexplained[at - 1];
        }

        _unexplained[at] = exchange;
    }

    private void Remove(int index)
    {
        Array.Copy(_unexplained, index + 1, _unexplained, index, _unexplainedCount - index - 1);
        _unexplainedCount--;
    }

    /// <summary>
    /// One probe. The kubelet's ticker does not drift, a single check may be late: the ticks are followed, not the last interval.
    /// </summary>
    private struct Probe(Exchange first, Exchange second, Exchange third)
    {
        private TimeSpan _tick = third.At;
        private int _older;

        public TimeSpan Period { get; private set; } = (third.At - first.At) / 2;

        /// <summary>The last three connections, the first first.</summary>
        public (Exchange First, Exchange Second, Exchange Third) Last { get; private set; } = (first, second, third);

        /// <summary>When the next connection must have come, one missed tick included.</summary>
        public readonly TimeSpan LatestNext => _tick + (2 * Period) + Tolerance(Period);

        /// <summary>1 when a moment is that of the next tick, 2 of the one after that, 0 of neither.</summary>
        public readonly int TicksUntil(TimeSpan moment)
        {
            for (var ticks = 1; ticks <= 2; ticks++)
            {
                if (ErrorAt(moment, ticks).Duration() <= Tolerance(Period))
                {
                    return ticks;
                }
            }

            return 0;
        }

        /// <summary>How far a moment is from a tick.</summary>
        public readonly TimeSpan ErrorAt(TimeSpan moment, int ticks) => moment - _tick - (ticks * Period);

        public void Continue(in Exchange exchange, int ticks)
        {
            var error = ErrorAt(exchange.At, ticks);
            _tick += (ticks * Period) + (error / 2);
            Period += error / (8 * ticks);
            Last = (Last.Second, Last.Third, exchange);
            _older++;
        }

        /// <summary>Tells the connections before the last three, of which only the number is kept.</summary>
        public readonly void TellOlder(Action<Exchange> traffic)
        {
            for (var i = 1; i <= _older; i++)
            {
                var at = Last.First.At - (i * Period);
                traffic(new Exchange(at, at));
            }
        }
    }
}

/// <summary>What a short connection carried.</summary>
/// <param name="At">When its request came, or when it opened if none did; counted from the start of the wait.</param>
/// <param name="Until">When it last counted against the quiet period: its answer may have come later.</param>
internal readonly record struct Exchange(TimeSpan At, TimeSpan Until);
