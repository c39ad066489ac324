namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// Tells probes from clients among the short connections of one address: each carried at most one small exchange. Three at
/// even intervals are a probe, and so is what goes on in step with them; up to four probes may come from one address. All else is
/// traffic, and so is a probe that has stopped: the kubelet goes on probing readiness while a pod ends, a balancer does not go on.
/// </summary>
/// <param name="traffic">Takes what is traffic for certain.</param>
internal sealed class ProbeHabit(Action<TimeSpan> traffic)
{
    private const int MaxProbes = 4;
    private const int MaxUnexplained = 10;

    // As many as three other probes bring in two periods.
    private const int MaxBetween = 6;

    private static readonly TimeSpan LeastTolerance = TimeSpan.FromMilliseconds(150);

    // periodSeconds is a whole number in Kubernetes.
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(800);

    private readonly Probe[] _probes = new Probe[MaxProbes];
    private readonly TimeSpan[] _unexplained = new TimeSpan[MaxUnexplained];
    private int _probeCount;
    private int _unexplainedCount;

    /// <summary>The moments that no probe explains, in order of time; they count as traffic for as long as that is so.</summary>
    public ReadOnlySpan<TimeSpan> Unexplained => _unexplained.AsSpan(0, _unexplainedCount);

    /// <summary>Whether there is a probe.</summary>
    public bool IsKnown => _probeCount > 0;

    /// <summary>Notes a short connection.</summary>
    /// <param name="moment">When its request came, or when it opened if none did.</param>
    /// <returns>The period of a probe that was recognised by it, else null.</returns>
    public TimeSpan? Add(TimeSpan moment)
    {
        GiveUpStopped(moment);
        if (TryContinue(moment))
        {
            return null;
        }

        var isTooDense = _unexplainedCount < 2 || moment - _unexplained[0] < 2 * ShortestPeriod;
        if (_probeCount < MaxProbes && !isTooDense && TryRecognise(moment, out var period))
        {
            return period;
        }

        AddUnexplained(moment);
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
        foreach (var moment in Unexplained)
        {
            traffic(moment);
        }

        _unexplainedCount = 0;
    }

    private static TimeSpan Tolerance(TimeSpan period) => period * 0.15 is var share && share > LeastTolerance ? share : LeastTolerance;

    private bool TryContinue(TimeSpan moment)
    {
        var best = -1;
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < _probeCount; i++)
        {
            var ticks = _probes[i].TicksUntil(moment);
            var error = _probes[i].ErrorAt(moment, ticks).Duration();
            (best, least) = ticks > 0 && error < least ? (i, error) : (best, least);
        }

        if (best >= 0)
        {
            _probes[best].Continue(moment, _probes[best].TicksUntil(moment));
        }

        return best >= 0;
    }

    /// <summary>
    /// Looks for two connections that a third makes a probe. With nothing else between, even is what differs by less than the
    /// tolerance; among other probes only what is even to 150 ms, or nearly everything would be.
    /// </summary>
    private bool TryRecognise(TimeSpan third, out TimeSpan period)
    {
        var least = TimeSpan.MaxValue;
        int first = -1, second = -1;
        for (var j = _unexplainedCount - 1; j > 0; j--)
        {
            for (var i = j - 1; i >= 0 && _unexplainedCount - 2 - i <= MaxBetween; i--)
            {
                var (before, after) = (_unexplained[j] - _unexplained[i], third - _unexplained[j]);
                var difference = (before - after).Duration();
                var allowed = i == _unexplainedCount - 2 ? Tolerance((before + after) / 2) : LeastTolerance;
                if (before >= ShortestPeriod && after >= ShortestPeriod && difference <= allowed && difference < least)
                {
                    (least, first, second) = (difference, i, j);
                }
            }
        }

        period = first < 0 ? default : (third - _unexplained[first]) / 2;
        if (first < 0)
        {
            return false;
        }

        _probes[_probeCount++] = new Probe(_unexplained[first], _unexplained[second], third);
        Remove(second);
        Remove(first);
        return true;
    }

    private void AddUnexplained(TimeSpan moment)
    {
        if (_unexplainedCount == MaxUnexplained)
        {
            traffic(_unexplained[0]);
            Remove(0);
        }

        // What was answered late ends late: nearly in order, not quite.
        var at = _unexplainedCount++;
        for (; at > 0 && _unexplained[at - 1] > moment; at--)
        {
            _unexplained[at] = _unexplained[at - 1];
        }

        _unexplained[at] = moment;
    }

    private void Remove(int index)
    {
        Array.Copy(_unexplained, index + 1, _unexplained, index, _unexplainedCount - index - 1);
        _unexplainedCount--;
    }

    /// <summary>
    /// One probe. The kubelet's ticker does not drift, a single check may be late: the ticks are followed, not the last interval.
    /// </summary>
    private struct Probe(TimeSpan first, TimeSpan second, TimeSpan third)
    {
        private TimeSpan _tick = third;
        private int _older;

        public TimeSpan Period { get; private set; } = (third - first) / 2;

        /// <summary>The last three connections, the first first.</summary>
        public (TimeSpan First, TimeSpan Second, TimeSpan Third) Last { get; private set; } = (first, second, third);

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

        public void Continue(TimeSpan moment, int ticks)
        {
            var error = ErrorAt(moment, ticks);
            _tick += (ticks * Period) + (error / 2);
            Period += error / (8 * ticks);
            Last = (Last.Second, Last.Third, moment);
            _older++;
        }

        /// <summary>Tells the connections before the last three; the moments of those longest ago are not kept, only how many.</summary>
        public readonly void TellOlder(Action<TimeSpan> traffic)
        {
            for (var i = 1; i <= _older; i++)
            {
                traffic(Last.First - (i * Period));
            }
        }
    }
}
