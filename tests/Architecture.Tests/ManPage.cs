using System.Text;
using Prestop.Conditions;
using Prestop.Core;
using Prestop.Core.Options;
using Prestop.Options;

namespace Architecture.Tests;

/// <summary>Writes the pages in <c>man/</c> from the tables that the programs themselves are made from.</summary>
internal static class ManPage
{
    /// <summary>What a page must be, by its file's name.</summary>
    public static IReadOnlyDictionary<string, string> Texts { get; } = new Dictionary<string, string> { ["prestop.1"] = Prestop(), ["prestopd.1"] = Prestopd() };

    private static string Prestop()
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
            .SH OPTIONS
            D is a duration: 5, 1.5s, 1m30s, 500ms, PT1M, infinity.

            """);
        foreach (var row in OptionTable.Rows)
        {
            Entry(page, Synopsis(row), Meaning(row));
        }

        page.Append(
            """
            .SH WHAT SILENCE PROVES
            With \-\-quiet auto, idle and closed count silence only against the rhythm that they have seen:
            2 seconds, or four times the longest gap, after one second of many requests, or some five of 20 a second;
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
        ExitStatus(
            page,
            (ExitCodes.Done, "done, or passed over by --fallback or --on-failure"),
            (ExitCodes.FlawedPlan, "a dry run found that the plan cannot work as it stands"),
            (ExitCodes.Usage, "usage: a value cannot be used; nothing was started"),
            (ExitCodes.DeadlineExceeded, "the deadline came first"),
            (ExitCodes.Broken, "what was waited for can never be judged"),
            (ExitCodes.CommandNotExecutable, "COMMAND cannot be executed"),
            (ExitCodes.CommandNotFound, "COMMAND not found"),
            ("128+N", "ended by signal N"));
        page.Append(".SH SEE ALSO\n.BR prestopd (1),\n.BR sleep (1),\n.BR timeout (1)\n");
        return page.ToString();
    }

    private static string Prestopd()
    {
        var page = new StringBuilder();
        page.Append(
            $"""
            .TH PRESTOPD 1 "2026-11-27" "PrestopSleep {ProductVersion.Text}" "User Commands"
            .SH NAME
            prestopd \- servers that help pods to end without losing a request
            .SH SYNOPSIS
            .B prestopd
            .I COMMAND
            [\fIOPTION\fR]...
            .SH DESCRIPTION
            Each command is a program of its own, for a container of its own; its options are below.
            Every option can be given as an environment variable, too; the option wins, and an empty variable counts as not set.
            D is a duration: 5, 1.5s, 1m30s, 500ms, PT1M; inf where there is no limit.

            """);
        foreach (var command in global::Prestopd.Program.Commands.Commands)
        {
            page.Append(".SH PRESTOPD ").Append(command.Name.ToUpperInvariant()).Append('\n').Append(Escaped(command.Meaning)).Append('\n');
            foreach (var option in command.Options)
            {
                Entry(page, $"{Synopsis(option)}, {option.Variable}", Meaning(option));
            }
        }

        page.Append(".SH OPTIONS OF EVERY COMMAND\n");
        Entry(page, Synopsis(global::Prestopd.Hosting.Command.Help), "print what the command takes.");
        Entry(page, Synopsis(global::Prestopd.Hosting.Command.Version), Meaning(global::Prestopd.Hosting.Command.Version));
        page.Append(
            """
            .SH LOG
            Lines go to standard error. One that cannot be written is dropped, and the number of those is told when there is room again.
            With \-\-log\-format json a line is an object: time (UTC, RFC 3339), level (info, warning, error), event, message (the text line),
            and members of the event such as path, remote, status, hits and seconds.
            .SH SIGNALS
            SIGTERM and SIGINT make a server finish what it has begun and end, a second one makes it end at once.

            """);
        ExitStatus(
            page,
            (ExitCodes.Done, "it ended as it should"),
            (ExitCodes.FlawedPlan, "controller audit: something would lose requests"),
            (ExitCodes.Usage, "usage: a value cannot be used, or the port is taken; nothing was started"),
            (ExitCodes.DeadlineExceeded, "elb wait: the deadline came first"),
            (ExitCodes.Broken, "elb wait: it cannot be told; controller audit: the cluster cannot be asked; or standard output cannot be written"),
            ("128+N", "elb wait, controller audit: ended by signal N"));
        page.Append(".SH SEE ALSO\n.BR prestop (1)\n");
        return page.ToString();
    }

    private static string Synopsis(OptionSpec option)
    {
        var names = option.ShortName is null ? option.Name : $"{option.ShortName}, {option.Name}";
        return option.Form is null ? names : $"{names} {option.Form}";
    }

    private static string Meaning(OptionSpec option) => option.Meaning + option.Default switch
    {
        "" => ".",
        "required" => ". Required.",
        var usual => $". Default: {usual}.",
    };

    private static void ExitStatus(StringBuilder page, params ReadOnlySpan<(object Code, string Meaning)> codes)
    {
        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in codes)
        {
            Entry(page, $"{code}", meaning);
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
