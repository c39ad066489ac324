using System.Text;

namespace BlackBox.Tests.Sleep;

/// <summary>Operands of every kind: mostly numbers that strtod reads, some nearly so, some not at all. The same seed gives the same ones.</summary>
internal sealed class OperandGenerator(int seed)
{
    private const string Decimal = "0123456789";
    private const string Hexadecimal = "0123456789abcdefABCDEF";
    private const string Anything = "0123456789..eExXpPinfINFTYtysmhdSMHDu+- \t\n:,_nan'\\";

    private static string[] Odd { get; } =
    [
        "", " ", ".", "+", "-", "-0", "-0.0d", "-0x0p0", "+-1", "nan", "NAN", "nan(1)", "-nan", "inf", "INF", "infinity", "InFiNiTyd", "-inf",
        "infi", "0x", "0xs", "0x.", "0x.p1", "1e", "1e+", "1es", "0x1p", "0x1ps", "0b1", "1ss", "1 ", "1D", "9223372036854775807",
        "9223372036854775808", "9223372036854774784", "18446744073709551616", "106751991167300d", "106751991167301d", "1e99999999999999999999",
        "0e99999999999999999999", "1e-99999999999999999999", "0x1p9999999999", "0x1p-9999999999", "-1e-400", "-1e-300", "-0x1p-2000",
        "1e-400", "4.9e-324", "2e-324", "1m30s", "500ms", "1.5ns", "PT1M30S", "P1D", "PT0.5S", "1h30", "1:30", "1,5", "5sec", "42day",
    ];

    private readonly Random _random = new(seed);

    public string Next() => _random.Next(20) switch
    {
        0 => Odd[_random.Next(Odd.Length)],
        1 => Some(Anything, 8),
        2 => Mutated(Number()),
        3 => Part() + Part() + (_random.Next(2) == 0 ? Part() : ""),
        _ => Number(),
    };

    private string Number()
    {
        var text = new StringBuilder();
        text.Append(_random.Next(12) switch { 0 => " ", 1 => "\t\n", _ => "" });
        text.Append(_random.Next(12) switch { 0 => "+", 1 => "-", _ => "" });
        if (_random.Next(3) == 0)
        {
            text.Append(_random.Next(2) == 0 ? "0x" : "0X").Append(Digits(Hexadecimal));
            if (_random.Next(2) == 0)
            {
                text.Append("pP"[_random.Next(2)]).Append(Exponent(80, 1_200));
            }
        }
        else
        {
            text.Append(Digits(Decimal));
            if (_random.Next(3) == 0)
            {
                text.Append("eE"[_random.Next(2)]).Append(Exponent(20, 400));
            }
        }

        return text.Append(_random.Next(9) switch { 0 => "s", 1 => "m", 2 => "h", 3 => "d", _ => "" }).ToString();
    }

    private string Part() => Digits(Decimal) + _random.Next(7) switch { 0 => "ns", 1 => "us", 2 => "ms", 3 => "m", 4 => "h", 5 => "d", _ => "s" };

    private string Digits(string symbols)
    {
        var most = _random.Next(4) == 0 ? 40 : 7;
        return Some(symbols, most) + (_random.Next(2) == 0 ? "." + Some(symbols, most) : "");
    }

    private string Exponent(int usual, int most)
    {
        var range = _random.Next(5) == 0 ? most : usual;
        var exponent = _random.Next(-range, range + 1);
        return (exponent >= 0 && _random.Next(2) == 0 ? "+" : "") + exponent;
    }

    private string Mutated(string text)
    {
        var at = _random.Next(text.Length + 1);
        return _random.Next(2) == 0 || at == text.Length
            ? text.Insert(at, Anything[_random.Next(Anything.Length)].ToString())
            : text.Remove(at, 1);
    }

    private string Some(string symbols, int most) => string.Create(_random.Next(most + 1), symbols, (span, all) =>
    {
        foreach (ref var symbol in span)
        {
            symbol = all[_random.Next(all.Length)];
        }
    });
}
