using Prestop.Core.Options;

namespace Prestop.Options;

/// <summary>Every option of <c>prestop</c>, and the only place where one is named.</summary>
internal static class OptionTable
{
    private const string Prefix = "PRESTOP_";

    public static readonly OptionSpec Max = new("--max", "D", "25s for each condition", "deadline for the whole chain, durations included", Prefix);
    public static readonly OptionSpec Min = new("--min", "D", "0s", "not finished before this; what was waited for must hold then", Prefix);
    public static readonly OptionSpec Any = new("--any", null, "", "run the steps side by side; the first that is done ends the wait", Prefix);
    public static readonly OptionSpec All = new("--all", null, "", "run the steps side by side; all must be done", Prefix);
    public static readonly OptionSpec Interval = new("--interval", "D", "500ms", "between attempts, give or take 10 %; the first is at once", Prefix);
    public static readonly OptionSpec Successes = new("--successes", "N", "1", "consecutive successes that a condition needs", Prefix);
    public static readonly OptionSpec ConnectTimeout = new("--connect-timeout", "D", "1s", "how long an attempt may take to connect", Prefix);
    public static readonly OptionSpec Quiet = new("--quiet", "auto|D", "auto",
        "idle, closed: how long there must be no traffic, or no connection; auto: as long as the traffic that is seen makes it evidence, 1.2s to 15s", Prefix);
    public static readonly OptionSpec QuietUnseen = new("--quiet-unseen", "D", "15s",
        "idle, closed: what auto takes while too little is seen to tell, and at most", Prefix);
    public static readonly OptionSpec Ignore = new("--ignore", "node|none|CIDR[,...]", "probes, by habit",
        "idle, closed: leave out clients with these addresses; node: the default gateways, HOST_IP and NODE_IP; none: count probes too; repeatable", Prefix)
    {
        IsRepeatable = true,
    };

    public static readonly OptionSpec OnFailure = new("--on-failure", "stop|continue", "stop",
        "after a deadline or a broken condition: exit 124 or 125, or go on to the next step and COMMAND", Prefix);
    public static readonly OptionSpec Fallback = new("--fallback", "D", "none",
        "a condition that cannot be judged becomes a plain sleep until D after the start, then goes on", Prefix);
    public static readonly OptionSpec Grace = new("--grace", "D", "none",
        "the pod's grace period: warn when the plan cannot end 2s before it does", Prefix);
    public static readonly OptionSpec Status = new("--status", "CODES", "200-299", "http: accepted statuses and ranges of them, with commas", Prefix);
    public static readonly OptionSpec Method = new("--method", "NAME", "GET, or POST with --data", "http: request method", Prefix) { ShortName = "-X" };
    public static readonly OptionSpec Header = new("--header", "'NAME: VALUE'", "none", "http: send this header field too; 'NAME:' leaves one out, 'NAME;' sends it empty; repeatable", Prefix)
    {
        ShortName = "-H",
        IsRepeatable = true,
        IsSecret = true,
    };

    public static readonly OptionSpec Data = new("--data", "TEXT", "none", "http: send this as the request's body, or @FILE for a file without its line ends; '&' joins several", Prefix) { ShortName = "-d", IsSecret = true };
    public static readonly OptionSpec Body = new("--body", null, "", "http: wait for the end of the answer's body, too; it is not kept", Prefix);
    public static readonly OptionSpec AnswerTimeout = new("--answer-timeout", "D", "none",
        "http: how long a server that has accepted the connection may be silent", Prefix);
    public static readonly OptionSpec CaCert = new("--cacert", "FILE", "the system's", "https: trust the certificates in this PEM file, authorities or servers' own, and no others", Prefix);
    public static readonly OptionSpec Insecure = new("--insecure", null, "", "https: accept any certificate", Prefix) { ShortName = "-k" };
    public static readonly OptionSpec UnixSocket = new("--unix-socket", "PATH", "none", "http: connect to this Unix-domain socket, not to the URL's host", Prefix);
    public static readonly OptionSpec LogTo = new("--log-to", "stderr|pid1", "stderr",
        "where log lines go; pid1: the container's own log, so that 'kubectl logs' shows them", Prefix);
    public static readonly OptionSpec LogFormat = new("--log-format", "text|json", "text", "how log lines look", Prefix);
    public static readonly OptionSpec Silent = new("--silent", null, "", "no log lines but the reason of a failure", Prefix) { ShortName = "-q" };
    public static readonly OptionSpec Verbose = new("--verbose", null, "", "a log line for every attempt", Prefix) { ShortName = "-v" };
    public static readonly OptionSpec DryRun = new("--dry-run", null, "", "print the plan and its timeline, wait for nothing; exit 1 where it cannot work", Prefix);
    public static readonly OptionSpec Help = new("--help", null, "", "print this help", Prefix) { ShortName = "-h" };
    public static readonly OptionSpec Version = new("--version", null, "", "print the version", Prefix);

    /// <summary>Those with an environment variable, in the order in which help and README list them.</summary>
    public static IReadOnlyList<OptionSpec> Rows { get; } =
    [
        Max, Min, Any, All, Interval, Successes, ConnectTimeout, Quiet, QuietUnseen, Ignore, OnFailure, Fallback, Grace,
        Status, Method, Header, Data, Body, AnswerTimeout, CaCert, Insecure, UnixSocket,
        LogTo, LogFormat, Silent, Verbose, DryRun,
    ];

    /// <summary>Everything that the command line takes.</summary>
    public static IReadOnlyList<OptionSpec> Known { get; } = [.. Rows, Help, Version];
}
