namespace Prestop.Core.Options;

/// <summary>
/// The words of a command line in their roles, sorted as getopt_long(3) does: options anywhere before <c>--</c>, values behind <c>=</c>, behind a
/// short name or as the next word, short flags in one word. Names are not shortened, and what getopt and other parsers read differently is refused.
/// </summary>
public sealed class CommandLine
{
    private readonly IReadOnlyList<OptionSpec> _options;
    private readonly Dictionary<OptionSpec, List<string>> _values = [];
    private readonly List<string> _operands = [];
    private OptionSpec? _awaitsValue;
    private bool _isUnknownsValue;

    private CommandLine(IReadOnlyList<OptionSpec> options) => _options = options;

    /// <summary>What is no option and no value, in order.</summary>
    public IReadOnlyList<string> Operands => _operands;

    /// <summary>What stands behind <c>--</c>, as it is; null when there is no <c>--</c>.</summary>
    public IReadOnlyList<string>? Command { get; private init; }

    /// <summary>What cannot be part of a command line, a line each; never the value of an option, which may be a secret.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The values that an option was given, in order; for a flag an empty text an occurrence.</summary>
    /// <param name="option">The option.</param>
    public IReadOnlyList<string> ValuesOf(OptionSpec option) => _values.TryGetValue(option, out var values) ? values : [];

    /// <summary>Sorts the words.</summary>
    /// <param name="words">The arguments of the process.</param>
    /// <param name="options">The options that there are.</param>
    public static CommandLine Read(string[] words, IReadOnlyList<OptionSpec> options)
    {
        var dashes = Array.IndexOf(words, "--");
        var line = new CommandLine(options) { Command = dashes < 0 ? null : words[(dashes + 1)..] };
        foreach (var word in dashes < 0 ? words : words[..dashes])
        {
            line.Take(word);
        }

        if (line._awaitsValue is { } option)
        {
            line.Problems.Add(NeedsValue(option));
        }

        return line;
    }

    /// <summary>The option of a long or short name.</summary>
    /// <param name="options">The options that there are.</param>
    /// <param name="name">The name with its dashes.</param>
    public static OptionSpec? Find(IReadOnlyList<OptionSpec> options, string name)
    {
        foreach (var option in options)
        {
            if (option.Name == name || option.ShortName == name)
            {
                return option;
            }
        }

        return null;
    }

    private static string NeedsValue(OptionSpec option) => $"option '{option.Name}' needs a value: {option.Name} {option.Form}";

    private void Take(string word)
    {
        var isOption = word is ['-', _, ..];
        if (_awaitsValue is { } option)
        {
            _awaitsValue = null;
            Add(option, word);
        }
        else if (!isOption)
        {
            // Behind an option that there is not, such as curl's -u USER:PASSWORD: taken for an operand, a secret would be shown.
            if (!_isUnknownsValue)
            {
                _operands.Add(word);
            }

            _isUnknownsValue = false;
        }
        else
        {
            _isUnknownsValue = false;
            if (word[1] == '-')
            {
                TakeLong(word);
            }
            else
            {
                TakeShort(word);
            }
        }
    }

    private void TakeLong(string word)
    {
        var cut = word.AsSpan().IndexOfAny('=', ':');
        var name = cut < 0 ? word : word[..cut];
        if (Find(_options, name) is not { } option)
        {
            RefuseUnknown($"unrecognized option '{name}'");
        }
        else if (cut < 0)
        {
            TakeName(option);
        }
        else if (option.Form is null)
        {
            Problems.Add($"option '{name}' takes no value: write it alone");
        }
        else if (word[cut] == ':')
        {
            Problems.Add($"option '{name}' takes its value behind '=' or as the next word: write {name} {option.Form}");
        }
        else if (cut == word.Length - 1)
        {
            Problems.Add(NeedsValue(option));
        }
        else
        {
            Add(option, word[(cut + 1)..]);
        }
    }

    private void TakeShort(string word)
    {
        for (var letter = 1; letter < word.Length; letter++)
        {
            var name = $"-{word[letter]}";
            if (Find(_options, name) is not { } option)
            {
                RefuseUnknown($"unrecognized option '{name}'" + (letter == 1 ? "" : $" in '{word[..(letter + 1)]}'"));
                return;
            }

            if (option.Form is not null && letter < word.Length - 1)
            {
                var value = word[(letter + 1)..];
                if (value[0] is '=' or ':')
                {
                    Problems.Add($"option '{name}' takes its value as the next word: write {name} {option.Form}");
                }
                else
                {
                    Add(option, value);
                }

                return;
            }

            TakeName(option);
        }
    }

    private void RefuseUnknown(string problem)
    {
        Problems.Add(problem);
        _isUnknownsValue = true;
    }

    private void TakeName(OptionSpec option)
    {
        if (option.Form is null)
        {
            Add(option, "");
        }
        else
        {
            _awaitsValue = option;
        }
    }

    private void Add(OptionSpec option, string value)
    {
        if (!_values.TryGetValue(option, out var values))
        {
            _values[option] = values = [];
        }

        values.Add(value);
    }
}
