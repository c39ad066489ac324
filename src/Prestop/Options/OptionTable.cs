namespace Prestop.Options;

/// <summary>Every option of <c>prestop</c>, and the only place where one is named.</summary>
internal static class OptionTable
{
    public static readonly OptionRow Max = new("--max", "D", "25s for each condition", "deadline for the whole chain, durations included");
    public static readonly OptionRow Min = new("--min", "D", "0s", "not finished before this; what was waited for must hold then");
    public static readonly OptionRow Any = new("--any", null, "", "run the steps side by side; the first that is done ends the wait");
    public static readonly OptionRow All = new("--all", null, "", "run the steps side by side; all must be done");
    public static readonly OptionRow Interval = new("--interval", "D", "500ms", "between attempts, give or take 10 %; the first is at once");
    public static readonly OptionRow Successes = new("--successes", "N", "1", "consecutive successes that a condition needs");
    public static readonly OptionRow ConnectTimeout = new("--connect-timeout", "D", "1s", "how long an attempt may take to connect");
    public static readonly OptionRow Quiet = new("--quiet", "D", "5s", "idle, closed: how long there must be no traffic, or no connection");
    public static readonly OptionRow Ignore = new("--ignore", "CIDR[,CIDR]...", "none",
        "idle, closed: leave out clients with these addresses, such as probes and scrapers; repeatable")
    {
        IsRepeatable = true,
    };

    public static readonly OptionRow OnFailure = new("--on-failure", "stop|continue", "stop",
        "after a deadline or a broken condition: exit 124 or 125, or go on to the next step and COMMAND");
    public static readonly OptionRow Fallback = new("--fallback", "D", "none",
        "a condition that cannot be judged becomes a plain sleep until D after the start, then goes on");
    public static readonly OptionRow Grace = new("--grace", "D", "none",
        "the pod's grace period: warn when the plan cannot end 2s before it does");
    public static readonly OptionRow Status = new("--status", "CODES", "200-299", "http: accepted statuses and ranges of them, with commas");
    public static readonly OptionRow Method = new("--method", "NAME", "GET, or POST with --data", "http: request method") { Short = "-X" };
    public static readonly OptionRow Header = new("--header", "'NAME: VALUE'", "none", "http: send this header field too; 'NAME:' leaves one out, 'NAME;' sends it empty; repeatable")
    {
        Short = "-H",
        IsRepeatable = true,
        IsSecret = true,
    };

    public static readonly OptionRow Data = new("--data", "TEXT", "none", "http: send this as the request's body, or @FILE for a file without its line ends; '&' joins several") { Short = "-d", IsSecret = true };
    public static readonly OptionRow Body = new("--body", null, "", "http: wait for the end of the answer's body, too; it is not kept");
    public static readonly OptionRow AnswerTimeout = new("--answer-timeout", "D", "none",
        "http: how long a server that has accepted the connection may be silent");
    public static readonly OptionRow CaCert = new("--cacert", "FILE", "the system's", "https: trust the certificates in this PEM file, authorities or servers' own, and no others");
    public static readonly OptionRow Insecure = new("--insecure", null, "", "https: accept any certificate") { Short = "-k" };
    public static readonly OptionRow UnixSocket = new("--unix-socket", "PATH", "none", "http: connect to this Unix-domain socket, not to the URL's host");
    public static readonly OptionRow LogTo = new("--log-to", "stderr|pid1", "stderr",
        "where log lines go; pid1: the container's own log, so that 'kubectl logs' shows them");
    public static readonly OptionRow LogFormat = new("--log-format", "text|json", "text", "how log lines look");
    public static readonly OptionRow Silent = new("--silent", null, "", "no log lines but the reason of a failure") { Short = "-q" };
    public static readonly OptionRow Verbose = new("--verbose", null, "", "a log line for every attempt") { Short = "-v" };
    public static readonly OptionRow DryRun = new("--dry-run", null, "", "print the plan and its timeline, wait for nothing; exit 1 where it cannot work");
    public static readonly OptionRow Help = new("--help", null, "", "print this help") { Short = "-h" };
    public static readonly OptionRow Version = new("--version", null, "", "print the version");

    /// <summary>Those with an environment variable, in the order in which help and README list them.</summary>
    public static IReadOnlyList<OptionRow> Rows { get; } =
    [
        Max, Min, Any, All, Interval, Successes, ConnectTimeout, Quiet, Ignore, OnFailure, Fallback, Grace,
        Status, Method, Header, Data, Body, AnswerTimeout, CaCert, Insecure, UnixSocket,
        LogTo, LogFormat, Silent, Verbose, DryRun,
    ];

    /// <summary>Everything that the command line takes.</summary>
    public static IReadOnlyList<OptionRow> Known { get; } = [.. Rows, Help, Version];
}
