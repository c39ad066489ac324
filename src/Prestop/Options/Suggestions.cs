using System.Globalization;
using System.Text;
using Prestop.Conditions;
using Prestop.Core.Options;

namespace Prestop.Options;

/// <summary>
/// What could stand at a place in a command line, for the scripts in <c>completions/</c>. They ask as those of <c>dotnet-suggest</c> do:
/// <c>prestop '[suggest:12]' 'prestop --ma'</c>.
/// </summary>
internal static class Suggestions
{
    private const string Before = "[suggest:";

    /// <summary>Answers a script's question, a suggestion a line; null when the words are no question.</summary>
    /// <param name="words">The arguments of the process.</param>
    public static string? For(string[] words)
    {
        if (words is not [var question, var line]
            || !question.StartsWith(Before, StringComparison.Ordinal)
            || !int.TryParse(question.AsSpan(Before.Length).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return null;
        }

        // The first word is the program; the last is being typed.
        var typed = line[..Math.Min(position, line.Length)].Split((char[]?)null, StringSplitOptions.None);
        var suggestions = new StringBuilder();
        if (Array.IndexOf(typed, "--", 0, typed.Length - 1) < 0)
        {
            foreach (var candidate in Candidates(typed))
            {
                if (candidate.StartsWith(typed[^1], StringComparison.Ordinal))
                {
                    suggestions.Append(candidate).Append('\n');
                }
            }
        }

        return suggestions.ToString();
    }

    private static IEnumerable<string> Candidates(string[] typed)
    {
        var word = typed[^1];
        var before = Array.FindLast(typed[..^1], other => other.Length > 0);
        if (Find(before) is { Form: not null } awaiting)
        {
            return awaiting.Choices;
        }

        if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var cut && Find(word[..cut]) is { } assigned)
        {
            return assigned.Choices.Select(choice => word[..(cut + 1)] + choice);
        }

        if (word.StartsWith('-'))
        {
            return OptionTable.Known.Select(option => option.Name);
        }

        string[] own = Array.IndexOf(typed, "install") > 0 ? [] : ["gone:", "install"];
        var gone = word.StartsWith("gone:", StringComparison.Ordinal) ? "gone:" : "";
        return own.Concat(Schemes.All.Select(scheme => $"{gone}{scheme.Name}://"));
    }

    private static OptionSpec? Find(string? name) => name is null ? null : CommandLine.Find(OptionTable.Known, name);
}
