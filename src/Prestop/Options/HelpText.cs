using System.Text;
using Prestop.Conditions;
using Prestop.Core;
using Prestop.Core.Options;

namespace Prestop.Options;

/// <summary>What <c>--help</c> and <c>--version</c> print, from the tables of options and schemes.</summary>
internal static class HelpText
{
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
            HelpRow.Append(text, "DURATION", "that long has passed: 5, 1.5s, 1m30s, 500ms, PT1M, infinity");
            foreach (var scheme in Schemes.All)
            {
                HelpRow.Append(text, scheme.Syntax, scheme.DoneWhen);
            }

            HelpRow.Append(text, "gone:STEP", "the opposite holds for certain; what cannot be told keeps waiting");
            text.Append("\nOptions, D being a duration; --max can also be given as PRESTOP_MAX, and so on:\n");
            foreach (var row in OptionTable.Known)
            {
                HelpRow.Append(text, row);
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
}
