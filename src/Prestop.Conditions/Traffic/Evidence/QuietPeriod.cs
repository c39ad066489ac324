namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// How long it must be silent: always the same time, or as long as the traffic that was seen makes it evidence.
/// </summary>
/// <remarks>
/// <para>Silence proves that the balancer has stopped only against a rhythm that was seen, and only when traffic as it was would hardly
/// ever pause for so long. The figures are those of <c>./build.sh bench evidence</c>, which tries them on arrivals of many kinds:</para>
/// <list type="bullet">
/// <item><description><i>Dense</i>: a look with one arrival counts 1, with two 3, with more 4, one without takes 5 away; 48 in all. It
/// tells 20 arrivals a second from the 10 of a long burst, as Wald's sequential test does. The weights let many a second be known
/// after 1.2 s, since balancers stop within two, and 20 a second within 5 s. The time before the first arrival counts as silence,
/// against bursts that begin in the wait. Two seconds are then 40 arrivals that did not come; where, for 1.6 s or more, four looks in five show
/// three or more, 1.2 s are 40 as well. Less would take a packet that is sent again after a second (RFC 6298) for the end.</description></item>
/// <item><description><i>A rhythm</i>: 20 looks with arrivals in 5 different seconds, which one burst cannot fill. A gap ten times the
/// longest of 20 comes once in 30 million times where arrivals are independent: 1 / C(20 + 10, 10).</description></item>
/// <item><description><i>Dense for too short a time</i>: two thirds of the time below, for a busy pod whose balancer stops within two
/// seconds.</description></item>
/// <item><description><i>Too little to tell</i>: a time that outlasts what balancers usually take.</description></item>
/// </list>
/// </remarks>
internal sealed class QuietPeriod
{
    /// <summary>What <c>--quiet-unseen</c> is when it is not given.</summary>
    public static readonly TimeSpan DefaultUnseen = TimeSpan.FromSeconds(15);

    /// <summary>A port that has been quiet for so long is done when <c>--max</c> ends the wait.</summary>
    public static readonly TimeSpan EnoughAtMax = TimeSpan.FromSeconds(5);

    /// <summary>No traffic makes less silence evidence.</summary>
    internal static readonly TimeSpan ShortestDensest = TimeSpan.FromSeconds(1.2);

    private static readonly TimeSpan ShortestDense = TimeSpan.FromSeconds(2);

    private const int DensestLooks = 16;

    private static readonly TimeSpan SoonestDense = ((DensestLooks - 1) * TrafficHistory.Look) + ShortestDensest;

    private static readonly TimeSpan ShortestRhythm = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _longest;

    private QuietPeriod(TimeSpan longest, bool isAuto) => (_longest, IsAuto) = (longest, isAuto);

    /// <summary>Whether it depends on what was seen.</summary>
    public bool IsAuto { get; }

    /// <summary>The shortest time in which a wait can be over.</summary>
    public TimeSpan Shortest => !IsAuto || _longest < SoonestDense ? _longest : SoonestDense;

    /// <summary>A period that is always the same.</summary>
    /// <param name="length">How long.</param>
    public static QuietPeriod Fixed(TimeSpan length) => new(length, isAuto: false);

    /// <summary>A period that depends on what was seen.</summary>
    /// <param name="unseen">How long where that is too little to tell; it is never longer than this.</param>
    public static QuietPeriod Auto(TimeSpan unseen) => new(unseen, isAuto: true);

    /// <summary>How long it must be silent after such traffic.</summary>
    /// <param name="rhythm">What was seen.</param>
    public TimeSpan After(in Rhythm rhythm)
    {
        if (!IsAuto)
        {
            return _longest;
        }

        var needed = rhythm.Single + (3 * rhythm.Double) + (4 * rhythm.Several) - (5 * rhythm.Silent) >= 48
                ? AtLeast(IsDensest(rhythm) ? ShortestDensest : ShortestDense, 4 * rhythm.LongestGap)
            : rhythm.Busy >= 20 && rhythm.Seconds >= 5 ? AtLeast(ShortestRhythm, 10 * rhythm.LongestGap)
            : rhythm.Busy >= 10 && rhythm.Busy >= rhythm.Silent ? _longest * 2 / 3
            : _longest;
        return needed < _longest ? needed : _longest;
    }

    private static bool IsDensest(in Rhythm rhythm) =>
        rhythm.Several >= DensestLooks && rhythm.Several >= 4 * (rhythm.Busy - rhythm.Several + rhythm.Silent);

    private static TimeSpan AtLeast(TimeSpan least, TimeSpan span) => span > least ? span : least;
}

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
