namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// How much arrived in each look of a tenth of a second, for the last 102.4 s: nothing, once, twice or more often. Moments may be
/// noted in any order, so what turns out later to be traffic is put where it belongs.
/// </summary>
internal sealed class TrafficHistory
{
    /// <summary>The length of a look.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private const int Looks = 1024;
    private const int LooksInASecond = 10;
    private const byte Several = 3;

    private readonly byte[] _arrivals = new byte[Looks];
    private long _newest;

    /// <summary>Notes that something arrived.</summary>
    /// <param name="moment">When, counted from the start of the wait; what is before it, or too old, is left out.</param>
    /// <param name="times">How often; 0 when it was noted before, perhaps a look beside this one.</param>
    public void Add(TimeSpan moment, long times = 1)
    {
        var look = moment.Ticks / Look.Ticks;
        if (moment < TimeSpan.Zero || look <= _newest - Looks)
        {
            return;
        }

        for (; _newest < look; _newest++)
        {
            if (look - _newest > Looks)
            {
                _newest = look - Looks;
            }

            _arrivals[(_newest + 1) % Looks] = 0;
        }

        ref var arrivals = ref _arrivals[look % Looks];
        arrivals = (byte)Math.Clamp(arrivals + times, 1, Several);
    }

    /// <summary>Forgets everything and takes over another history.</summary>
    /// <param name="other">The other one.</param>
    public void CopyFrom(TrafficHistory other)
    {
        other._arrivals.CopyTo(_arrivals, 0);
        _newest = other._newest;
    }

    /// <summary>Sums up what is known.</summary>
    public Rhythm Rhythm()
    {
        var first = Math.Max(0, _newest + 1 - Looks);
        Span<int> looks = stackalloc int[Several + 1];
        looks.Clear();
        var seconds = 0;
        long last = first - 1, longest = 0, second = -1;
        for (var look = first; look <= _newest; look++)
        {
            var arrivals = _arrivals[look % Looks];
            if (arrivals > 0)
            {
                looks[arrivals]++;
                longest = Math.Max(longest, look - last);
                seconds += look / LooksInASecond == second ? 0 : 1;
                (last, second) = (look, look / LooksInASecond);
            }
        }

        var silent = (int)(last + 1 - first) - looks[1] - looks[2] - looks[Several];
        return new Rhythm(looks[1], looks[2], looks[Several], silent, seconds, longest * Look);
    }
}

/// <summary>How traffic came, up to its last moment: what silence is measured against.</summary>
/// <param name="Single">How many looks showed one arrival.</param>
/// <param name="Double">How many showed two.</param>
/// <param name="Several">How many showed more.</param>
/// <param name="Silent">How many showed none, from the start to the last that did.</param>
/// <param name="Seconds">In how many different seconds something arrived.</param>
/// <param name="LongestGap">The longest time between two arrivals; between the start and the first counts too.</param>
internal readonly record struct Rhythm(int Single, int Double, int Several, int Silent, int Seconds, TimeSpan LongestGap)
{
    /// <summary>How many looks showed that something arrived.</summary>
    public int Busy => Single + Double + Several;
}
