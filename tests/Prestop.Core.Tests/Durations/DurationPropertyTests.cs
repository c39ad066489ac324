using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Prestop.Core.Tests.Durations;

public sealed class DurationPropertyTests
{
    private static Gen<Duration> AnyDuration { get; } =
        from seconds in Gen.OneOf(
            Gen.Choose(0, 200_000).Select(small => (long)small),
            ArbMap.Default.GeneratorFor<long>().Select(large => large & long.MaxValue),
            Gen.Constant(long.MaxValue))
        from fraction in Gen.OneOf(
            Gen.Choose(0, 999_999_999),
            Gen.Choose(0, 999).Select(milliseconds => milliseconds * 1_000_000),
            Gen.Constant(0))
        select Read($"{seconds}.{fraction:D9}");

    [Fact]
    public void Every_spelling_means_its_exact_value_rounded_up() =>
        Holds(Spelling.Any, spelling => spelling.Value.Is(Read(spelling.Text)), 4_000);

    [Fact]
    public void What_is_printed_reads_back_as_the_same() =>
        Holds(AnyDuration, duration => Read(duration.ToString()) == duration);

    [Fact]
    public void A_positive_length_is_never_zero() =>
        Holds(Spelling.Any, spelling => (Read(spelling.Text) == Duration.Zero) == (spelling.Value.Nanoseconds.IsZero && !spelling.Value.IsForever));

    [Fact]
    public void Leading_zeros_change_nothing() =>
        Holds(Spelling.Compound, spelling => Read("000" + (spelling.Text[0] == '.' ? "0" : "") + spelling.Text) == Read(spelling.Text));

    [Fact]
    public void A_larger_number_is_never_shorter() =>
        Holds(
            from left in ArbMap.Default.GeneratorFor<decimal>()
            from right in ArbMap.Default.GeneratorFor<decimal>()
            select (left: Math.Abs(left), right: Math.Abs(right)),
            pair => pair.left <= pair.right == (Read(Invariant(pair.left)) <= Read(Invariant(pair.right)))
                || Read(Invariant(pair.left)) == Read(Invariant(pair.right)));

    [Fact]
    public void Sums_are_exact_until_they_are_for_ever() =>
        Holds(
            from left in AnyDuration
            from right in AnyDuration
            select (left, right),
            pair => SumOf(pair.left, pair.right).Is(pair.left + pair.right));

    [Fact]
    public void A_time_span_is_at_most_one_tick_longer_and_never_shorter() =>
        Holds(
            AnyDuration.Where(duration => duration.WholeSeconds < 922_337_203_685),
            duration =>
            {
                var excess = ((BigInteger)duration.ToTimeSpan().Ticks * 100) - Nanoseconds(duration);
                return excess >= 0 && excess < 100;
            });

    [Fact]
    public void A_time_span_survives_the_round_trip() =>
        Holds(
            ArbMap.Default.GeneratorFor<TimeSpan>().Where(span => span >= TimeSpan.Zero),
            span => Duration.FromTimeSpan(span).ToTimeSpan() == span);

    [Fact]
    public void Any_text_is_read_or_refused_with_advice_and_never_throws() =>
        Holds(
            ArbMap.Default.GeneratorFor<string>(),
            text => Duration.TryParse(text, out _, out var problem) ? problem is null : !string.IsNullOrEmpty(problem),
            5_000);

    [Fact]
    public void Garbage_of_the_grammar_s_own_symbols_is_read_or_refused_with_advice_and_never_throws()
    {
        const string symbols = "0123456789..eExXpPinfINFTYtysmhdSMHDuµμ+- \t:,_\0nan";
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < 100_000; i++)
        {
            text.Clear();
            for (var length = random.Next(12); length > 0; length--)
            {
                text.Append(symbols[random.Next(symbols.Length)]);
            }

            var isRead = Duration.TryParse(text.ToString(), out var value, out var problem);
            Assert.True(isRead ? problem is null : !string.IsNullOrEmpty(problem) && value == Duration.Zero, $"seed {seed}: '{text}'");
            if (!isRead && problem!.StartsWith("write ", StringComparison.Ordinal) && !problem.Contains(" and a unit", StringComparison.Ordinal))
            {
                Assert.True(Duration.TryParse(problem["write ".Length..], out _, out _), $"seed {seed}: '{text}' is advised to {problem}");
            }
        }
    }

    [Fact]
    public void The_cost_of_a_huge_exponent_is_that_of_its_digits()
    {
        var exponent = new string('9', 2_000);
        Assert.Equal(Duration.Forever, Read("1e" + exponent));
        Assert.Equal(Duration.Forever, Read("0x1p" + exponent));
        Assert.Equal(1u, Read("1e-" + exponent).Nanoseconds);
        Assert.Equal(1u, Read("0x1p-" + exponent).Nanoseconds);
        Assert.Equal(Duration.Zero, Read("0e" + exponent));
    }

    private static void Holds<T>(Gen<T> values, Func<T, bool> property, int times = 1_000) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(times), Prop.ForAll(values.ToArbitrary(), property));

    private static ExactValue SumOf(Duration left, Duration right) => ExactOf(left) + ExactOf(right);

    private static ExactValue ExactOf(Duration duration) =>
        ExactValue.Of(Nanoseconds(duration).ToString(null, null), 10, 0, 10, 0, 1);

    private static BigInteger Nanoseconds(Duration duration) => ((BigInteger)duration.WholeSeconds * 1_000_000_000) + duration.Nanoseconds;

    private static string Invariant(decimal number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Duration Read(string text)
    {
        Assert.True(Duration.TryParse(text, out var value, out var problem), $"'{text}': {problem}");
        return value;
    }
}
