namespace Prestopd.Sidecar;

/// <summary>
/// Counts the hits of about the last interval: a hit counts for 0.95 to 1 interval, exactly one when it came into an empty window.
/// </summary>
/// <remarks>A ring of 20 slots that is moved on when somebody looks: constant memory, and no timer.</remarks>
internal sealed class RateWindow
{
    private const int Slots = 20;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long[] _slots = new long[Slots];

    private long _origin;
    private long _slot;
    private long _total;
    private long _last;
    private bool _any;

    /// <param name="interval">100 ms to 24 h.</param>
    /// <param name="time">The clock.</param>
    public RateWindow(TimeSpan interval, TimeProvider time)
    {
        _time = time;
        _interval = (long)((Int128)interval.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);
    }

    /// <summary>The hits in the window now.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                MoveTo(_time.GetTimestamp());
                return _total;
            }
        }
    }

    /// <summary>Counts a hit.</summary>
    public Hit Add()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            MoveTo(now);
            if (_total == 0)
            {
                (_origin, _slot) = (now, 0);
            }

            _slots[_slot % Slots]++;
            _total++;
            var gap = _any ? _time.GetElapsedTime(_last, now) : TimeSpan.MaxValue;
            (_last, _any) = (now, true);
            return new Hit(_total, gap);
        }
    }

    private void MoveTo(long now)
    {
        if (_total == 0)
        {
            return;
        }

        // 20 times the nanoseconds since the origin fits a long for 14 years without a quiet interval.
        var slot = (now - _origin) * Slots / _interval;
        if (slot - _slot >= Slots)
        {
            Array.Clear(_slots);
            _total = 0;
        }

        for (; _slot < slot && _total > 0; _slot++)
        {
            ref var oldest = ref _slots[(_slot + 1) % Slots];
            _total -= oldest;
            oldest = 0;
        }
    }
}

/// <summary>What a hit found.</summary>
/// <param name="InWindow">The hits in the window, itself included.</param>
/// <param name="SinceLast">The time since the hit before it; <see cref="TimeSpan.MaxValue"/> for the first one.</param>
internal readonly record struct Hit(long InWindow, TimeSpan SinceLast);
