using System.Globalization;
using System.Text;

namespace Prestop.Options;

/// <summary>
/// What could stand at a place in a command line, for the scripts in <c>completions/</c>. They ask as System.CommandLine's own
/// <c>dotnet-suggest</c> does: <c>prestop '[suggest:12]' 'prestop --ma'</c>.
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

        var suggestions = new StringBuilder();
        var typed = line[..Math.Min(position, line.Length)];
        if (!typed.Contains(" -- ", StringComparison.Ordinal))
        {
            foreach (var item in new Grammar().Parse(typed).GetCompletions(typed.Length))
            {
                suggestions.Append(item.InsertText ?? item.Label).Append('\n');
            }
        }

        return suggestions.ToString();
    }
}
