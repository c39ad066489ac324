namespace Prestop.Options;

/// <summary>
/// Rewrites options as <c>--name=value</c>, from every form that getopt_long(3) and curl read: <c>--name value</c>, <c>-n value</c>,
/// <c>-nvalue</c> and flags in one word, <c>-qk</c>, and puts them before the operands with <c>--</c> between. System.CommandLine reads
/// that one form as it stands; of the others it has readings of its own: a colon before the value, an equals sign after a short
/// name, a value that looks like an option, a first operand such as <c>[suggest]</c>.
/// </summary>
internal sealed class Spelling
{
    private readonly List<string> _options = [];
    private readonly List<string> _operands = [];
    private readonly string[] _given;
    private readonly List<string> _problems;
    private int _next;

    private Spelling(string[] given, List<string> problems) => (_given, _problems) = (given, problems);

    /// <summary>Rewrites words.</summary>
    /// <param name="words">The words of a command line before any <c>--</c>.</param>
    /// <param name="problems">Where a word is reported that is left out because it can be no part of a command line.</param>
    public static List<string> Of(string[] words, List<string> problems)
    {
        var spelling = new Spelling(words, problems);
        while (spelling._next < words.Length)
        {
            string word = words[spelling._next++];
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                spelling.AddLong(word);
            }
            else if (word.Length > 1 && word[0] == '-')
            {
                spelling.AddShort(word);
            }
            else
            {
                spelling._operands.Add(word);
            }
        }

        return [.. spelling._options, "--", .. spelling._operands];
    }

    private void AddLong(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word : word[..equals];
        if (OptionTable.Known.FirstOrDefault(row => row.Name == name) is not { } row)
        {
            _problems.Add($"unrecognized option '{name}'");
        }
        else if (row.Value is not null)
        {
            AddValue(row, equals < 0 ? null : word[(equals + 1)..]);
        }
        else if (equals < 0)
        {
            _options.Add(name);
        }
        else
        {
            _problems.Add($"option '{name}' takes no value: write it alone");
        }
    }

    private void AddShort(string word)
    {
        for (int letter = 1; letter < word.Length; letter++)
        {
            string name = $"-{word[letter]}";
            if (OptionTable.Known.FirstOrDefault(row => row.Short == name) is not { } row)
            {
                _problems.Add(word.Length == 2 ? $"unrecognized option '{word}'" : $"unrecognized option '{name}' in '{word}'");
                return;
            }

            if (row.Value is not null)
            {
                AddValue(row, letter + 1 < word.Length ? word[(letter + 1)..] : null);
                return;
            }

            _options.Add(row.Name);
        }
    }

    private void AddValue(OptionRow row, string? value)
    {
        value ??= _next < _given.Length ? _given[_next++] : null;
        if (value is null)
        {
            _problems.Add($"option '{row.Name}' needs a value: {row.Name} {row.Value}");
        }
        else if (value.Length == 0)
        {
            // System.CommandLine takes the next word for the value of '--name='.
            _options.AddRange([row.Name, ""]);
        }
        else
        {
            _options.Add($"{row.Name}={value}");
        }
    }
}
