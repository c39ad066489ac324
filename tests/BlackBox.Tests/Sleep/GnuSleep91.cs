using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace BlackBox.Tests.Sleep;

/// <summary>
/// What coreutils 9.1, the oracle of this machine, makes of an operand: strtod to a double, times the unit in double, split into a
/// timespec whose nanoseconds are rounded up, and pause(2) from 2^63 seconds on. 9.8 differs: it rounds up throughout and refuses
/// negative numbers that underflow.
/// </summary>
internal static partial class GnuSleep91
{
    /// <summary>Its longest single request: gnulib's nanosleep takes 24 days at a time.</summary>
    public const long LongestRequest = 24 * 24 * 60 * 60;

    private const double TwoToThe63 = 9223372036854775808.0;

    /// <summary>The seconds as it computes them; null when it refuses the operand.</summary>
    public static double? Seconds(string operand)
    {
        var match = Number().Match(operand);
        if (!match.Success)
        {
            return null;
        }

        double number;
        if (match.Groups["inf"].Success)
        {
            number = double.PositiveInfinity;
        }
        else if (match.Groups["decimal"].Success)
        {
            number = double.Parse(match.Groups["decimal"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
        }
        else if (match.Groups["whole"].Length + match.Groups["fraction"].Length > 0)
        {
            number = FromHexadecimal(match.Groups["whole"].Value + match.Groups["fraction"].Value, match.Groups["fraction"].Length, match.Groups["power"].Value);
        }
        else
        {
            return null;
        }

        if (match.Groups["sign"].Value == "-" && number != 0)
        {
            return null;
        }

        return number * match.Groups["unit"].Value switch { "m" => 60, "h" => 60 * 60, "d" => 24 * 60 * 60, _ => 1 };
    }

    /// <summary>The length that it waits for, or null for ever.</summary>
    public static TimeSpecArgument? Length(double seconds)
    {
        if (seconds >= TwoToThe63)
        {
            return null;
        }

        var whole = (long)seconds;
        var fraction = 1e9 * (seconds - whole);
        var nanoseconds = (long)fraction;
        if (nanoseconds < fraction)
        {
            nanoseconds++;
        }

        return new(whole + (nanoseconds / 1_000_000_000), nanoseconds % 1_000_000_000);
    }

    private static double FromHexadecimal(string digits, int places, string power)
    {
        var mantissa = BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (mantissa.IsZero)
        {
            return 0;
        }

        var exponent = power.Length == 0 ? BigInteger.Zero : BigInteger.Parse(power, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        exponent -= 4 * places;

        // To 64 bits, the lowest of them sticky; the conversion from there rounds to nearest, once.
        var surplus = (int)mantissa.GetBitLength() - 64;
        if (surplus > 0)
        {
            var kept = mantissa >> surplus;
            mantissa = kept | ((kept << surplus) == mantissa ? 0 : 1);
            exponent += surplus;
        }

        return Math.ScaleB((double)(ulong)mantissa, (int)BigInteger.Clamp(exponent, -100_000, 100_000));
    }

    [GeneratedRegex("""
        ^[\ \t\n\v\f\r]* (?<sign>[+-]?)
        (?: (?<inf> (?i:inf(?:inity)?))
          | 0[xX] (?<whole>[0-9a-fA-F]*) (?:\. (?<fraction>[0-9a-fA-F]*))? (?:[pP] (?<power>[+-]?[0-9]+))?
          | (?<decimal> (?:[0-9]+\.?[0-9]* | \.[0-9]+) (?:[eE][+-]?[0-9]+)?))
        (?<unit>[smhd]?) \z
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
