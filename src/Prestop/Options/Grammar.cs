using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Prestop.Conditions;

namespace Prestop.Options;

/// <summary>The command line as System.CommandLine knows it, made from the tables of options and schemes.</summary>
internal sealed class Grammar
{
    private readonly Command _root;

    /// <summary>Makes the grammar.</summary>
    public Grammar()
    {
        Steps.CompletionSources.Add(_ => Schemes.All.Select(scheme => new CompletionItem(scheme.Name + "://")));
        _root = new Command("prestop") { Steps };
        foreach (var row in OptionTable.Known)
        {
            Option option = OptionOf(row);
            Options.Add((row, option));
            _root.Add(option);
        }
    }

    /// <summary>What is no option.</summary>
    public Argument<string[]> Steps { get; } = new("STEP") { Arity = ArgumentArity.ZeroOrMore, CustomParser = Texts };

    /// <summary>Every row of the table of options with its option.</summary>
    public List<(OptionRow Row, Option Option)> Options { get; } = [];

    /// <summary>Sorts words. One that begins with @ is a word, not a file of more words.</summary>
    /// <param name="words">The command line without COMMAND.</param>
    public ParseResult Parse(IReadOnlyList<string> words) => _root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });

    /// <summary>Splits a line as a shell does, then sorts its words.</summary>
    /// <param name="line">A command line as it is being typed, the program's name included.</param>
    public ParseResult Parse(string line) => _root.Parse(line);

    /// <summary>The texts of what was given.</summary>
    /// <param name="result">The occurrences of an option or argument.</param>
    public static string[] Texts(SymbolResult result) => [.. result.Tokens.Select(token => token.Value)];

    private static Option<string[]> OptionOf(OptionRow row)
    {
        var option = new Option<string[]>(row.Name, row.Short is null ? [] : [row.Short])
        {
            // Every occurrence takes one value, and there may be more than one: the last one counts, as everywhere in Unix.
            Arity = row.Value is null ? ArgumentArity.Zero : ArgumentArity.OneOrMore,
            CustomParser = Texts,
        };
        if (row.Value is { } value && value.Contains('|', StringComparison.Ordinal))
        {
            option.CompletionSources.Add(value.Split('|'));
        }

        return option;
    }
}
