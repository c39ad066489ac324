using System.Numerics;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// In which looks of a tenth of a second something arrived: one bit each, for the last 102.4 s. Moments may be noted in any
/// order, so what turns out later to be traffic is put where it belongs.
/// </summary>
internal sealed class TrafficHistory
{
    /// <summary>The length of a look.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private const int Looks = 1024;
    private const int LooksInASecond = 10;
    private const int BitsInAWord = 64;

    private readonly ulong[] _words = new ulong[Looks / BitsInAWord];
    private long _newest;

    /// <summary>Notes that something arrived.</summary>
    /// <param name="moment">When, counted from the start of the wait; what is before it, or too old, is left out.</param>
    public void Add(TimeSpan moment)
    {
        var look = LookAt(moment);
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

            _words[WordOf(_newest + 1)] &= ~BitOf(_newest + 1);
        }

        _words[WordOf(look)] |= BitOf(look);
    }

    /// <summary>Forgets everything and takes over another history.</summary>
    /// <param name="other">The other one.</param>
    public void CopyFrom(TrafficHistory other)
    {
        other._words.CopyTo(_words, 0);
        _newest = other._newest;
    }

    /// <summary>Sums up what is known.</summary>
    public Rhythm Rhythm()
    {
        var first = Math.Max(0, _newest + 1 - Looks);
        int busy = 0, seconds = 0;
        long last = first - 1, longest = 0, second = -1;
        for (var look = first; look <= _newest;)
        {
            // The rest of a word at once: after a pause most of them are empty.
            var rest = _words[WordOf(look)] >> (int)(look % BitsInAWord);
            var skipped = BitOperations.TrailingZeroCount(rest);
            if (skipped == BitsInAWord)
            {
                look += BitsInAWord - (look % BitsInAWord);
                continue;
            }

            look += skipped;
            if (look > _newest)
            {
                break;
            }

            busy++;
            longest = Math.Max(longest, look - last);
            seconds += look / LooksInASecond == second ? 0 : 1;
            (last, second) = (look, look / LooksInASecond);
            look++;
        }

        return new Rhythm(busy, (int)(last + 1 - first) - busy, seconds, longest * Look);
    }

    private static long LookAt(TimeSpan moment) => moment.Ticks / Look.Ticks;

    private static int WordOf(long look) => (int)(look % Looks / BitsInAWord);

    private static ulong BitOf(long look) => 1UL << (int)(look % BitsInAWord);
}
