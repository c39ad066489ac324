using System.Numerics;

namespace Prestop.Core.Tests.Durations;

/// <summary>A duration in plain rational arithmetic: slow, and easy to believe.</summary>
internal readonly record struct ExactValue(BigInteger Nanoseconds, bool IsForever)
{
    private static BigInteger Billion { get; } = 1_000_000_000;

    /// <summary>digits × radix^(-places) × exponentBase^exponent × unit, rounded up to the nanosecond.</summary>
    public static ExactValue Of(string digits, int radix, int places, int exponentBase, int exponent, long unitNanoseconds)
    {
        var numerator = digits.Aggregate(BigInteger.Zero, (sum, digit) => (sum * radix) + Convert.ToInt32(digit.ToString(), 16)) * unitNanoseconds;
        var denominator = BigInteger.Pow(radix, places);
        if (exponent >= 0)
        {
            numerator *= BigInteger.Pow(exponentBase, exponent);
        }
        else
        {
            denominator *= BigInteger.Pow(exponentBase, -exponent);
        }

        return Of((numerator + denominator - 1) / denominator);
    }

    public static ExactValue operator +(ExactValue left, ExactValue right) =>
        left.IsForever || right.IsForever ? new(0, true) : Of(left.Nanoseconds + right.Nanoseconds);

    public bool Is(Duration duration) => IsForever
        ? duration.IsForever
        : !duration.IsForever && (duration.WholeSeconds * Billion) + duration.Nanoseconds == Nanoseconds;

    private static ExactValue Of(BigInteger nanoseconds) => nanoseconds / Billion > long.MaxValue ? new(0, true) : new(nanoseconds, false);
}
