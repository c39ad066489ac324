using System.Text;
using Prestop.Conditions;
using Prestop.Core;

namespace Prestop.Options;

/// <summary>What <c>--help</c> and <c>--version</c> print, from the tables of options and schemes.</summary>
internal static class HelpText
{
    private const int MeaningColumn = 30;
    private const int Columns = 80;

    /// <summary>The version line.</summary>
    public const string Version = $"prestop {ProductVersion.Text}\n";

    /// <summary>The whole help.</summary>
    public static string Whole
    {
        get
        {
            var text = new StringBuilder(
                """
                Usage: prestop [OPTION]... STEP... [-- COMMAND [ARG]...]
                  or:  prestop install DIR

                Waits for each STEP in order, then runs COMMAND in its place. Made for the
                preStop hook of a Kubernetes pod: go on serving until traffic has stopped,
                never longer than a deadline.

                Steps, each done when:

                """);
            Row(text, "DURATION", "that long has passed: 5, 1.5s, 1m30s, 500ms, PT1M, infinity");
            foreach (var scheme in Schemes.All)
            {
                Row(text, scheme.Syntax, scheme.DoneWhen);
            }

            Row(text, "gone:STEP", "the opposite holds for certain; what cannot be told keeps waiting");
            text.Append("\nOptions, D being a duration; --max can also be given as PRESTOP_MAX, and so on:\n");
            foreach (var row in OptionTable.Known)
            {
                var name = row.ShortName is null ? $"    {row.Name}" : $"{row.ShortName}, {row.Name}";
                var meaning = row.Default is "" or "none" ? row.Meaning : $"{row.Meaning} [{row.Default}]";
                Row(text, row.Form is null ? name : $"{name} {row.Form}", meaning);
            }

            text.Append(
                """

                $(NAME) in steps, option values and COMMAND is replaced from the environment;
                $$(NAME) is the text itself. 'prestop install DIR' copies this program to
                DIR/prestop.

                Exit status: 0 done, or passed over by --fallback or --on-failure; 1 --dry-run
                found a flaw; 2 usage; 124 deadline exceeded; 125 a condition is broken;
                126 COMMAND cannot be executed; 127 COMMAND not found; 128+N ended by signal N;
                else that of COMMAND.

                """);
            return text.ToString();
        }
    }

    /// <summary>A name, and beside it, or below it where it is long, its meaning in lines that fit a terminal.</summary>
    private static void Row(StringBuilder text, string name, string meaning)
    {
        text.Append("  ").Append(name);
        var column = name.Length + 2;
        if (column >= MeaningColumn)
        {
            text.Append('\n');
            column = 0;
        }

        foreach (var word in meaning.Split(' '))
        {
            if (column > MeaningColumn && column + word.Length >= Columns)
            {
                text.Append('\n');
                column = 0;
            }

            var blanks = column < MeaningColumn ? MeaningColumn - column : 1;
            text.Append(' ', blanks).Append(word);
            column += blanks + word.Length;
        }

        text.Append('\n');
    }
}
