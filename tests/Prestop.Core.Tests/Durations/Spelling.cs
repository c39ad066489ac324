using FsCheck;
using FsCheck.Fluent;

namespace Prestop.Core.Tests.Durations;

/// <summary>A text together with what it means.</summary>
internal sealed record Spelling(string Text, ExactValue Value)
{
    private const long Second = 1_000_000_000;

    private static (string Unit, long Nanoseconds)[] Suffixes { get; } =
        [("", Second), ("s", Second), ("m", 60 * Second), ("h", 3_600 * Second), ("d", 86_400 * Second)];

    private static (string Unit, long Nanoseconds)[] CompoundUnits { get; } =
        [.. Suffixes[1..], ("ms", 1_000_000), ("us", 1_000), ("\u00B5s", 1_000), ("\u03BCs", 1_000), ("ns", 1)];

    public static Gen<Spelling> Decimal { get; } =
        from blank in Gen.Elements("", "", "", " ", "\t \n", "\v\f\r")
        from sign in Gen.Elements("", "", "+")
        from number in Digits("0123456789", 0, 30)
        from mark in Gen.Elements("", "", "e", "E")
        from plus in Gen.Elements("", "+")
        from exponent in Gen.OneOf(Gen.Choose(-30, 30), Gen.Choose(-400, 400))
        from suffix in Gen.Elements(Suffixes)
        let power = mark.Length == 0 ? "" : mark + (exponent < 0 ? "" : plus) + exponent
        select new Spelling(
            blank + sign + number.Text + power + suffix.Unit,
            ExactValue.Of(number.Digits, 10, number.Places, 10, mark.Length == 0 ? 0 : exponent, suffix.Nanoseconds));

    public static Gen<Spelling> Hexadecimal { get; } =
        from prefix in Gen.Elements("0x", "0X", "+0x")
        from number in Digits("0123456789abcdefABCDEF", 0, 20)
        from mark in Gen.Elements("", "p", "P")
        from exponent in Gen.OneOf(Gen.Choose(-80, 80), Gen.Choose(-1100, 1100))
        from suffix in Gen.Elements(mark.Length == 0 ? Suffixes[..4] : Suffixes)
        select new Spelling(
            prefix + number.Text + (mark.Length == 0 ? "" : mark + exponent) + suffix.Unit,
            ExactValue.Of(number.Digits, 16, number.Places, 2, mark.Length == 0 ? 0 : exponent, suffix.Nanoseconds));

    public static Gen<Spelling> Compound { get; } =
        from parts in Part.NonEmptyListOf()
        select parts.Aggregate((left, right) => new Spelling(left.Text + right.Text, left.Value + right.Value));

    public static Gen<Spelling> Iso { get; } =
        from days in Gen.Choose(0, 99_999)
        from hours in Gen.Choose(0, 99)
        from minutes in Gen.Choose(0, 99)
        from seconds in Digits("0123456789", 1, 12)
        where !seconds.Text.EndsWith('.')
        select new Spelling(
            $"P{days}DT{hours}H{minutes}M{seconds.Text}S",
            ExactValue.Of(((days * 86_400L) + (hours * 3_600) + (minutes * 60)).ToString(null, null), 10, 0, 10, 0, Second)
                + ExactValue.Of(seconds.Digits, 10, seconds.Places, 10, 0, Second));

    public static Gen<Spelling> Any { get; } = Gen.OneOf(Decimal, Hexadecimal, Compound, Iso);

    private static Gen<Spelling> Part =>
        from number in Digits("0123456789", 0, 24)
        where !number.Text.EndsWith('.')
        from unit in Gen.Elements(CompoundUnits)
        select new Spelling(number.Text + unit.Unit, ExactValue.Of(number.Digits, 10, number.Places, 10, 0, unit.Nanoseconds));

    public override string ToString() => Text;

    private static Gen<(string Text, string Digits, int Places)> Digits(string symbols, int atLeast, int atMost) =>
        from wholeLength in Gen.Choose(atLeast, atMost)
        from fractionLength in Gen.Choose(wholeLength == 0 ? 1 : 0, atMost)
        from point in Gen.Elements(true, fractionLength != 0)
        from whole in Gen.Elements(symbols.ToCharArray()).ArrayOf(wholeLength)
        from fraction in Gen.Elements(symbols.ToCharArray()).ArrayOf(point ? fractionLength : 0)
        select (new string(whole) + (point ? "." : "") + new string(fraction), new string(whole) + new string(fraction), fraction.Length);
}
