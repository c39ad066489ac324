using System.CommandLine.Parsing;

namespace Prestop.Options;

/// <summary>The words of a command line in their roles, before any of them is read as a value.</summary>
internal sealed class Line
{
    private readonly Dictionary<OptionRow, IReadOnlyList<string>> _options = [];

    /// <summary>Whether help was asked for.</summary>
    public bool Help => ValuesOf(OptionTable.Help).Count > 0;

    /// <summary>Whether the version was asked for.</summary>
    public bool Version => ValuesOf(OptionTable.Version).Count > 0;

    /// <summary>The steps, in order; after <c>install</c> its arguments.</summary>
    public IReadOnlyList<string> Operands { get; private init; } = [];

    /// <summary>What stands behind <c>--</c>; null when there is no <c>--</c>.</summary>
    public IReadOnlyList<string>? Command { get; private init; }

    /// <summary>What cannot be part of a command line, a line each.</summary>
    public List<string> Problems { get; private init; } = [];

    /// <summary>The values that an option was given, in order; for a flag an empty text an occurrence.</summary>
    /// <param name="row">The option.</param>
    public IReadOnlyList<string> ValuesOf(OptionRow row) => _options.GetValueOrDefault(row, []);

    /// <summary>Sorts the words.</summary>
    /// <param name="words">The arguments of the process.</param>
    public static Line Read(string[] words)
    {
        // What follows the first -- belongs to COMMAND whole; System.CommandLine would count it among the steps.
        var dashes = Array.IndexOf(words, "--");
        var own = dashes < 0 ? words : words[..dashes];

        var problems = new List<string>();
        var grammar = new Grammar();
        var parsed = grammar.Parse(Misreadings.TakenOutOf(own, problems));
        var line = new Line
        {
            Operands = parsed.GetResult(grammar.Steps) is { } steps ? Grammar.Texts(steps) : [],
            Command = dashes < 0 ? null : words[(dashes + 1)..],
            Problems = problems,
        };
        foreach ((var row, var option) in grammar.Options)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                line.Take(row, result);
            }
        }

        return line;
    }

    private void Take(OptionRow row, OptionResult result)
    {
        if (row.Value is null)
        {
            _options[row] = [""];
        }
        else if (result.Tokens.Count < result.IdentifierTokenCount)
        {
            Problems.Add($"option '{row.Name}' needs a value: {row.Name} {row.Value}");
        }
        else
        {
            _options[row] = Grammar.Texts(result);
        }
    }
}
