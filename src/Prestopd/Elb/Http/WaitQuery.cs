using Prestop.Core.Messages;
using Prestop.Core.Options;

namespace Prestopd.Elb;

/// <summary>The parameters in a query. Names that are not known are passed over, as the original passes over them, but not in silence.</summary>
internal sealed class WaitQuery
{
    private const int MostWarnings = 5;

    private readonly Dictionary<OptionSpec, string> _values = [];

    private WaitQuery()
    {
    }

    /// <summary>Parameters that are there twice, one line each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Names that are misspelt or not known, one line each.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The value of a parameter; null when it is not there.</summary>
    public string? Value(OptionSpec parameter) => _values.GetValueOrDefault(parameter);

    /// <summary>Reads a query.</summary>
    /// <param name="query">What follows the question mark, as it was sent.</param>
    public static WaitQuery Parse(string query)
    {
        var read = new WaitQuery();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Decoded(cut < 0 ? pair : pair[..cut]);
            read.Add(name, cut < 0 ? "" : Decoded(pair[(cut + 1)..]));
        }

        return read;
    }

    private static string Decoded(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private void Add(string name, string value)
    {
        if (ElbNames.Parameters.Misspelt.TryGetValue(name, out var parameter))
        {
            Warn($"'{name}' is taken for {ElbNames.Parameters.InQuery(parameter)}: write that");
        }
        else
        {
            parameter = ElbNames.Parameters.All.FirstOrDefault(known => ElbNames.Parameters.InQuery(known) == name);
        }

        if (parameter is null)
        {
            Warn($"'{OneLine.Quote(name, 100)}' is no parameter and does not count");
        }
        else if (!_values.TryAdd(parameter, value) && _values[parameter] != value)
        {
            Problems.Add($"{ElbNames.Parameters.InQuery(parameter)} is given twice, and not the same: give it once");
        }
    }

    private void Warn(string warning)
    {
        if (Warnings.Count < MostWarnings)
        {
            Warnings.Add(warning);
        }
    }
}
