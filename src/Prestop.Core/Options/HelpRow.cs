using System.Text;

namespace Prestop.Core.Options;

/// <summary>A row of a help text: a name, and beside it, or below it where it is long, its meaning in lines that fit a terminal.</summary>
public static class HelpRow
{
    private const int MeaningColumn = 30;
    private const int Columns = 80;

    /// <summary>Adds the row of an option.</summary>
    /// <param name="text">The help.</param>
    /// <param name="option">The option.</param>
    public static void Append(StringBuilder text, OptionSpec option)
    {
        var name = option.ShortName is null ? $"    {option.Name}" : $"{option.ShortName}, {option.Name}";
        var meaning = option.Default is "" or "none" ? option.Meaning : $"{option.Meaning} [{option.Default}]";
        Append(text, option.Form is null ? name : $"{name} {option.Form}", meaning);
    }

    /// <summary>Adds a row.</summary>
    /// <param name="text">The help.</param>
    /// <param name="name">What stands on the left.</param>
    /// <param name="meaning">What stands on the right.</param>
    public static void Append(StringBuilder text, string name, string meaning)
    {
        text.Append("  ").Append(name);
        var column = name.Length + 2;
        if (column >= MeaningColumn)
        {
            text.Append('\n');
            column = 0;
        }

        Wrap(text, meaning, column, MeaningColumn);
    }

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">The help.</param>
    /// <param name="words">The paragraph.</param>
    public static void AppendParagraph(StringBuilder text, string words) => Wrap(text, words, 0, 0);

    private static void Wrap(StringBuilder text, string words, int column, int indent)
    {
        foreach (var word in words.Split(' '))
        {
            if (column > indent && column + word.Length >= Columns)
            {
                text.Append('\n');
                column = 0;
            }

            var blanks = Math.Max(indent - column, column == 0 ? 0 : 1);
            text.Append(' ', blanks).Append(word);
            column += blanks + word.Length;
        }

        text.Append('\n');
    }
}
