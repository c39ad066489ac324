namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>How often something happens of late, as a smoothed interval.</summary>
internal struct Frequency
{
    private TimeSpan _interval;

    /// <summary>When it happened last.</summary>
    public TimeSpan Last { get; private set; }

    /// <summary>How often it happened in all.</summary>
    public long Count { get; private set; }

    /// <summary>Counts.</summary>
    /// <param name="count">How often it happened since the last call; 0 changes nothing.</param>
    /// <param name="at">The time, never before that of the last call.</param>
    public void Add(long count, TimeSpan at)
    {
        if (count == 0)
        {
            return;
        }

        if (Count > 0)
        {
            var interval = (at - Last) / count;
            _interval = _interval == TimeSpan.Zero ? interval : ((3 * _interval) + interval) / 4;
        }

        (Last, Count) = (at, Count + count);
    }

    /// <summary>The time from one to the next; null when it happened once or never.</summary>
    public readonly TimeSpan? Interval => Count < 2 ? null : _interval;
}
