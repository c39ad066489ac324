using System.Text;
using Prestop.Conditions;
using Prestop.Core;
using Prestop.Options;

namespace Architecture.Tests;

/// <summary>Writes <c>man/prestop.1</c> from the tables that the program itself is made from.</summary>
internal static class ManPage
{
    public static string Text
    {
        get
        {
            var page = new StringBuilder();
            page.Append(
                $"""
                .TH PRESTOP 1 "2026-11-20" "PrestopSleep {ProductVersion.Text}" "User Commands"
                .SH NAME
                prestop \- wait until a pod is drained, never past a deadline
                .SH SYNOPSIS
                .B prestop
                [\fIOPTION\fR]... \fISTEP\fR... [\-\- \fICOMMAND\fR [\fIARG\fR]...]
                .br
                .B prestop install
                .I DIR
                .SH DESCRIPTION
                Waits for each \fISTEP\fR in order, then executes \fICOMMAND\fR in its own place.
                Made for the preStop hook of a Kubernetes pod: the container goes on serving until its traffic has stopped.
                .PP
                Steps, each done when:

                """);
            Entry(page, "DURATION", "that long has passed");
            foreach (var scheme in Schemes.All)
            {
                Entry(page, scheme.Syntax, scheme.DoneWhen);
            }

            Entry(page, "gone:STEP", "the opposite holds for certain; what cannot be told keeps waiting");
            page.Append(
                """
                .SH INSTALL
                .B prestop install
                copies the program itself to \fIDIR\fR/prestop, so that an init container can hand it to an image that cannot be rebuilt: mount one volume at
                \fIDIR\fR in the init container and in the application's, and name the copy in the hook.
                .I DIR
                must exist. An older copy is replaced as a whole, also while it runs; one that is interrupted leaves nothing behind. The path of the copy is printed.
                It needs /proc. With
                .B \-\-dry\-run
                nothing is copied.

                """);
            page.Append(".SH OPTIONS\nD is a duration: 5, 1.5s, 1m30s, 500ms, PT1M, infinity.\n");
            foreach (var row in OptionTable.Rows)
            {
                var names = row.ShortName is null ? row.Name : $"{row.ShortName}, {row.Name}";
                var usual = row.Default.Length == 0 ? "" : $" Default: {row.Default}.";
                Entry(page, row.Form is null ? names : $"{names} {row.Form}", $"{row.Meaning}.{usual}");
            }

            page.Append(
                """
                .SH WHAT SILENCE PROVES
                With \-\-quiet auto, idle and closed count silence only against the rhythm that they have seen:
                2 seconds, or four times the longest gap, after two seconds of some 20 requests a second;
                5 to 15 seconds, ten times the longest gap, after requests in 20 tenths of a second and 5 different seconds;
                15 seconds (\-\-quiet\-unseen) when that was too little to tell.
                When \-\-max comes, a port that has been quiet for 5 seconds is done.
                Three short connections from one address at even intervals, with at most one small exchange each, are a probe:
                they do not count until they leave the pattern or stop.
                The log names the clients that keep a port busy.
                .SH ENVIRONMENT
                Every option has a variable; the option wins, and an empty variable counts as not set.

                """);
            foreach (var row in OptionTable.Rows)
            {
                Entry(page, row.Variable, $"the value of {row.Name}");
            }

            Entry(page, "HOST_IP, NODE_IP", "addresses of the node, for --ignore node");
            page.Append(".SH EXIT STATUS\n");
            Entry(page, $"{ExitCodes.Done}", "done, or passed over by --fallback or --on-failure");
            Entry(page, $"{ExitCodes.FlawedPlan}", "a dry run found that the plan cannot work as it stands");
            Entry(page, $"{ExitCodes.Usage}", "usage: a value cannot be used; nothing was started");
            Entry(page, $"{ExitCodes.DeadlineExceeded}", "the deadline came first");
            Entry(page, $"{ExitCodes.Broken}", "what was waited for can never be judged");
            Entry(page, $"{ExitCodes.CommandNotExecutable}", "COMMAND cannot be executed");
            Entry(page, $"{ExitCodes.CommandNotFound}", "COMMAND not found");
            Entry(page, "128+N", "ended by signal N");
            page.Append(".SH SEE ALSO\n.BR sleep (1),\n.BR timeout (1)\n");
            return page.ToString();
        }
    }

    private static void Entry(StringBuilder page, string term, string text) =>
        page.Append(".TP\n.B ").Append(Escaped(term)).Append('\n').Append(Escaped(text)).Append('\n');

    private static string Escaped(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped[0] is '.' or '\'' ? "\\&" + escaped : escaped;
    }
}
