namespace Prestop.Core;

/// <summary>
/// A length of time as users write it: exact whole seconds and nanoseconds, or for ever. Never negative.
/// </summary>
/// <remarks>
/// This file is also compiled into the freestanding <c>sleep</c>, which has no runtime: it uses integers and pointers, nothing else.
/// What needs strings is in <c>Duration.Text.cs</c>.
/// </remarks>
public readonly partial struct Duration
{
    private const uint NanosecondsPerSecond = 1_000_000_000;

    private readonly long _seconds;
    private readonly uint _nanoseconds;

    private Duration(long seconds, uint nanoseconds)
    {
        _seconds = seconds;
        _nanoseconds = nanoseconds;
    }

    /// <summary>No time at all. The default value.</summary>
    public static Duration Zero => default;

    /// <summary>Longer than every other duration; what overflows becomes this.</summary>
    public static Duration Forever => new(long.MaxValue, NanosecondsPerSecond);

    /// <summary>Whether this is <see cref="Forever"/>.</summary>
    public bool IsForever => _nanoseconds == NanosecondsPerSecond;

    /// <summary>The whole seconds, 0 to <see cref="long.MaxValue"/>; that maximum when <see cref="IsForever"/>.</summary>
    public long WholeSeconds => _seconds;

    /// <summary>The rest in nanoseconds, 0 to 999,999,999; that maximum when <see cref="IsForever"/>.</summary>
    public uint Nanoseconds => IsForever ? NanosecondsPerSecond - 1 : _nanoseconds;

    /// <summary>The sum; <see cref="Forever"/> when it exceeds <see cref="long.MaxValue"/> seconds.</summary>
    public static Duration operator +(Duration left, Duration right) =>
        left.IsForever || right.IsForever
            ? Forever
            : Normalized((ulong)left._seconds + (ulong)right._seconds, left._nanoseconds + right._nanoseconds);

    private static Duration Normalized(ulong seconds, ulong nanoseconds)
    {
        seconds += nanoseconds / NanosecondsPerSecond;
        return seconds > long.MaxValue ? Forever : new((long)seconds, (uint)(nanoseconds % NanosecondsPerSecond));
    }

    /// <summary>
    /// Reads a whole text: the form of GNU <c>sleep</c>, else <c>1h30m</c>, else ISO 8601 (<c>PT1H30M</c>). Fractions are rounded up to
    /// the nanosecond, in each part of a compound form, so that nothing ends early and a positive value is never zero.
    /// </summary>
    /// <param name="text">UTF-8, not necessarily terminated.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="value">The duration, or <see cref="Zero"/> when the text is not one.</param>
    internal static unsafe bool TryParse(byte* text, nuint length, out Duration value)
    {
        var end = text + length;
        if (TryParseGnu(text, end, out value) || TryParseCompound(text, end, out value) || TryParseIso(text, end, out value))
        {
            return true;
        }

        value = default;
        return false;
    }

    // C's strtod in the C locale, then at most one of s m h d: coreutils, "sleep invocation" and "Floating point numbers".
    private static unsafe bool TryParseGnu(byte* at, byte* end, out Duration value)
    {
        value = default;
        while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
        {
            at++;
        }

        var negative = at < end && *at == '-';
        if (negative || (at < end && *at == '+'))
        {
            at++;
        }

        Numeral number = default;
        var infinite = TrySkip(ref at, end, "infinity"u8, foldCase: true) || TrySkip(ref at, end, "inf"u8, foldCase: true);
        if (!infinite)
        {
            if (!Numeral.TryReadHexadecimal(ref at, end, out number) && !Numeral.TryReadDecimal(ref at, end, out number))
            {
                return false;
            }

            number.ReadExponent(ref at, end);
        }

        uint unitSeconds = 1;
        if (at < end && !TryReadUnitOfSeconds(ref at, out unitSeconds))
        {
            return false;
        }

        if (at != end || (negative && (infinite || !number.IsZero)))
        {
            return false;
        }

        value = infinite ? Forever : number.Times(unitSeconds);
        return true;
    }

    // One or more "number unit": Go's time.ParseDuration, with days and without a sign.
    private static unsafe bool TryParseCompound(byte* at, byte* end, out Duration value)
    {
        value = default;
        do
        {
            if (!Numeral.TryReadStrictDecimal(ref at, end, out var number) || !TryReadUnit(ref at, end, ref number, out var unitSeconds))
            {
                return false;
            }

            value += number.Times(unitSeconds);
        }
        while (at < end);
        return true;
    }

    // P[nD][T[nH][nM][nS]], at least one part, each at most once and in this order; only the last may have a fraction (ISO 8601-1, 5.5.2.3).
    private static unsafe bool TryParseIso(byte* at, byte* end, out Duration value)
    {
        value = default;
        if (at == end || *at++ != 'P')
        {
            return false;
        }

        var inTime = false;
        var previous = uint.MaxValue;
        do
        {
            if (!inTime && at < end && *at == 'T')
            {
                inTime = true;
                at++;
            }

            if (!Numeral.TryReadStrictDecimal(ref at, end, out var number) || at == end)
            {
                return false;
            }

            uint unitSeconds = *at switch
            {
                (byte)'D' when !inTime => 86_400,
                (byte)'H' when inTime => 3_600,
                (byte)'M' when inTime => 60,
                (byte)'S' when inTime => 1,
                _ => uint.MaxValue,
            };
            at++;
            if (unitSeconds >= previous || (number.HasFraction && at < end))
            {
                return false;
            }

            previous = unitSeconds;
            value += number.Times(unitSeconds);
        }
        while (at < end);
        return true;
    }

    // A sub-second unit is the second with a smaller decimal exponent, which stays exact however large the number is.
    private static unsafe bool TryReadUnit(ref byte* at, byte* end, ref Numeral number, out uint unitSeconds)
    {
        unitSeconds = 1;
        if (TrySkip(ref at, end, "ns"u8))
        {
            number.Scale(-9);
        }
        else if (TrySkip(ref at, end, "us"u8) || TrySkip(ref at, end, "\u00B5s"u8) || TrySkip(ref at, end, "\u03BCs"u8))
        {
            number.Scale(-6);
        }
        else if (TrySkip(ref at, end, "ms"u8))
        {
            number.Scale(-3);
        }
        else
        {
            return at < end && TryReadUnitOfSeconds(ref at, out unitSeconds);
        }

        return true;
    }

    private static unsafe bool TryReadUnitOfSeconds(ref byte* at, out uint unitSeconds)
    {
        unitSeconds = *at switch
        {
            (byte)'s' => 1,
            (byte)'m' => 60,
            (byte)'h' => 3_600,
            (byte)'d' => 86_400,
            _ => 0,
        };
        at++;
        return unitSeconds != 0;
    }

    private static unsafe bool TrySkip(ref byte* at, byte* end, ReadOnlySpan<byte> word, bool foldCase = false)
    {
        if (end - at < word.Length)
        {
            return false;
        }

        for (var i = 0; i < word.Length; i++)
        {
            if ((foldCase ? at[i] | 0x20 : at[i]) != word[i])
            {
                return false;
            }
        }

        at += word.Length;
        return true;
    }

    /// <summary>An unsigned number as it stands in the text: digits, at most one point among them, and the exponent behind them.</summary>
    private unsafe struct Numeral
    {
        // Beyond what any text's digits could balance, and far from overflowing when positions are added.
        private const long LargestExponent = 1L << 56;

        private byte* _digits;
        private long _whole;
        private long _fraction;
        private long _exponent;
        private bool _hexadecimal;

        public readonly bool HasFraction => _fraction != 0;

        public readonly bool IsZero
        {
            get
            {
                for (long i = 0; i < _whole + _fraction; i++)
                {
                    if (Digit(i) != 0)
                    {
                        return false;
                    }
                }

                return true;
            }
        }

        public static bool TryReadDecimal(ref byte* at, byte* end, out Numeral number) => TryReadDigits(ref at, end, false, out number);

        // "5." and "5.m" are numbers to C only.
        public static bool TryReadStrictDecimal(ref byte* at, byte* end, out Numeral number) =>
            TryReadDigits(ref at, end, false, out number) && at[-1] != '.';

        public static bool TryReadHexadecimal(ref byte* at, byte* end, out Numeral number)
        {
            number = default;
            if (end - at < 2 || at[0] != '0' || (at[1] | 0x20) != 'x')
            {
                return false;
            }

            var digits = at + 2;
            if (!TryReadDigits(ref digits, end, true, out number))
            {
                return false;
            }

            at = digits;
            return true;
        }

        public void ReadExponent(ref byte* at, byte* end)
        {
            var next = at;
            if (next == end || (*next++ | 0x20) != (_hexadecimal ? 'p' : 'e'))
            {
                return;
            }

            var negative = next < end && *next == '-';
            if (negative || (next < end && *next == '+'))
            {
                next++;
            }

            if (next == end || !IsDigit(*next, false))
            {
                return;
            }

            long exponent = 0;
            for (; next < end && IsDigit(*next, false); next++)
            {
                if (exponent < LargestExponent)
                {
                    exponent = (exponent * 10) + (*next - '0');
                }
            }

            _exponent = negative ? -exponent : exponent;
            at = next;
        }

        public void Scale(long powerOfTen) => _exponent += powerOfTen;

        /// <summary>This many units, rounded up to the nanosecond.</summary>
        public readonly Duration Times(uint unitSeconds)
        {
            // Places are decimal digits or bits, so that both bases have an exponent of their own base.
            var places = (_whole + _fraction) * PlacesOfDigit;
            var point = (_whole * PlacesOfDigit) + _exponent;

            ulong units = 0;
            for (long i = 0; i < point && (i < places || units != 0); i++)
            {
                var place = i < places ? Place(i) : 0;
                if (units > (long.MaxValue - place) / Base)
                {
                    return Forever;
                }

                units = (units * Base) + place;
            }

            if (units > (ulong)long.MaxValue / unitSeconds)
            {
                return Forever;
            }

            // Horner's rule from the last place: dropping each remainder is exact, because floors of integer quotients nest.
            var scale = (ulong)unitSeconds * NanosecondsPerSecond;
            ulong nanoseconds = 0;
            var inexact = false;
            for (var i = places - 1; i >= point && (i >= 0 || nanoseconds != 0); i--)
            {
                nanoseconds += (i >= 0 ? Place(i) : 0) * scale;
                inexact |= nanoseconds % Base != 0;
                nanoseconds /= Base;
            }

            return Normalized(units * unitSeconds, nanoseconds + (inexact ? 1u : 0u));
        }

        private readonly int PlacesOfDigit => _hexadecimal ? 4 : 1;

        private readonly ulong Base => _hexadecimal ? 2u : 10u;

        private readonly ulong Place(long i) =>
            _hexadecimal ? (Digit(i >> 2) >> (3 - ((int)i & 3))) & 1 : Digit(i);

        private readonly uint Digit(long i)
        {
            uint symbol = _digits[i < _whole ? i : i + 1];
            return symbol <= '9' ? symbol - '0' : (symbol | 0x20) - 'a' + 10;
        }

        private static bool TryReadDigits(ref byte* at, byte* end, bool hexadecimal, out Numeral number)
        {
            number = default;
            number._digits = at;
            number._hexadecimal = hexadecimal;
            var next = at;
            number._whole = SkipDigits(ref next, end, hexadecimal);
            if (next < end && *next == '.')
            {
                next++;
                number._fraction = SkipDigits(ref next, end, hexadecimal);
            }

            if (number._whole + number._fraction == 0)
            {
                return false;
            }

            at = next;
            return true;
        }

        private static long SkipDigits(ref byte* at, byte* end, bool hexadecimal)
        {
            var start = at;
            while (at < end && IsDigit(*at, hexadecimal))
            {
                at++;
            }

            return at - start;
        }

        private static bool IsDigit(byte symbol, bool hexadecimal) =>
            (uint)(symbol - '0') <= 9 || (hexadecimal && (uint)((symbol | 0x20) - 'a') <= 5);
    }
}
