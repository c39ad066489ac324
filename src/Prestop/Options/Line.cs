using System.CommandLine;
using System.CommandLine.Parsing;

namespace Prestop.Options;

/// <summary>The words of a command line in their roles, before any of them is read as a value.</summary>
internal sealed class Line
{
    private readonly Dictionary<OptionRow, IReadOnlyList<string>> _options = [];

    /// <summary>Whether help was asked for.</summary>
    public bool Help { get; private init; }

    /// <summary>Whether the version was asked for.</summary>
    public bool Version { get; private init; }

    /// <summary>The steps, in order; after <c>install</c> its arguments.</summary>
    public IReadOnlyList<string> Operands { get; private init; } = [];

    /// <summary>What stands behind <c>--</c>; null when there is no <c>--</c>.</summary>
    public IReadOnlyList<string>? Command { get; private init; }

    /// <summary>What cannot be part of a command line, a line each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The values that an option was given, in order; for a flag an empty text an occurrence.</summary>
    /// <param name="row">The option.</param>
    public IReadOnlyList<string> ValuesOf(OptionRow row) => _options.GetValueOrDefault(row, []);

    /// <summary>Sorts the words.</summary>
    /// <param name="words">The arguments of the process.</param>
    public static Line Read(string[] words)
    {
        // What follows the first -- belongs to COMMAND whole; System.CommandLine would count it among the steps.
        int dashes = Array.IndexOf(words, "--");
        string[] own = dashes < 0 ? words : words[..dashes];

        var steps = new Argument<string[]>("STEP") { Arity = ArgumentArity.ZeroOrMore };
        var help = new Option<bool>("--help", "-h");
        var version = new Option<bool>("--version");
        var root = new Command("prestop") { steps, help, version };
        var options = new List<(OptionRow Row, Option Option)>();
        foreach (OptionRow row in OptionTable.Rows)
        {
            string[] aliases = row.Short is null ? [] : [row.Short];
            Option option = row.Value is null
                ? new Option<bool>(row.Name, aliases) { Arity = ArgumentArity.Zero }
                : new Option<string[]>(row.Name, aliases) { Arity = ArgumentArity.OneOrMore };
            options.Add((row, option));
            root.Add(option);
        }

        ParseResult parsed = root.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var line = new Line
        {
            Help = parsed.GetValue(help),
            Version = parsed.GetValue(version),
            Operands = [.. Texts(parsed.GetResult(steps)?.Tokens ?? [])],
            Command = dashes < 0 ? null : words[(dashes + 1)..],
        };
        foreach ((OptionRow row, Option option) in options)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                line.Take(row, result);
            }
        }

        foreach (string operand in line.Operands)
        {
            if (operand.StartsWith('-'))
            {
                line.Problems.Add($"unrecognized option '{operand}'");
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
            _options[row] = [.. Texts(result.Tokens)];
        }
    }

    private static IEnumerable<string> Texts(IReadOnlyList<Token> tokens) => tokens.Select(token => token.Value);
}
