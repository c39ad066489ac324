namespace Prestop.Options;

/// <summary>
/// Words that System.CommandLine reads otherwise than getopt_long(3) and curl do: a colon before a value, a value for a flag, an
/// equals sign with nothing behind it (the next word would be the value) or after a short name, an unknown letter among short
/// names, a directive. They are refused rather than read in either way.
/// </summary>
internal static class Misreadings
{
    /// <summary>Takes them out.</summary>
    /// <param name="words">The words of a command line before any <c>--</c>.</param>
    /// <param name="problems">Where each is reported.</param>
    /// <returns>The other words.</returns>
    public static string[] TakenOutOf(string[] words, List<string> problems)
    {
        var read = new List<string>(words.Length);
        var isValue = false;
        var mayBeSecret = false;
        foreach (var word in words)
        {
            if (mayBeSecret && !word.StartsWith('-'))
            {
                // The value of an option that there is not, such as curl's -u USER:PASSWORD: taken for a step, it would be shown.
                mayBeSecret = false;
            }
            else if (!isValue && Misreading(word, isFirst: read.Count == 0) is { } problem)
            {
                problems.Add(problem);
                mayBeSecret = word.StartsWith('-');
            }
            else
            {
                read.Add(word);
                isValue = !isValue && OptionTable.Known.Any(row => row.Value is not null && (row.Name == word || row.Short == word));
                mayBeSecret = false;
            }
        }

        return [.. read];
    }

    private static string? Misreading(string word, bool isFirst) => word switch
    {
        ['[', .., ']'] or "prestop" when isFirst => $"'{word}': not a step; give a duration or a URL",
        ['-', '-', ..] => OfLong(word),
        ['-', _, ..] => OfShort(word),
        _ => null,
    };

    private static string? OfLong(string word)
    {
        var cut = word.IndexOfAny(['=', ':']);
        var name = cut < 0 ? word : word[..cut];
        return OptionTable.Known.FirstOrDefault(row => row.Name == name) is not { } row ? $"unrecognized option '{name}'"
            : cut < 0 ? null
            : row.Value is null ? $"option '{name}' takes no value: write it alone"
            : word[cut] == ':' ? $"option '{name}' takes its value behind '=' or as the next word: write {name} {row.Value}"
            : cut == word.Length - 1 ? $"option '{name}' needs a value: {name} {row.Value}"
            : null;
    }

    private static string? OfShort(string word)
    {
        for (var letter = 1; letter < word.Length; letter++)
        {
            var name = $"-{word[letter]}";
            if (OptionTable.Known.FirstOrDefault(row => row.Short == name) is not { } row)
            {
                return $"unrecognized option '{name}'" + (letter == 1 ? "" : $" in '{word[..(letter + 1)]}'");
            }

            if (row.Value is not null)
            {
                var isAssigned = letter + 1 < word.Length && word[letter + 1] is '=' or ':';
                return isAssigned ? $"option '{name}' takes its value as the next word: write {name} {row.Value}" : null;
            }
        }

        return null;
    }
}
